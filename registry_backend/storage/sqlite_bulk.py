"""Many devices at once in SQLite, as imports write and tenant deletions remove them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.identifiers import generate_id
from registry_backend.storage.paging import Row
from registry_backend.storage.sqlite_credentials import INSERT_CREDENTIAL, credential_rows, taken
from registry_backend.storage.sqlite_devices import (
    INSERT_DEVICE,
    INSERT_LINK,
    DeviceWrites,
    device_row,
    links_of,
)

_BATCH = 2000
_UPSERT = (
    INSERT_DEVICE
    + """ ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    enabled = excluded.enabled, version = excluded.version, revision = excluded.revision,
    generation_id = excluded.generation_id, created_at = excluded.created_at,
    updated_at = excluded.updated_at, changed_at = excluded.changed_at,
    status_updated_at = excluded.status_updated_at, document = excluded.document"""
)

Put = tuple[Device, Sequence[Credential] | None]


class BulkWrites(DeviceWrites):
    """The part of a transaction that takes many devices."""

    def put_devices(self, rows: Iterable[Put]) -> None:
        """Insert or replace many devices of one tenant at once, as imports do.

        Versions are not compared: the caller has read them in this transaction. A credential
        sequence replaces the set; None leaves it. Raises AlreadyExists as `put_credentials`.
        """
        remaining = iter(rows)
        with self._all_or_nothing():
            while batch := _last_of_each(islice(remaining, _BATCH)):
                self._put_batch(batch)

    def delete_devices(self, tenant_id: str, *, limit: int) -> int:
        """Remove up to `limit` devices with their credentials; how many were removed."""
        rows = self._all(
            """DELETE FROM devices WHERE row IN (SELECT row FROM devices INDEXED BY devices_by_id
            WHERE tenant_id = ? ORDER BY device_id LIMIT ?) RETURNING row, device_id, enabled""",
            *(tenant_id, max(0, limit)),
        )
        self._forget(tenant_id, rows)
        return len(rows)

    def _put_batch(self, batch: dict[str, Put]) -> None:
        tenant_id = next(iter(batch.values()))[0].tenant_id
        devices = [device for device, _ in batch.values()]
        existing: dict[str, int] = dict(
            self._all(
                """SELECT d.device_id, d.enabled FROM json_each(?) AS wanted
                CROSS JOIN devices AS d ON d.tenant_id = ? AND d.device_id = wanted.value""",
                *(json.dumps(list(batch)), tenant_id),
            )
        )
        self._connection.executemany(_UPSERT, [device_row(device) for device in devices])
        if existing:
            self._connection.executemany(
                "DELETE FROM device_links WHERE tenant_id = ? AND device_id = ?",
                [(tenant_id, device_id) for device_id in existing],
            )
        self._connection.executemany(
            INSERT_LINK, [link for device in devices for link in links_of(device)]
        )
        self._count(
            tenant_id,
            devices=len(batch) - len(existing),
            enabled=sum(device.enabled for device in devices) - sum(existing.values()),
            credentials=self._put_sets(tenant_id, batch, existing),
        )

    def _put_sets(self, tenant_id: str, batch: dict[str, Put], existing: dict[str, int]) -> int:
        """Replace the sets that are given; by how much the number of credentials grew."""
        given = {key: sets for key, (_, sets) in batch.items() if sets is not None}
        replaced = [(tenant_id, device_id) for device_id in given if device_id in existing]
        removed = 0
        if replaced:
            removed = self._connection.executemany(
                "DELETE FROM credentials WHERE tenant_id = ? AND device_id = ?", replaced
            ).rowcount
            self._connection.executemany(
                """UPDATE devices SET credentials_version = ?,
                credentials_revision = credentials_revision + 1
                WHERE tenant_id = ? AND device_id = ?""",
                [(generate_id(), *place) for place in replaced],
            )
        rows: list[Row] = []
        for device_id, credentials in given.items():
            if credentials:
                rows.extend(credential_rows(tenant_id, device_id, credentials))
        try:
            self._connection.executemany(INSERT_CREDENTIAL, rows)
        except sqlite3.IntegrityError:
            self._refuse_taken(tenant_id, rows)
            raise
        return len(rows) - removed

    def _refuse_taken(self, tenant_id: str, rows: Sequence[Row]) -> None:
        """Name the first (type, auth-id) that another device owns."""
        for _, device_id, _, credential_type, auth_id, *_ in rows:
            owner = self.owner_of(tenant_id, credential_type, auth_id)
            if owner is not None and owner != device_id:
                raise taken(credential_type, auth_id, owner)


def _last_of_each(rows: Iterable[Put]) -> dict[str, Put]:
    """Rows by device id: the last one counts, and a set given earlier stays given."""
    batch: dict[str, Put] = {}
    tenant_id: str | None = None
    for device, credentials in rows:
        if tenant_id not in (None, device.tenant_id):
            raise ValueError("put_devices takes the devices of one tenant")
        tenant_id = device.tenant_id
        earlier = batch.get(device.device_id)
        if credentials is None and earlier is not None:
            credentials = earlier[1]  # noqa: PLW2901 - the set this device ends up with
        batch[device.device_id] = (device, credentials)
    return batch
