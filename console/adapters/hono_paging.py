"""Pages by cursor over lists that only know offsets (hono 3.7).

A cursor is the place of a row in the list, counted from its beginning. Lists in descending order
are the same list read from the other end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import Count, Cursor, Found, Page, PageRequest

RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)

MAX_PAGE_SIZE = 200
"""hono 3.7"""
MOST_WALKED = 20_000
"""Rows looked at one by one where the peer cannot filter; beyond that the list ends."""


class RowList(Protocol[RowT_co]):
    """An ordered list that can be read from any row on."""

    async def read(self, first: int, wanted: int) -> Found[RowT_co]:
        """Rows from there on, fewer only at the end, and how many the list has."""

    async def count(self) -> Count:
        """How many rows the list has."""


async def page_of(
    rows: RowList[RowT], request: PageRequest, *, descending: bool = False
) -> Page[RowT]:
    """A stretch of the list. Raises Invalid for a cursor of another list."""
    if descending:
        mirrored = await page_of(rows, replace(request, backward=not request.backward))
        return Page(mirrored.rows[::-1], mirrored.cursors[::-1], mirrored.more)
    place = None if request.start is None else _place(request.start)
    if request.backward:
        end = (await rows.count()).value if place is None else place
        end = max(0, end - request.skip)
        first = max(0, end - request.limit)
        found = await rows.read(first, end - first) if end > first else Found((), 0)
        more = first > 0
    else:
        first = (0 if place is None else place + 1) + request.skip
        found = await rows.read(first, request.limit)
        more = first + len(found.rows) < found.total
    cursors = [Cursor(str(first + index)) for index in range(len(found.rows))]
    return Page(found.rows, cursors, more and bool(found.rows))


def _place(cursor: Cursor) -> int:
    if not cursor.isdecimal():
        raise Invalid(f"{cursor!r} is not a place in this list.")
    return int(cursor)


async def position_of(rows: RowList[RowT], key: str, key_of: Callable[[RowT], str]) -> int:
    """How many rows of a list ordered by key stand before this one, by halving what is left."""
    low, high = 0, (await rows.count()).value
    while low < high:
        middle = (low + high) // 2
        found = await rows.read(middle, 1)
        if found.rows and key_of(found.rows[0]) < key:
            low = middle + 1
        else:
            high = middle
    return low


async def place_of(rows: RowList[RowT], found: Callable[[RowT], bool]) -> int:
    """How many rows of a list in any order stand before the one; the first ones are looked at."""
    place = 0
    while place < MOST_WALKED:
        stretch = await rows.read(place, MAX_PAGE_SIZE)
        for index, row in enumerate(stretch.rows):
            if found(row):
                return place + index
        place += len(stretch.rows)
        if not stretch.rows or place >= stretch.total:
            break
    return place


def page_size_for(first: int, wanted: int) -> int:
    """The smallest page that holds the stretch as a whole, or the greatest there may be.

    >>> page_size_for(100, 100), page_size_for(50, 100)
    (100, 150)
    """
    for size in range(wanted, MAX_PAGE_SIZE + 1):
        if first // size == (first + wanted - 1) // size:
            return size
    return MAX_PAGE_SIZE


class Walk(Generic[RowT]):
    """The rows of a list that pass a test, found one stretch at a time as they are asked for.

    Args:
        rows: The list to look through.
        passes: The test.
        told: Called once with a sentence when the list is too long to be looked through.
    """

    def __init__(
        self, rows: RowList[RowT], passes: Callable[[RowT], bool], told: Callable[[str], None]
    ) -> None:
        self._rows, self._passes, self._told = rows, passes, told
        self._found: list[RowT] = []
        self._looked_at = 0
        self._ended = False

    async def read(self, first: int, wanted: int) -> Found[RowT]:
        """As RowList; the total is one more than is known while there is more to look through."""
        while not self._ended and len(self._found) <= first + wanted:
            await self._look_on()
        rows = self._found[first : first + wanted]
        return Found(rows, len(self._found) + (0 if self._ended else 1))

    async def count(self) -> Count:
        """As RowList; looks through the whole list."""
        while not self._ended:
            await self._look_on()
        return Count(len(self._found), exact=self._looked_at < MOST_WALKED)

    async def _look_on(self) -> None:
        place = self._looked_at
        found = await self._rows.read(place, MAX_PAGE_SIZE)
        if self._looked_at != place:
            return  # another reader of this walk was there first
        self._found.extend(row for row in found.rows if self._passes(row))
        self._looked_at += len(found.rows)
        self._ended = not found.rows or self._looked_at >= found.total
        if not self._ended and self._looked_at >= MOST_WALKED:
            self._ended = True
            self._told(
                f"Only the first {MOST_WALKED:,} of {found.total:,} rows were looked through: "
                "this registry cannot answer that filter itself."
            )


class KnownRows(Generic[RowT]):
    """A list of ids known on this side, each read when it is shown.

    Args:
        ids: In order.
        fetch: Reads them; those that are gone are left out.
        key_of: The id of a row.
    """

    def __init__(
        self,
        ids: Sequence[str],
        fetch: Callable[[Sequence[str]], Awaitable[Sequence[RowT]]],
        key_of: Callable[[RowT], str],
    ) -> None:
        self._ids, self._fetch, self._key_of = list(ids), fetch, key_of

    async def read(self, first: int, wanted: int) -> Found[RowT]:
        """As RowList; what is found to be gone leaves the list."""
        while True:
            ids = self._ids[first : first + wanted]
            rows = await self._fetch(ids)
            gone = set(ids) - {self._key_of(row) for row in rows}
            if not gone:
                return Found(rows, len(self._ids))
            self._ids = [each for each in self._ids if each not in gone]

    async def count(self) -> Count:
        """What is known is a lower bound."""
        return Count(len(self._ids), exact=False)
