"""The second line of defence: nothing painted by any widget can act on the terminal."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from console.render.text import is_hostile, sanitise


class HostileTextFilter(LineFilter):
    """Takes control, bidi and invisible characters out of painted lines; widths stay as they are.

    The app returns it from `get_line_filters`, so that it also covers Textual's own widgets.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the segments with every hostile character replaced."""
        if not any(is_hostile(segment.text) for segment in segments):
            return segments
        return [
            Segment(_harmless(segment.text), segment.style, segment.control) for segment in segments
        ]


def _harmless(text: str) -> str:
    return set_cell_size(sanitise(text), cell_len(text)) if is_hostile(text) else text
