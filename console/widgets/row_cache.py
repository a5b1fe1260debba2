"""The part of a long list that a table holds: blocks of rows by position, read by key.

Pure bookkeeping: it says what to ask the source for and takes in what came back. Positions are a
view of a list that others change meanwhile, so every answer may correct them: a stretch that ends
early corrects the length, and one row too many is asked for at each seam, so that two blocks read
at different times are only kept side by side when they still join.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as counting
from typing import Generic, TypeVar

from registry_backend.domain.query import Count, Cursor, PageRequest

RowT = TypeVar("RowT")

BLOCK_ROWS = 128
BLOCKS_HELD = 64
ANCHORS_HELD = 4096

_serials = counting(1)


@dataclass
class Block(Generic[RowT]):
    """Rows at positions from `start` on, each with its cursor; `serial` is never used twice."""

    start: int
    rows: list[RowT]
    cursors: list[Cursor]
    serial: int = field(default_factory=lambda: next(_serials))

    @property
    def end(self) -> int:
        """The position after the last row held."""
        return self.start + len(self.rows)


@dataclass(frozen=True, slots=True)
class Fetch:
    """What to ask the source for.

    Args:
        block: The number of the block it is for.
        request: The question.
        anchor: The position of the row it starts next to; -1 or the length at an end of the list.
        probe: Whether it only looks for the row before the block.
    """

    block: int
    request: PageRequest
    anchor: int
    probe: bool = False


class RowCache(Generic[RowT]):
    """Blocks near the view, and cursors by which more can be read.

    Args:
        key: What names a row.
    """

    def __init__(self, key: Callable[[RowT], str]) -> None:
        self._key = key
        self._blocks: OrderedDict[int, Block[RowT]] = OrderedDict()
        self._anchors: dict[int, Cursor] = {}
        self._anchor_places: list[int] = []
        self.length = 0
        """Rows to make room for: counted, or as far as is known."""
        self.total: Count | None = None
        """What can be told about the length; None while nobody has said."""

    # What is held

    def row(self, position: int) -> RowT | None:
        """The row at a position, if it is held."""
        found = self.place(position)
        return None if found is None else found[0].rows[found[1]]

    def place(self, position: int) -> tuple[Block[RowT], int] | None:
        """The block and the offset in it of a held row."""
        block = self._blocks.get(position // BLOCK_ROWS)
        if block is None or not block.start <= position < block.end:
            return None
        return block, position - block.start

    def cursor(self, position: int) -> Cursor | None:
        """The cursor of a held row."""
        found = self.place(position)
        return None if found is None else found[0].cursors[found[1]]

    def touch(self, number: int) -> None:
        """Note that a block is in use, so that others are let go first."""
        if number in self._blocks:
            self._blocks.move_to_end(number)

    def held(self) -> Iterator[Block[RowT]]:
        """Every block held."""
        return iter(self._blocks.values())

    @property
    def rows_held(self) -> int:
        """How many rows are in memory."""
        return sum(len(block.rows) for block in self._blocks.values())

    def find(self, key: str, *, near: int | None = None) -> int | None:
        """The position of a held row by key; looked for in one block, or in all."""
        if near is None:
            blocks = list(self._blocks.values())
        else:
            block = self._blocks.get(near // BLOCK_ROWS)
            blocks = [] if block is None else [block]
        for block in blocks:
            for offset, row in enumerate(block.rows):
                if self._key(row) == key:
                    return block.start + offset
        return None

    def replace(self, row: RowT) -> int | None:
        """Put a newer version of a held row in its place; where that is."""
        position = self.find(self._key(row))
        if position is not None:
            found = self.place(position)
            if found is not None:
                block, offset = found
                block.rows[offset] = row
                block.serial = next(_serials)
        return position

    def complete(self, number: int) -> bool:
        """Whether all rows of a block are held, as far as is known."""
        block = self._blocks.get(number)
        wanted_end = min((number + 1) * BLOCK_ROWS, self.length)
        if block is None:
            return self.total is not None and number * BLOCK_ROWS >= self.length
        return block.end >= wanted_end

    def missing(self, first: int, end: int) -> list[int]:
        """Numbers of the blocks between two positions that are not wholly held."""
        if self.total is not None:
            end = min(end, self.length)
        numbers = range(max(0, first) // BLOCK_ROWS, -(-end // BLOCK_ROWS))
        return [number for number in numbers if not self.complete(number)]

    # What is known of the list

    def anchor(self, position: int, cursor: Cursor) -> None:
        """Remember the cursor of the row at a position."""
        if position not in self._anchors:
            insort(self._anchor_places, position)
        self._anchors[position] = cursor
        if len(self._anchors) > ANCHORS_HELD:
            self._forget_anchor(next(iter(self._anchors)))

    def set_total(self, total: Count) -> None:
        """Take in a count; a rough one never hides rows that were seen, nor an exact figure."""
        if self.total is not None and self.total.exact and not total.exact:
            return
        seen = max((block.end for block in self._blocks.values()), default=0)
        value = total.value if total.exact else max(total.value, seen, 1)
        self.total = replace(total, value=value)
        self._set_length(value)

    def _counted(self, value: int, *, exact: bool) -> Count:
        """A length that was found by reading; that a list ends early stays known."""
        return replace(self.total or Count(0), value=value, exact=exact)

    def _set_length(self, length: int) -> None:
        if length < self.length:
            self._drop_after(length)
        self.length = length

    # Asking

    def plan(self, number: int) -> Fetch:
        """How to read a block with the least passing over of rows."""
        start = number * BLOCK_ROWS
        end = start + BLOCK_ROWS
        place = bisect_left(self._anchor_places, start)
        before = self._anchor_places[place - 1] if place and start else -1
        forward = Fetch(
            number,
            PageRequest(
                start=self._anchors.get(before),
                skip=start - 1 - before,
                limit=BLOCK_ROWS + 1,
            ),
            before,
        )
        if forward.request.skip == 0:
            return forward
        backward = self._plan_backward(number, start, end)
        if backward is not None and backward.request.skip == 0:
            return backward
        inside = self._anchor_places[place] if place < len(self._anchor_places) else end
        if inside < end:
            request = PageRequest(
                start=self._anchors[inside], backward=True, limit=inside - start + 1
            )
            return Fetch(number, request, inside, probe=True)
        if backward is not None and backward.request.skip < forward.request.skip:
            return backward
        return forward

    def _plan_backward(self, number: int, start: int, end: int) -> Fetch | None:
        place = bisect_left(self._anchor_places, end)
        if place < len(self._anchor_places):
            after = self._anchor_places[place]
        elif self.total is None or self.length <= start:
            return None
        else:
            after = self.length
        wanted_end = min(end, after)
        request = PageRequest(
            start=self._anchors.get(after),
            backward=True,
            skip=after - wanted_end,
            limit=wanted_end - start + 1,
        )
        return Fetch(number, request, after)

    # Taking in

    def accept(
        self, fetch: Fetch, rows: Sequence[RowT], cursors: Sequence[Cursor], *, more: bool
    ) -> None:
        """Take in the answer to a plan; `more` says that the list goes on in its direction."""
        if fetch.probe:
            self._accept_probe(fetch, rows, cursors)
        elif fetch.request.backward:
            self._accept_backward(fetch, rows, cursors)
        else:
            self._accept_forward(fetch, rows, cursors, more=more)

    def _accept_probe(self, fetch: Fetch, rows: Sequence[RowT], cursors: Sequence[Cursor]) -> None:
        if len(rows) == fetch.request.limit:
            self.anchor(fetch.block * BLOCK_ROWS - 1, cursors[0])
        else:
            self._drop_all()

    def _accept_forward(
        self, fetch: Fetch, rows: Sequence[RowT], cursors: Sequence[Cursor], *, more: bool
    ) -> None:
        start = fetch.block * BLOCK_ROWS
        if rows:
            self._hold(start, rows[:BLOCK_ROWS], cursors[:BLOCK_ROWS])
            self._check_seam_after(fetch.block, rows[BLOCK_ROWS:])
        end = start + len(rows)
        if not more:
            exact = bool(rows) or fetch.request.skip == 0
            self._set_length(end)
            self.total = self._counted(end, exact=exact)
        elif end + 1 > self.length:
            self.length = end + 1
            if self.total is not None:
                self.total = self._counted(self.length, exact=False)

    def _accept_backward(
        self, fetch: Fetch, rows: Sequence[RowT], cursors: Sequence[Cursor]
    ) -> None:
        if len(rows) < fetch.request.limit:
            # fewer rows stand before the anchor than was thought: every position was too high
            excess = fetch.anchor - fetch.request.skip - len(rows)
            exact = bool(rows) and self.total is not None and self.total.exact
            self._drop_all()
            self.length = max(0, self.length - excess)
            self.total = self._counted(self.length, exact=exact)
            return
        self._hold(fetch.block * BLOCK_ROWS, rows[1:], cursors[1:])
        self._check_seam_before(fetch.block, rows[0])

    def _hold(self, start: int, rows: Sequence[RowT], cursors: Sequence[Cursor]) -> None:
        block = Block(start, list(rows), list(cursors))
        self._blocks[start // BLOCK_ROWS] = block
        self._blocks.move_to_end(start // BLOCK_ROWS)
        first = bisect_left(self._anchor_places, start)
        for position in self._anchor_places[first : bisect_left(self._anchor_places, block.end)]:
            self._forget_anchor(position)
        self.anchor(start, cursors[0])
        self.anchor(block.end - 1, cursors[-1])
        while len(self._blocks) > BLOCKS_HELD:
            self._blocks.popitem(last=False)

    def _check_seam_after(self, number: int, following: Sequence[RowT]) -> None:
        neighbour = self._blocks.get(number + 1)
        if (
            following
            and neighbour is not None
            and self._key(neighbour.rows[0]) != self._key(following[0])
        ):
            self._drop_after((number + 1) * BLOCK_ROWS)

    def _check_seam_before(self, number: int, preceding: RowT) -> None:
        neighbour = self._blocks.get(number - 1)
        if neighbour is not None and self._key(neighbour.rows[-1]) != self._key(preceding):
            start = number * BLOCK_ROWS
            for held in [held for held in self._blocks if held < number]:
                del self._blocks[held]
            for position in [place for place in self._anchor_places if place < start]:
                self._forget_anchor(position)

    def _drop_after(self, length: int) -> None:
        """Forget everything at and after a position."""
        for number, block in list(self._blocks.items()):
            if block.start >= length:
                del self._blocks[number]
            elif block.end > length:
                kept = length - block.start
                self._blocks[number] = Block(block.start, block.rows[:kept], block.cursors[:kept])
        for position in [place for place in self._anchor_places if place >= length]:
            self._forget_anchor(position)

    def _drop_all(self) -> None:
        self._blocks.clear()
        self._anchors.clear()
        self._anchor_places.clear()

    def _forget_anchor(self, position: int) -> None:
        del self._anchors[position]
        self._anchor_places.remove(position)
