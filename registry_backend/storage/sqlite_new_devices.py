"""New devices in SQLite, many rows to a statement, as large imports write them.

A statement for each row would cost half as much again, and hand Python's lock to and fro for each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain

from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.journal import Actor
from registry_backend.domain.timestamps import to_micros
from registry_backend.storage.base import NewDevice
from registry_backend.storage.paging import Parameter
from registry_backend.storage.sqlite_base import micros
from registry_backend.storage.sqlite_credentials import CredentialWrites, taken

_ROWS_A_STATEMENT = (100, 10, 1)
"""Three sizes, so that three prepared statements serve any number of rows."""

# FAIL, not ABORT: what a clash leaves behind is undone with the savepoint around all of it, so
# SQLite need not be ready to undo each statement.
_DEVICES = """INSERT OR FAIL INTO devices (tenant_id, device_id, enabled, version, revision,
    generation_id, created_at, updated_at, changed_at, status_updated_at, credentials_version,
    credentials_revision, document)
    SELECT ?, column1, column2, column3, 0, column4, ?, NULL, ?, NULL, column3, 0, column5
    FROM (VALUES {rows})"""
_CREDENTIALS = """INSERT OR FAIL INTO credentials
    (tenant_id, device_id, position, type, auth_id, enabled, expires_at, document)
    SELECT ?, column1, column2, column3, column4, column5, NULL, column6 FROM (VALUES {rows})"""
_JOURNAL = """INSERT INTO journal
    (at, actor, action, resource, tenant_id, resource_id, before, after)
    SELECT ?, ?, 'created', 'device', ?, column1, NULL, NULL FROM (VALUES {rows})"""

_Row = tuple[Parameter, ...]


class NewDeviceWrites(CredentialWrites):
    """The part of a transaction that takes new devices as plain rows."""

    def insert_new_devices(
        self, tenant_id: str, rows: Sequence[NewDevice], *, at: datetime
    ) -> None:
        """Insert devices that are not there yet, created at that moment. Raises AlreadyExists."""
        created = to_micros(at)
        credentials = [
            (row.device_id, position, each.type, each.auth_id, each.enabled, each.document)
            for row in rows
            for position, each in enumerate(row.credentials)
        ]
        devices = [(row[0], row[1], row[2], row[3], row[4]) for row in rows]
        try:
            with self._all_or_nothing():
                self._insert_many(_DEVICES, (tenant_id, created, created), devices)
                self._insert_many(_CREDENTIALS, (tenant_id,), credentials)
        except sqlite3.IntegrityError:
            raise self._clash(tenant_id, rows) from None
        self._count(
            tenant_id,
            devices=len(rows),
            enabled=sum(row.enabled for row in rows),
            credentials=len(credentials),
        )

    def add_creations(
        self, actor: Actor, at: datetime, tenant_id: str, device_ids: Sequence[str]
    ) -> None:
        """Append a journal line for each device created, as `add_journal` would."""
        bound = (micros(at), str(actor), tenant_id)
        self._insert_many(_JOURNAL, bound, [(device_id,) for device_id in device_ids])

    def _insert_many(self, sql: str, bound: _Row, rows: Sequence[_Row]) -> None:
        done = 0
        for size in _ROWS_A_STATEMENT:
            while len(rows) - done >= size:
                values = chain.from_iterable(rows[done : done + size])
                self._connection.execute(_statement(sql, len(rows[done]), size), (*bound, *values))
                done += size

    def _clash(self, tenant_id: str, rows: Sequence[NewDevice]) -> AlreadyExists:
        """What is there already, now that nothing of `rows` is."""
        for row in rows:
            found = self._one(
                "SELECT 1 FROM devices WHERE tenant_id = ? AND device_id = ?",
                *(tenant_id, row.device_id),
            )
            if found:
                return AlreadyExists(
                    f"The device {row.device_id!r} exists already in tenant {tenant_id!r}."
                )
            for each in row.credentials:
                owner = self.owner_of(tenant_id, each.type, each.auth_id)
                if owner is not None:
                    return taken(each.type, each.auth_id, owner)
        return AlreadyExists("The same device or credential was given twice.")


@lru_cache(maxsize=16)
def _statement(sql: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return sql.format(rows=", ".join([row] * rows))
