"""Rows as painted lines: one strip per row and state, one segment per run of one style."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Generic, Literal, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.render.text import cut_middle, cut_names, fit, sanitise
from console.widgets.columns import GUTTER, TONES, Placed, line_width
from console.widgets.component_styles import Components, foreground

RowT = TypeVar("RowT")

RowState = Literal["plain", "cursor", "cursor-blurred"]

MARK = "●"
PLACEHOLDER = "·"
COMPONENTS = {
    f"record-table--{name}"
    for name in ("header", "cursor", "cursor-blurred", "marked", "placeholder", "message", *TONES)
}


class RowPainter(Generic[RowT]):
    """Draws whole, unscrolled lines.

    Args:
        base: The style of the table itself.
        component: Gives the style of a component class.
        placed: Columns with their places.
        width: Cells of the line.
    """

    def __init__(
        self,
        base: Style,
        component: Components,
        placed: Sequence[Placed[RowT]],
        width: int,
    ) -> None:
        self.base = base
        self.placed = placed
        self.width = max(width, line_width(placed))
        self._header = base + component("record-table--header")
        self._placeholder = base + foreground(component, "record-table--placeholder")
        self._message = base + foreground(component, "record-table--message")
        self._tones = {tone: foreground(component, f"record-table--{tone}") for tone in TONES}
        self._marked = foreground(component, "record-table--marked")
        self._states: dict[RowState, Style] = {
            "plain": base,
            "cursor": base + component("record-table--cursor"),
            "cursor-blurred": base + component("record-table--cursor-blurred"),
        }

    def row(self, row: RowT, *, state: RowState, marked: bool) -> Strip:
        """The line of a row."""
        line = self._states[state]
        if marked and state == "plain":
            line += self._marked
        runs = _Runs()
        runs.add((MARK if marked else "").ljust(GUTTER), line)
        for place in self.placed:
            cell = place.column.cell(row)
            text, tone = cell if isinstance(cell, tuple) else (cell, "")
            # on the focused cursor one colour for all keeps the contrast the theme promises
            style = line + self._tones[tone] if tone and state != "cursor" else line
            runs.add(" " * (place.start - runs.length), line)
            runs.add(_shown(text, place), style, place.width)
        return runs.strip(self.width, line)

    def header(self, sort: tuple[str, bool] | None) -> Strip:
        """The heading; `sort` is the order in force and whether it descends."""
        runs = _Runs()
        for place in self.placed:
            label = "" if place.shrunk else place.column.label
            ordered = sort is not None and place.column.sort == sort[0] and not place.shrunk
            if sort is not None and ordered:
                label = f"{label} {'▼' if sort[1] else '▲'}"
            runs.add(" " * (place.start - runs.length), self._header)
            right = place.column.align == "right"
            runs.add(fit(label, place.width, align_right=right), self._header, place.width)
        return runs.strip(self.width, self._header)

    def placeholder(self, *, state: RowState) -> Strip:
        """The line of a row that has not been read yet."""
        line = self._states[state] if state != "plain" else self._placeholder
        runs = _Runs()
        for place in self.placed:
            runs.add(" " * (place.start - runs.length), line)
            runs.add(fit(PLACEHOLDER * min(3, place.width), place.width), line, place.width)
        return runs.strip(self.width, line)

    def message(self, lines: Sequence[str], y: int, height: int, width: int) -> Strip:
        """One line of a calm text in the middle of an area of `height` lines."""
        top = max(0, (height - len(lines)) // 2)
        if not top <= y < top + len(lines):
            return Strip.blank(width, self.base)
        text = lines[y - top]
        return Strip([Segment(fit(text, width), self._message)], width)


def _shown(text: str, place: Placed[RowT]) -> str:
    """The text of a cell, made safe and exactly as wide as its place."""
    if place.shrunk:
        return fit(sanitise(text[: place.width]), place.width)
    # far more than fits is cut before it is looked at, so a giant value costs nothing
    bound = 4 * place.width + 8
    if place.column.cut == "names":
        safe = cut_names(sanitise(text), place.width)
    elif place.column.cut == "middle":
        if len(text) > 2 * bound:
            text = text[:bound] + text[-bound:]
        safe = cut_middle(sanitise(text), place.width)
    else:
        safe = sanitise(text[:bound])
    return fit(safe, place.width, align_right=place.column.align == "right")


def message_lines(text: str, width: int) -> list[str]:
    """A text wrapped and centred for a message; paragraphs are kept."""
    room = max(8, width - 2)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(textwrap.wrap(sanitise(paragraph), room) or [""])
    return [line.center(width) for line in lines]


class _Runs:
    """Segments of a line, neighbours of one style joined."""

    def __init__(self) -> None:
        self.length = 0
        self._texts: list[str] = []
        self._style = Style.null()
        self._segments: list[Segment] = []

    def add(self, text: str, style: Style, length: int | None = None) -> None:
        if not text:
            return
        if style is not self._style:
            self._flush()
            self._style = style
        self._texts.append(text)
        self.length += len(text) if length is None else length

    def strip(self, width: int, style: Style) -> Strip:
        self.add(" " * (width - self.length), style)
        self._flush()
        return Strip(self._segments, self.length)

    def _flush(self) -> None:
        if self._texts:
            self._segments.append(Segment("".join(self._texts), self._style))
            self._texts.clear()
