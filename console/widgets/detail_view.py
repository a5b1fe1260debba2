"""The detail beside a table: sections of labelled values."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from console.render.detail import Section
from console.render.text import sanitise


class DetailView(VerticalScroll, can_focus=True):
    """Shows sections; scrolls when they are longer than the screen."""

    COMPONENT_CLASSES = {
        "detail--heading",
        "detail--label",
        "detail--value",
        "detail--good",
        "detail--warning",
        "detail--bad",
        "detail--muted",
        "detail--accent",
    }
    DEFAULT_CSS = """
    DetailView {
        padding: 0 1;
        scrollbar-size-vertical: 1;
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

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._body = Static(markup=False)
        self._sections: tuple[Section, ...] = ()

    def compose(self) -> ComposeResult:
        """The one child that holds the text."""
        yield self._body

    def show(self, sections: Sequence[Section]) -> None:
        """Replace what is shown; scrolls to the top when the subject changed."""
        if tuple(sections) == self._sections:
            return
        if not self._sections or not sections or sections[0].title != self._sections[0].title:
            self.scroll_home(animate=False)
        self._sections = tuple(sections)
        self._paint()

    def notify_style_update(self) -> None:
        """Paint again when the theme changes: the text carries resolved colours."""
        super().notify_style_update()
        if self.is_attached and self._sections:
            self._paint()

    @property
    def plain(self) -> str:
        """The text shown, without colour."""
        lines: list[str] = []
        for section in self._sections:
            lines.append(section.title)
            lines += [f"{line.label}  {line.value}" for line in section.lines]
            lines += [section.text] if section.text else []
        return "\n".join(lines)

    def _paint(self) -> None:
        parts: list[RenderableType] = []
        for index, section in enumerate(self._sections):
            if index:
                parts.append(Text())
            parts.append(Text(sanitise(section.title), self._style("heading")))
            if section.lines:
                parts.append(self._table(section))
            if section.text:
                text = "\n".join(sanitise(line) for line in section.text.split("\n"))
                parts.append(Text(text, self._style("value")))
        self._body.update(Group(*parts))

    def _table(self, section: Section) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        width = max(len(line.label) for line in section.lines)
        table.add_column(width=width, no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for line in section.lines:
            table.add_row(
                Text(line.label, self._style("label")),
                Text(sanitise(line.value), self._style(line.tone or "value")),
            )
        return table

    def _style(self, tone: str) -> Style:
        return self.get_component_rich_style(f"detail--{tone}", partial=True)
