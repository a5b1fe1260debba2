"""Styles of a widget's component classes."""

from __future__ import annotations

from typing import Protocol

from rich.style import Style


class Components(Protocol):
    """How a widget gives the styles of its component classes."""

    def __call__(self, *names: str, partial: bool = False) -> Style:
        """The whole style, or only what its own rule sets."""


def foreground(components: Components, name: str) -> Style:
    """What a component's rule says of its text, on whatever background it comes to stand.

    Textual's partial style does not mix a translucent colour with the background, so that muted
    text would come out brighter than the rest; the colour is therefore taken from the whole style.
    """
    own = components(name, partial=True)
    if own.color is None:
        return own.without_color
    return own.without_color + Style(color=components(name).color)
