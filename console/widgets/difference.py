"""A view of the difference of two texts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.render.comparison import DifferenceLine, Kind, difference_lines
from console.render.text import sanitise

__all__ = ["DifferenceLine", "DifferenceView", "difference_lines"]

GLYPHS: dict[Kind, str] = {"equal": " ", "added": "+", "removed": "-", "fold": "┄"}


class DifferenceView(ScrollView, can_focus=True):
    """Removed lines with `-`, added ones with `+`, long equal runs folded.

    Args:
        before: The old text.
        after: The new text.
        id: As everywhere in Textual.
        classes: As everywhere in Textual.
    """

    COMPONENT_CLASSES = {f"difference-view--{kind}" for kind in GLYPHS}

    DEFAULT_CSS = """
    DifferenceView {
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .difference-view--added { color: $text-success; background: $success-muted; }
        & > .difference-view--removed { color: $text-error; background: $error-muted; }
        & > .difference-view--fold { color: $text-muted; }
    }
    """

    BINDINGS = [
        Binding("k", "scroll_up", "Up", show=False, id="difference.up"),
        Binding("j", "scroll_down", "Down", show=False, id="difference.down"),
    ]

    def __init__(
        self,
        before: str = "",
        after: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: list[tuple[Kind, str]] = []
        self.show(before, after)

    def show(self, before: str, after: str) -> None:
        """Show another difference, from its top."""
        lines = difference_lines(before, after)
        self._shown = [
            (line.kind, text) for line, text in zip(lines, _numbered(lines), strict=True)
        ]
        width = max((cell_len(text) for _, text in self._shown), default=0)
        self.virtual_size = Size(width, len(self._shown))
        self.scroll_to(0, 0, animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        scroll_x, scroll_y = self.scroll_offset
        width = self.scrollable_content_region.width
        if y + scroll_y >= len(self._shown):
            return Strip.blank(width, self.rich_style)
        kind, text = self._shown[y + scroll_y]
        style = self.get_component_rich_style(f"difference-view--{kind}")
        strip = Strip([Segment(text, style)], cell_len(text))
        return strip.crop_extend(scroll_x, scroll_x + width, style)


def _numbered(lines: Sequence[DifferenceLine]) -> list[str]:
    digits = len(str(max((line.before or line.after or 0 for line in lines), default=0)))
    texts = []
    for line in lines:
        number = line.after or line.before or ""
        end = f"  ({line.end})" if line.end else ""
        shown = sanitise(line.text.expandtabs(4)) + end
        texts.append(f"{number:>{digits}} {GLYPHS[line.kind]} {shown}")
    return texts
