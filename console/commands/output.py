"""Writing for people and for programs: tables, JSON, messages."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from rich.cells import cell_len

from console.render.text import fit, sanitise
from registry_backend.domain.document import compact_json

_GAP = "  "
_NARROWEST = 6
"""Cells a squeezed column keeps."""


def say(message: str) -> None:
    """A message to the person, never among the data."""
    sys.stderr.write(_plain(message) + "\n")


def write_line(text: str) -> None:
    """A line of data."""
    sys.stdout.write(text + "\n")


def _plain(message: str) -> str:
    """No character of a message may act on the terminal; its line breaks are ours."""
    return "\n".join(sanitise(line) for line in message.split("\n"))


def in_bold(text: str, stream: TextIO) -> str:
    """Bold on a terminal that may have it (NO_COLOR)."""
    if stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return f"\x1b[1m{text}\x1b[0m"
    return text


class Table:
    """Rows under headings, written as they come.

    Widths follow the first rows. On a terminal each line fits its width and a cut cell ends in an
    ellipsis; in a pipe nothing is ever cut.
    """

    def __init__(self, *headings: str) -> None:
        self._headings = headings
        self._widths: list[int] = []
        self._terminal = sys.stdout.isatty()

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Write some rows, the headings before the first of them."""
        clean = [[sanitise(cell) for cell in row] for row in rows]
        if not self._widths:
            self._widths = self._measure(clean)
            write_line(in_bold(self._line(self._headings), sys.stdout))
        for row in clean:
            write_line(self._line(row))

    def _measure(self, rows: Sequence[Sequence[str]]) -> list[int]:
        widths = [
            max(len(heading), *(cell_len(row[place]) for row in rows), 0)
            for place, heading in enumerate(self._headings)
        ]
        if self._terminal:
            room = shutil.get_terminal_size().columns - len(_GAP) * (len(widths) - 1)
            while sum(widths) > room and max(widths) > _NARROWEST:
                widths[widths.index(max(widths))] -= 1
        return widths

    def _line(self, cells: Sequence[str]) -> str:
        if self._terminal:
            padded = [fit(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        else:
            padded = [
                cell + " " * (width - cell_len(cell))
                for cell, width in zip(cells, self._widths, strict=True)
            ]
        return _GAP.join(padded).rstrip()


class JsonArray:
    """One JSON array, one element a line, written as the elements come."""

    def __init__(self) -> None:
        self._opening = "["

    def write(self, elements: Sequence[object]) -> None:
        """Write some elements."""
        for element in elements:
            sys.stdout.write(f"{self._opening}\n{compact_json(element)}")
            self._opening = ","

    def end(self) -> None:
        """Close the array; an empty one is written whole here."""
        write_line("[]" if self._opening == "[" else "\n]")
