"""The SQLite store keeps the contract of stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from registry_backend.storage.base import Store
from registry_backend.storage.sqlite import SqliteStore, open_sqlite
from tests.contract.store_suite import StoreSuite


class TestSqliteStore(StoreSuite):
    """Every test of the suite, on a file of its own."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """A new file."""
        store = await open_sqlite(tmp_path / "registry.db")
        yield store
        await store.close()

    @pytest.fixture
    async def open_again(
        self, tmp_path: Path
    ) -> AsyncIterator[Callable[[], Awaitable[SqliteStore]]]:
        """The same file once more."""
        async with AsyncExitStack() as opened:

            async def again() -> SqliteStore:
                store = await open_sqlite(tmp_path / "registry.db")
                opened.push_async_callback(store.close)
                return store

            yield again
