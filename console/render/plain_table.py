"""Rows as lines of plain text, for terminals and pipes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from console.render.text import fit, sanitise

GAP = "  "
NARROWEST = 6
"""Cells that a squeezed column keeps."""


def clean_row(row: Sequence[str]) -> tuple[str, ...]:
    """The cells without any character that could act on a terminal."""
    return tuple(sanitise(cell) for cell in row)


def column_widths(rows: Sequence[Sequence[str]], room: int | None = None) -> list[int]:
    """Cells for each column of cleaned rows; the widest are squeezed until a line fits `room`."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if room is not None:
        room -= len(GAP) * (len(widths) - 1)
        while sum(widths) > room and max(widths) > NARROWEST:
            widths[widths.index(max(widths))] -= 1
    return widths


def table_line(cells: Sequence[str], widths: Sequence[int], *, cut: bool) -> str:
    """One line; a cell too wide is cut with an ellipsis, or stays whole and pushes the next."""
    pairs = zip(cells, widths, strict=True)
    if cut:
        padded = [fit(cell, width) for cell, width in pairs]
    else:
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in pairs]
    return GAP.join(padded).rstrip()
