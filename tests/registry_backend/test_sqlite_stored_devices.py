"""The SQLite store keeps the contract of stored devices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from registry_backend.storage.base import Store
from registry_backend.storage.sqlite import open_sqlite
from tests.contract.store_stored_devices import StoreStoredDevicesSuite


class TestSqliteStoredDevices(StoreStoredDevicesSuite):
    """Every test of the suite, on a file of its own."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """A new file."""
        store = await open_sqlite(tmp_path / "registry.db")
        yield store
        await store.close()
