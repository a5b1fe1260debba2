"""An editor for JSON and TOML documents."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea

from console.widgets.component_styles import foreground
from console.widgets.syntax import TOKENS, Format, Token, highlight

MOST_LINES = 2000
"""Longer documents are shown plain, so that typing stays quick."""


class _Line(Text):
    """A line on which a style of the whole line, the cursor's, stays beneath the colours."""

    def stylize(self, style: str | Style, start: int = 0, end: int | None = None) -> None:
        if start == 0 and end is None:
            self.stylize_before(style)
        else:
            super().stylize(style, start, end)


class DocumentEditor(TextArea):
    """A text area that colours JSON or TOML and can point at a problem.

    Args:
        text: The document.
        form: `json` or `toml`.
        id: As everywhere in Textual.
        classes: As everywhere in Textual.
    """

    COMPONENT_CLASSES = {
        "document-editor--problem",
        *(f"document-editor--{kind}" for kind in TOKENS),
    }

    DEFAULT_CSS = """
    DocumentEditor {
        & > .document-editor--key { color: $text-primary; }
        & > .document-editor--string { color: $text-success; }
        & > .document-editor--number { color: $text-warning; }
        & > .document-editor--constant { color: $text-accent; }
        & > .document-editor--comment { color: $text-muted; text-style: italic; }
        & > .document-editor--heading { color: $text-accent; text-style: bold; }
        & > .document-editor--problem { color: $text-error; text-style: bold underline; }
    }
    """

    def __init__(
        self,
        text: str = "",
        *,
        form: Format = "json",
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        self._form: Format = form
        self._tokens: list[list[Token]] | None = None
        self._problem: tuple[int, int] | None = None
        super().__init__(
            text,
            theme="css",
            soft_wrap=False,
            tab_behavior="focus",
            show_line_numbers=True,
            id=id,
            classes=classes,
        )
        self.indent_width = 2

    @property
    def problem_at(self) -> tuple[int, int] | None:
        """The line and column marked, both from 1; None when there is none."""
        if self._problem is None:
            return None
        return self._problem[0] + 1, self._problem[1] + 1

    def mark_problem(self, line: int, column: int) -> None:
        """Put the cursor where a parser stopped and underline it until the text changes.

        Args:
            line: From 1, as parsers count; a line past the end means the end.
            column: From 1.
        """
        row = max(0, min(line, self.document.line_count) - 1)
        place = max(0, min(column - 1, len(self.document.get_line(row))))
        self._problem = (row, place)
        self._repaint_lines()
        self.move_cursor((row, place), center=True)

    def get_line(self, line_index: int) -> Text:
        """The line with its colours; called by the text area whenever it paints one."""
        line = _Line(self.document.get_line(line_index), end="", no_wrap=True)
        for token in self._line_tokens(line_index):
            style = foreground(self.get_component_rich_style, f"document-editor--{token.kind}")
            line.stylize(style, token.start, token.end)
        if self._problem is not None and self._problem[0] == line_index:
            style = foreground(self.get_component_rich_style, "document-editor--problem")
            place = min(self._problem[1], max(0, len(line) - 1))
            line.stylize(style, place, place + 1)
        return line

    def notify_style_update(self) -> None:
        """Paint anew in the new theme's colours."""
        super().notify_style_update()
        self._repaint_lines()

    def _line_tokens(self, line_index: int) -> list[Token]:
        if self._tokens is None:
            short = self.document.line_count <= MOST_LINES
            self._tokens = highlight(self.document.lines, self._form) if short else []
        return self._tokens[line_index] if line_index < len(self._tokens) else []

    def _build_highlight_map(self) -> None:
        # the text area calls this after every change of the text, and so forgets stale colours
        super()._build_highlight_map()
        self._tokens = None
        self._problem = None

    def _repaint_lines(self) -> None:
        self._line_cache.clear()
        self.refresh()
