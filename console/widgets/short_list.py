"""A list short enough to be held whole, as a table reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from registry_backend.domain.query import Count, Cursor, Page, PageRequest

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class ShortList(Generic[RowT]):
    """Rows read anew with each reload.

    Args:
        read: All rows in order.
        key_of: What tells one from another.
    """

    read: Callable[[], Awaitable[Sequence[RowT]]]
    key_of: Callable[[RowT], str]

    async def page(self, request: PageRequest) -> Page[RowT]:
        """A stretch of the list; cursors are keys."""
        rows = list(await self.read())
        keys = [self.key_of(row) for row in rows]
        begin, end = 0, len(rows)
        if request.start is not None:
            try:
                place = keys.index(request.start)
            except ValueError:
                return Page((), (), more=False)
            begin, end = (0, place) if request.backward else (place + 1, end)
        if request.backward:
            end = max(begin, end - request.skip)
            stretch = range(max(begin, end - request.limit), end)
            more = stretch.start > begin
        else:
            begin = min(end, begin + request.skip)
            stretch = range(begin, min(end, begin + request.limit))
            more = stretch.stop < end
        cursors = [Cursor(keys[index]) for index in stretch]
        return Page([rows[index] for index in stretch], cursors, more=more)

    async def count(self) -> Count:
        """How many there are."""
        return Count(len(await self.read()))

    async def position(self, key: str) -> int | None:
        """Where a key stands."""
        keys = [self.key_of(row) for row in await self.read()]
        return keys.index(key) if key in keys else None

    def key(self, row: RowT) -> str:
        """What tells one row from another."""
        return self.key_of(row)
