"""The detail beside a table: sections of labelled values.

It paints its own lines: a text widget inside a container is laid out again with each cursor move,
which took half of the time of a key.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Size
from textual.strip import Strip

from console.render.detail import Section
from console.render.detail_lines import Run, detail_lines
from console.widgets.component_styles import foreground
from console.widgets.still_scroll import StillScrollView

TONES = ("heading", "label", "value", "good", "warning", "bad", "muted", "accent")


class DetailView(StillScrollView, can_focus=True):
    """Shows sections; scrolls when they are longer than the screen."""

    COMPONENT_CLASSES = {f"detail--{tone}" for tone in TONES}
    DEFAULT_CSS = """
    DetailView {
        padding: 0 1;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        & .detail--heading { color: $text-accent; text-style: bold; }
        & .detail--label { color: $text-muted; }
        & .detail--value { color: $foreground; }
        & .detail--good { color: $text-success; }
        & .detail--warning { color: $text-warning; }
        & .detail--bad { color: $text-error; }
        & .detail--muted { color: $text-muted; }
        & .detail--accent { color: $text-accent; }
    }
    """
    BINDINGS = [
        Binding("k", "scroll_up", "Up", show=False, id="detail.up"),
        Binding("j", "scroll_down", "Down", show=False, id="detail.down"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._sections: tuple[Section, ...] = ()
        self._lines: list[list[Run]] = []
        self._wrapped_at = 0

    def show(self, sections: Sequence[Section]) -> None:
        """Replace what is shown; scrolls to the top when the subject changed."""
        before, self._sections = self._sections, tuple(sections)
        if self._sections == before:
            return
        if not before or not sections or sections[0].title != before[0].title:
            self.scroll_home(animate=False)
        self._wrap()

    @property
    def plain(self) -> str:
        """The text shown, without colour and not wrapped."""
        lines: list[str] = []
        for section in self._sections:
            lines.append(section.title)
            lines += [f"{line.label}  {line.value}" for line in section.lines]
            lines += [section.text] if section.text else []
        return "\n".join(lines)

    def on_resize(self) -> None:
        """Wrap again for another width."""
        if self._wrapped_at != self.scrollable_content_region.width:
            self._wrap()

    def _wrap(self) -> None:
        self._wrapped_at = self.scrollable_content_region.width
        self._lines = detail_lines(self._sections, self._wrapped_at)
        self.virtual_size = Size(self._wrapped_at, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the text, in the theme's colours."""
        number = y + int(self.scroll_offset.y)
        base = self.rich_style
        runs = self._lines[number] if number < len(self._lines) else []
        segments = [Segment(text, base + self._style(tone)) for text, tone in runs]
        return Strip(segments).adjust_cell_length(self._wrapped_at, base)

    def _style(self, tone: str) -> Style:
        return foreground(self.get_component_rich_style, f"detail--{tone}")
