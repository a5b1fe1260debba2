"""Reads blocks of one source into a cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from console.widgets.row_cache import BLOCK_ROWS, RowCache
from console.widgets.row_source import RowSource, read_stretch

RowT = TypeVar("RowT")

MOST_READS = 32
"""Reads for one view; a list that changes faster than that is shown as it was last seen."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a view should open.

    Args:
        position: The row to stand on, as far as is known.
        above: Where it stands in the view; outside of it when the view was scrolled away.
        height: Rows the view has room for.
        key: The row meant, wherever it turns out to be.
    """

    position: int
    above: int
    height: int
    key: str | None = None

    @property
    def top(self) -> int:
        """The first visible position."""
        return max(0, self.position - self.above)


class RowLoader(Generic[RowT]):
    """One source and what was read of it; being another object is what makes an answer stale."""

    def __init__(self, source: RowSource[RowT]) -> None:
        self.source = source
        self.cache: RowCache[RowT] = RowCache(source.key)

    async def load(self, number: int) -> None:
        """Read one block, or take one step toward it. Raises RegistryError."""
        fetch = self.cache.plan(number)
        rows, cursors, more, count = await read_stretch(self.source, fetch.request)
        if count is not None:
            self.cache.set_total(count)
        self.cache.accept(fetch, rows, cursors, more=more)

    async def load_count(self) -> None:
        """Ask how long the list is. Raises RegistryError."""
        self.cache.set_total(await self.source.count())

    async def load_around(self, aim: Aim) -> Aim:
        """Read what a view needs; the aim as the list really allows it. Raises RegistryError."""
        cache = self.cache
        for _ in range(MOST_READS):
            if cache.total is not None and aim.position >= cache.length:
                aim = Aim(max(0, cache.length - 1), aim.above, aim.height, aim.key)
            missing = cache.missing(aim.position, aim.position + 1)
            missing = missing or cache.missing(aim.top, aim.top + aim.height)
            if not missing:
                break
            await self.load(missing[0])
        found = None if aim.key is None else cache.find(aim.key)
        position = aim.position if found is None else found
        return Aim(position, aim.above, aim.height, aim.key)

    def inherit(self, other: RowLoader[RowT], old: int, new: int | None) -> None:
        """Start from a row that an earlier reading of the list held, to read on by key.

        Args:
            other: The earlier reading.
            old: Where the row stood then.
            new: Where it stands now; None when it is gone, and its neighbour serves.
        """
        if new is not None and (cursor := other.cache.cursor(old)) is not None:
            self.cache.anchor(new, cursor)
        elif old > 0 and (before := other.cache.cursor(old - 1)) is not None:
            self.cache.anchor(old - 1, before)


def block_of(position: int) -> int:
    """The number of the block a position is in."""
    return position // BLOCK_ROWS
