"""Searches: which of them an index answers, and how those that walk everything are kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from registry_backend.domain.query import AttributeFilter, AttributeSort, DeviceQuery
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


def is_quick(
    query: DeviceQuery,
    sorts: Sequence[AttributeSort],
    *,
    indexed: Collection[tuple[str, ...]] = (),
) -> bool:
    """Whether indexes answer the search, however many devices there are."""
    by_index = any(_by_index(each, indexed) for each in query.attributes)
    if any(map(_is_whole, query.id_patterns)) or by_index:
        return True
    by_column = all(_by_column(attribute) for attribute in query.attributes)
    in_id_order = not sorts or sorts[0].path == ("id",)
    return not query.id_patterns and by_column and in_id_order


def _by_column(attribute: AttributeFilter) -> bool:
    return attribute.path == ("enabled",) and isinstance(attribute.value, bool)


def _by_index(attribute: AttributeFilter, indexed: Collection[tuple[str, ...]]) -> bool:
    begins_open = isinstance(attribute.value, str) and attribute.value.startswith(("*", "?"))
    return attribute.path in indexed and not begins_open


def _is_whole(pattern: str) -> bool:
    return "*" not in pattern and "?" not in pattern
