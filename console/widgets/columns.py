"""Columns of a record table, and how they share the width. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from rich.cells import cell_len

from console.render.text import sanitise

RowT = TypeVar("RowT")

Cell = str | tuple[str, str]
"""Text, or text and its tone: one of TONES."""

TONES = ("good", "warning", "bad", "muted", "accent", "strong")
"""Names of component styles; a state is said by the text or a glyph, the tone only supports it."""

GUTTER = 2
"""Cells in front of the first column, for the mark."""

MOST_NEEDED = 120
"""Cells that one value may ask for at most; a giant is cut before it is measured."""

ARROW = 2
"""Cells that the arrow of an order takes beside a heading."""


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
        glyph: Whether a cell begins with a glyph that says the worst of it: on a narrow screen
            the glyph stays when the words have no room.
        cut: Where text too long is cut; a name is told from others by both its ends, and of
            several names, with commas between them, the first stays and the number of the rest.
    """

    name: str
    label: str
    cell: Callable[[RowT], Cell]
    width: int = 12
    flexible: bool = False
    priority: int = 0
    sort: str | None = None
    align: Literal["left", "right"] = "left"
    glyph: bool = False
    cut: Literal["end", "middle", "names"] = "end"


@dataclass(frozen=True, slots=True)
class Placed(Generic[RowT]):
    """A column with the place it got: `start` is its first cell in the whole, unscrolled line.

    `shrunk` says that only the glyph is left of it.
    """

    column: Column[RowT]
    start: int
    width: int
    shrunk: bool = False

    @property
    def end(self) -> int:
        """The first cell after the column."""
        return self.start + self.width


@dataclass(frozen=True, slots=True)
class _Kept(Generic[RowT]):
    """A column that stays, with the room it is sure of."""

    column: Column[RowT]
    width: int
    shrunk: bool = False

    def wants(self, needs: Mapping[str, int]) -> int:
        """Cells that show everything that is known of it."""
        need = needs.get(self.column.name)
        if self.shrunk or need is None:
            return self.width
        arrow = ARROW if self.column.sort is not None else 0
        return max(1, cell_len(self.column.label) + arrow, need)


def needs_of(columns: Sequence[Column[RowT]], rows: Iterable[RowT]) -> dict[str, int]:
    """Cells that the widest value of each column takes, at most `MOST_NEEDED`, by its name."""
    needs = dict.fromkeys((column.name for column in columns), 0)
    for row in rows:
        for column in columns:
            cell = column.cell(row)
            text = cell[0] if isinstance(cell, tuple) else cell
            if len(text) > needs[column.name] or not text.isascii():
                found = cell_len(sanitise(text[:MOST_NEEDED]))
                needs[column.name] = min(MOST_NEEDED, max(needs[column.name], found))
    return needs


def lay_out(
    columns: Sequence[Column[RowT]],
    width: int,
    *,
    wide: bool = False,
    needs: Mapping[str, int] | None = None,
) -> list[Placed[RowT]]:
    """Give each column its place in a line of `width` cells.

    Unless `wide`, columns are dropped by priority until the rest fits, or shrunk to their glyph;
    the most important one always stays, cut to the room there is. When wide, all stay, flexible
    ones as wide as their values, and the line may be longer.

    Args:
        columns: In their order.
        width: Cells of the line.
        wide: Whether to keep all of them.
        needs: What `needs_of` found; a column whose values are cut then gets cells that others
            would leave blank. None or a column left out: nothing is known of it.
    """
    known = needs or {}
    kept = [_Kept(column, column.width) for column in columns]
    kept = [_widened(each, known) for each in kept] if wide else _fitting(kept, width)
    widths = _shared(kept, max(0, width - _needed(kept)), known)
    if len(kept) == 1 and not wide:
        widths = [max(0, min(widths[0], width - GUTTER - _margin(kept)))]
    placed: list[Placed[RowT]] = []
    start = GUTTER
    for each, own in zip(kept, widths, strict=True):
        placed.append(Placed(each.column, start, own, each.shrunk))
        start += own + 1
    return placed


def _widened(each: _Kept[RowT], needs: Mapping[str, int]) -> _Kept[RowT]:
    wanted = max(each.width, each.wants(needs)) if each.column.flexible else each.width
    return _Kept(each.column, wanted)


def _fitting(kept: list[_Kept[RowT]], width: int) -> list[_Kept[RowT]]:
    """What stays on a line of that width; glyphs stay longer than words."""
    kept = list(kept)
    first = max(kept, key=lambda each: each.column.priority)
    while len(kept) > 1 and _needed(kept) > width:
        others = [each for each in kept if each is not first]
        candidates = [each for each in others if not each.shrunk] or others
        least = min(each.column.priority for each in candidates)
        going = [each for each in candidates if each.column.priority == least][-1]
        place = next(at for at, each in enumerate(kept) if each is going)
        if going.column.glyph and not going.shrunk:
            kept[place] = _Kept(going.column, 1, shrunk=True)
        else:
            del kept[place]
    return kept


def _shared(kept: Sequence[_Kept[RowT]], spare: int, needs: Mapping[str, int]) -> list[int]:
    """The width of each: equal shares of the spare room, unless someone is cut by that."""
    flexible = [at for at, each in enumerate(kept) if each.column.flexible and not each.shrunk]
    own = [each.width for each in kept]
    for at, share in zip(flexible, _halved(spare, len(flexible)), strict=True):
        own[at] += share
    wants = [each.wants(needs) for each in kept]
    if not _margin(kept) and not kept[-1].column.flexible and kept[-1].column.name in needs:
        wants[-1] += 1  # a blank cell before the border or the scrollbar
    if all(has >= want for has, want in zip(own, wants, strict=True)):
        return own
    return _by_need(kept, wants, own, flexible)


def _by_need(
    kept: Sequence[_Kept[RowT]], wants: Sequence[int], equal: Sequence[int], flexible: Sequence[int]
) -> list[int]:
    """The same room, but cells that would stay blank go to those whose values are cut."""
    own = [min(each.width, want) for each, want in zip(kept, wants, strict=True)]
    room = sum(equal) - sum(own)
    rest = [at for at in range(len(kept)) if at not in flexible]
    declared = [each.width for each in kept]
    for whom, upto in ((flexible, wants), (rest, wants), (rest, declared)):
        missing = [max(0, upto[at] - own[at]) for at in whom]
        for at, more in zip(whom, _filled(missing, room), strict=True):
            own[at] += more
            room -= more
    for at, more in zip(flexible, _halved(room, len(flexible)), strict=True):
        own[at] += more
    return own


def _halved(room: int, count: int) -> list[int]:
    """Equal parts; the first takes what is left over."""
    if not count:
        return []
    return [room // count + (room % count if at == 0 else 0) for at in range(count)]


def _filled(missing: Sequence[int], room: int) -> list[int]:
    """What each gets of too little room: small wishes are met, the rest is shared alike."""
    given = [0] * len(missing)
    while room > 0 and (open_ := [at for at, want in enumerate(missing) if given[at] < want]):
        share = max(1, room // len(open_))
        for at in open_:
            more = min(share, missing[at] - given[at], room)
            given[at] += more
            room -= more
    return given


def _needed(kept: Sequence[_Kept[RowT]]) -> int:
    return GUTTER + sum(each.width + 1 for each in kept) - 1 + _margin(kept)


def _margin(kept: Sequence[_Kept[RowT]]) -> int:
    """A cell between figures or a glyph in the last column and the border they would glue to."""
    return 1 if kept and (kept[-1].column.align == "right" or kept[-1].shrunk) else 0


def line_width(placed: Sequence[Placed[RowT]]) -> int:
    """Cells of the whole line."""
    return placed[-1].end if placed else GUTTER
