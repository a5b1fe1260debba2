"""Searches: which of them an index answers, and how those that walk everything are kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from registry_backend.domain.query import AttributeFilter, AttributeSort, DeviceQuery
from registry_backend.storage.base import Snapshot, Store

ResultT = TypeVar("ResultT")

_COLUMNS = (("id",), ("enabled",))
"""Members whose order every store knows."""


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
    if any(map(_is_whole, query.id_patterns)):
        return True
    if sorts and sorts[0].path not in (*_COLUMNS, *indexed):
        return False
    if any(_by_index(each, indexed) for each in query.attributes):
        return True
    return not query.id_patterns and all(map(_by_column, query.attributes))


def _by_column(attribute: AttributeFilter) -> bool:
    return attribute.path == ("enabled",) and isinstance(attribute.value, bool)


def _by_index(attribute: AttributeFilter, indexed: Collection[tuple[str, ...]]) -> bool:
    begins_open = isinstance(attribute.value, str) and attribute.value.startswith(("*", "?"))
    return attribute.path in indexed and not begins_open


def _is_whole(pattern: str) -> bool:
    return "*" not in pattern and "?" not in pattern
