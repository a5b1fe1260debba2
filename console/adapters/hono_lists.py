"""Lists of a remote Hono: read by offsets whose meaning is learned, filters checked (hono 3.7)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from console.adapters.hono_filters import Parameters, asks_for_ids
from console.adapters.hono_paging import MAX_PAGE_SIZE, RowList, Walk, page_size_for
from console.adapters.hono_results import item_id, listed
from console.adapters.hono_session import HonoSession
from registry_backend.domain.errors import Fault, Invalid
from registry_backend.domain.query import Count, Found, PageRequest

RowT = TypeVar("RowT")

IGNORED = "This registry ignored a filter, so idconsole looks through the list itself."
FRESH_SECONDS = 10.0
"""How long what was looked through serves for reading on in it."""
_LISTS_HELD = 8


class RemoteList(Generic[RowT]):
    """A search of the peer's.

    Args:
        session: The connection.
        path: Of the collection.
        parameters: Filters.
        row_of: The result of an id as a row. Raises NotWhole.
        what: Names the list in messages.
        on_empty: Awaited when nothing is found; may raise, as when the tenant is missing.
    """

    def __init__(
        self,
        session: HonoSession,
        path: Sequence[str],
        parameters: Parameters,
        row_of: Callable[[str, Any], RowT],
        *,
        what: str,
        on_empty: Callable[[], Awaitable[None]],
    ) -> None:
        self._session, self._path, self._parameters = session, path, parameters
        self._row_of, self._what, self._on_empty = row_of, what, on_empty

    async def read(self, first: int, wanted: int) -> Found[RowT]:
        """As RowList."""
        rows: list[RowT] = []
        total = 0
        while len(rows) < wanted:
            step = min(MAX_PAGE_SIZE, wanted - len(rows))
            found = await self._stretch(first + len(rows), step)
            rows.extend(
                listed(item, self._row_of, self._session.tell, what=self._what, place=place)
                for place, item in enumerate(found.rows, start=first + len(rows))
            )
            total = max(total, found.total)
            if not found.rows or first + len(rows) >= total:
                break
        return Found(rows, total)

    async def count(self) -> Count:
        """As RowList."""
        return Count((await self.search(1, 0)).total)

    async def search(self, size: int, offset: int) -> Found[Any]:
        """One page of raw results; none where the peer says that nothing matches."""
        query = (("pageSize", str(size)), ("pageOffset", str(offset)), *self._parameters)
        answer = await self._session.send(
            "GET", self._path, what=self._what, query=query, accept=frozenset({404})
        )
        if answer.status == 404:
            if offset == 0:
                await self._on_empty()
            return Found((), 0)
        page = answer.json(self._what)
        items = page.get("result") if isinstance(page, dict) else None
        total = page.get("total") if isinstance(page, dict) else None
        if not isinstance(items, list) or not isinstance(total, int):
            raise Fault(f"{self._what[:1].upper()}{self._what[1:]} came without result and total.")
        return Found(items, total)

    async def _stretch(self, first: int, wanted: int) -> Found[Any]:
        peer = self._session.peer
        if wanted == 1 or first == 0:  # these mean the same to every peer
            return await self.search(wanted, first)
        if peer.offsets == "unknown" and first + wanted > MAX_PAGE_SIZE:
            await self._learn_offsets()
        if peer.offsets == "records":
            return await self.search(wanted, first)
        if peer.offsets == "unknown":
            found = await self.search(first + wanted, 0)
            return Found(found.rows[first:], found.total)
        size = page_size_for(first, wanted)
        found = await self.search(size, first // size)
        return Found(found.rows[first % size : first % size + wanted], found.total)

    async def _learn_offsets(self) -> None:
        """Ask for the same rows in two ways; where they stand tells (hono 3.7)."""
        for _ in range(3):
            three, two = await self.search(3, 0), await self.search(2, 1)
            if len(three.rows) < 3 or not two.rows:
                return
            found = item_id(two.rows[0])
            if not found:
                return
            if found == item_id(three.rows[2]):
                self._session.peer.offsets = "pages"
                return
            if found == item_id(three.rows[1]):
                self._session.peer.offsets = "records"
                return
        raise Fault(
            "The list changes so fast that its pages cannot be told apart.", hint="Try again."
        )


class CheckedList(Generic[RowT]):
    """A search of the peer's whose rows are tried here; one ignored filter ends the trust.

    Args:
        session: The connection.
        open_list: Makes the peer's list for some filters.
        parameters: The filters wanted.
        passes: The test.
        complete: Whether the peer was asked for every condition.
    """

    def __init__(
        self,
        session: HonoSession,
        open_list: Callable[[Parameters], RemoteList[RowT]],
        parameters: Parameters,
        passes: Callable[[RowT], bool],
        *,
        complete: bool,
    ) -> None:
        self._session, self._open, self._parameters = session, open_list, parameters
        self._passes = passes
        self._trusted = complete
        remote = open_list(parameters)
        self._rows: RowList[RowT] = remote if complete else self._walk(remote)

    async def read(self, first: int, wanted: int) -> Found[RowT]:
        """As RowList; every row has what was asked for."""
        try:
            found = await self._rows.read(first, wanted)
        except Invalid:
            if not self._parameters:
                raise
            self._distrust()  # a filter that others take
            return await self._rows.read(first, wanted)
        if not found.rows and first == 0 and not await self._finds_ids():
            self._distrust()
            return await self._rows.read(first, wanted)
        if not self._trusted:
            return found
        if not all(map(self._passes, found.rows)):
            self._distrust()
            return await self._rows.read(first, wanted)
        return found

    async def count(self) -> Count:
        """As RowList; the first rows are looked at before a total is believed."""
        if self._parameters and (self._trusted or asks_for_ids(self._parameters)):
            total = (await self.read(0, 30)).total
            if self._trusted:
                return Count(total)
        return await self._rows.count()

    def _distrust(self) -> None:
        self._session.tell(IGNORED)
        self._trusted = False
        # what only the peer can know stays asked for
        kept = tuple(each for each in self._parameters if each[0] == "isGateway")
        self._parameters = kept
        self._rows = self._walk(self._open(kept))

    def _walk(self, rows: RowList[RowT]) -> Walk[RowT]:
        return Walk(rows, self._passes, self._session.tell)

    async def _finds_ids(self) -> bool:
        """Whether nothing found by id means that nothing is there: not every peer looks at ids."""
        peer = self._session.peer
        if not asks_for_ids(self._parameters) or peer.finds_ids:
            return True
        if peer.finds_ids is None:
            everything = (("filterJson", '{"field":"/id","op":"eq","value":"*"}'),)
            try:
                found, there = await asyncio.gather(
                    self._open(everything).search(1, 0), self._open(()).search(1, 0)
                )
                peer.finds_ids = bool(found.rows) or (None if not there.rows else False)
            except Invalid:
                peer.finds_ids = False
        return peer.finds_ids is not False


class HeldLists(Generic[RowT]):
    """Lists under way, so that reading on in one does not look through it from its beginning."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lists: OrderedDict[Hashable, tuple[float, RowList[RowT]]] = OrderedDict()

    def get(
        self, key: Hashable, request: PageRequest | None, make: Callable[[], RowList[RowT]]
    ) -> RowList[RowT]:
        """The list of that name; a new one when it is read from an end, or is old."""
        anew = request is not None and request.start is None and request.skip == 0
        held = self._lists.get(key)
        if held is None or anew or self._clock() - held[0] > FRESH_SECONDS:
            held = (self._clock(), make())
            self._lists[key] = held
        self._lists.move_to_end(key)
        while len(self._lists) > _LISTS_HELD:
            self._lists.popitem(last=False)
        return held[1]

    def clear(self) -> None:
        """Something was written: read everything anew."""
        self._lists.clear()
