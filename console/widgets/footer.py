"""The line of keys at the bottom, which gives up the least needed where there is no room for all.

A key that is cut off, or scrolled away, is not known to be there; `?` lists all, so that it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

STAYS = "help"
"""The action whose key is shown whatever the room."""
FIRST_TO_GO = ("palette", "connect", "keys")
"""Of those that can be pressed, in that order: `?` lists them too, and the others are for daily."""
AROUND = 3
"""Cells beside a key and its label."""


@dataclass(frozen=True, slots=True)
class KeySpace:
    """A key of the footer: what it does, how many cells it takes, and whether it is dimmed."""

    action: str
    width: int
    dimmed: bool = False


def shown_keys(keys: Sequence[KeySpace], width: int) -> list[bool]:
    """Which keys are shown in so many cells: dimmed ones go first, then `FIRST_TO_GO`.

    After these they go from the right.

    >>> keys = [KeySpace("new", 8), KeySpace("link", 9, dimmed=True), KeySpace("help", 9)]
    >>> shown_keys(keys, 26), shown_keys(keys, 20), shown_keys(keys, 10)
    ([True, True, True], [True, False, True], [False, False, True])
    """
    room = width - sum(key.width for key in keys)
    shown = [True] * len(keys)
    for place in _leaving(keys):
        if room >= 0:
            break
        shown[place] = False
        room += keys[place].width
    return shown


def _leaving(keys: Sequence[KeySpace]) -> Iterable[int]:
    """The places of those that may go, the least needed first."""
    places = [place for place, key in enumerate(keys) if key.action != STAYS]

    def worth(place: int) -> tuple[bool, int, int]:
        key = keys[place]
        early = key.action in FIRST_TO_GO
        return not key.dimmed, FIRST_TO_GO.index(key.action) if early else len(FIRST_TO_GO), -place

    return sorted(places, key=worth)


class KeyLine(Footer):
    """A footer that shows as many keys as there is room for."""

    def compose(self) -> ComposeResult:
        """The keys; those without room are there, but hidden."""
        keys = list(super().compose())
        self._fit([key for key in keys if isinstance(key, FooterKey)])
        yield from keys

    def on_resize(self, event: events.Resize) -> None:
        """Show more of them, or fewer."""
        del event
        self._fit(list(self.query(FooterKey)))

    def _fit(self, keys: Sequence[FooterKey]) -> None:
        spaces = [
            KeySpace(
                key.action.rpartition(".")[2],
                cell_len(key.key_display) + cell_len(key.description) + AROUND,
                key.has_class("-disabled"),
            )
            for key in keys
        ]
        for key, shown in zip(keys, shown_keys(spaces, self.app.size.width), strict=True):
            key.display = shown
