"""Searches: which of them an index answers, and how those that walk everything are kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from registry_backend.domain.query import AttributeSort, DeviceQuery
from registry_backend.storage.base import Snapshot, Store

ResultT = TypeVar("ResultT")


class Scans:
    """Lets one long search run at a time, so that readers stay free for everything else.

    Args:
        store: What is searched; it has at least two readers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def read(self, work: Callable[[Snapshot], ResultT], *, quick: bool) -> ResultT:
        """Run `work` on a snapshot: at once, or as soon as no other long search runs."""
        if quick:
            return await self._store.read(work)
        async with self._turn:
            return await self._store.read(work)


def is_quick(query: DeviceQuery, sorts: Sequence[AttributeSort]) -> bool:
    """Whether indexes answer the search, however many devices there are."""
    ids_are_whole = not any("*" in pattern or "?" in pattern for pattern in query.id_patterns)
    by_column = all(
        attribute.path == ("enabled",) and isinstance(attribute.value, bool)
        for attribute in query.attributes
    )
    in_id_order = not sorts or sorts[0].path == ("id",)
    return ids_are_whole and by_column and (in_id_order or bool(query.id_patterns))
