"""What every resource's SQL shares: the connection, times as integers, kept counts, savepoints."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from registry_backend.domain.statistics import Statistics
from registry_backend.domain.timestamps import from_micros, to_micros
from registry_backend.storage.paging import Parameter, Row
from registry_backend.storage.sqlite_places import Places


class Rows:
    """SQL run on one connection, inside a transaction that somebody else began."""

    def __init__(self, connection: sqlite3.Connection, places: Places | None = None) -> None:
        self._connection = connection
        self._places = places

    def _one(self, sql: str, *parameters: Parameter) -> Row | None:
        row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def _all(self, sql: str, *parameters: Parameter) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def _changed(self, sql: str, *parameters: Parameter) -> int:
        return self._connection.execute(sql, parameters).rowcount

    def statistics(self, tenant_id: str) -> Statistics:
        """Kept counts; O(1)."""
        kept = self._one("SELECT devices, enabled FROM counts WHERE tenant_id = ?", tenant_id)
        return (
            Statistics(total=kept[0], enabled=kept[1]) if kept else Statistics(total=0, enabled=0)
        )

    def _count(
        self, tenant_id: str, *, devices: int = 0, enabled: int = 0, credentials: int = 0
    ) -> None:
        """Add to a tenant's kept counts."""
        if devices or enabled or credentials:
            self._changed(
                """INSERT INTO counts VALUES (?, ?, ?, ?) ON CONFLICT (tenant_id) DO UPDATE SET
                devices = devices + excluded.devices, enabled = enabled + excluded.enabled,
                credentials = credentials + excluded.credentials""",
                *(tenant_id, devices, enabled, credentials),
            )

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Undo every statement of the block when it raises, and nothing before it."""
        self._connection.execute("SAVEPOINT several")
        try:
            yield
        except BaseException:
            # A full disk may have ended the whole transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO several")
                self._connection.execute("RELEASE several")
            raise
        self._connection.execute("RELEASE several")


@lru_cache(maxsize=64)
def micros(moment: datetime | None) -> int | None:
    """A time as it is kept; None stays None. Remembered, as rows written together share times."""
    return None if moment is None else to_micros(moment)


def moment(kept: int | None) -> datetime | None:
    """The inverse of `micros`."""
    return None if kept is None else from_micros(kept)
