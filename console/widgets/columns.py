"""Columns of a record table, and how they share the width. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

RowT = TypeVar("RowT")

Cell = str | tuple[str, str]
"""Text, or text and its tone: one of TONES."""

TONES = ("good", "warning", "bad", "muted", "accent", "strong")
"""Names of component styles; a state is said by the text or a glyph, the tone only supports it."""

GUTTER = 2
"""Cells in front of the first column, for the mark."""


@dataclass(frozen=True)
class Column(Generic[RowT]):
    """One column.

    Args:
        name: The name in code and messages.
        label: The heading.
        cell: The text of a row, raw from the registry; the table makes it safe.
        width: Cells; for a flexible column the least it can do with.
        flexible: Whether it takes a share of the room that is left.
        priority: The lowest are dropped first when the screen is narrow.
        sort: What the pane may order by, None when the list cannot be ordered by this column.
        align: Where short text stands.
    """

    name: str
    label: str
    cell: Callable[[RowT], Cell]
    width: int = 12
    flexible: bool = False
    priority: int = 0
    sort: str | None = None
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Placed(Generic[RowT]):
    """A column with the place it got: `start` is its first cell in the whole, unscrolled line."""

    column: Column[RowT]
    start: int
    width: int

    @property
    def end(self) -> int:
        """The first cell after the column."""
        return self.start + self.width


def lay_out(
    columns: Sequence[Column[RowT]], width: int, *, wide: bool = False
) -> list[Placed[RowT]]:
    """Give each column its place in a line of `width` cells.

    Unless `wide`, columns are dropped by priority until the rest fits; the most important one
    always stays, cut to the room there is. When wide, all stay and the line may be longer.
    """
    kept = list(columns)
    while not wide and len(kept) > 1 and _needed(kept) > width:
        least = min(column.priority for column in kept)
        kept.remove([column for column in kept if column.priority == least][-1])
    spare = max(0, width - _needed(kept))
    flexible = [column for column in kept if column.flexible]
    placed: list[Placed[RowT]] = []
    start = GUTTER
    for column in kept:
        share = 0
        if column.flexible:
            share = spare // len(flexible)
            share += spare % len(flexible) if column is flexible[0] else 0
        own = column.width + share
        if len(kept) == 1 and not wide:
            own = max(0, min(own, width - GUTTER))
        placed.append(Placed(column, start, own))
        start += own + 1
    return placed


def _needed(columns: Sequence[Column[RowT]]) -> int:
    return GUTTER + sum(column.width + 1 for column in columns) - 1


def line_width(placed: Sequence[Placed[RowT]]) -> int:
    """Cells of the whole line."""
    return placed[-1].end if placed else GUTTER
