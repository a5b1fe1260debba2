"""Devices in SQLite, written one at a time; imports are in `sqlite_bulk`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from pydantic_core import from_json

from registry_backend.domain.devices import Device
from registry_backend.domain.errors import AlreadyExists
from registry_backend.storage.base import StoredDevice
from registry_backend.storage.paging import Row
from registry_backend.storage.rows import document_text
from registry_backend.storage.search import forget_rows
from registry_backend.storage.sqlite_base import micros
from registry_backend.storage.sqlite_credentials import CredentialWrites
from registry_backend.storage.sqlite_declared import declare
from registry_backend.storage.sqlite_device_reads import DeviceReads
from registry_backend.storage.sqlite_query import (
    MEMBER_OF,
    VIA,
    VIA_GROUP,
)

INSERT_DEVICE = """INSERT INTO devices (tenant_id, device_id, enabled, version, revision,
    generation_id, created_at, updated_at, changed_at, status_updated_at,
    credentials_version, credentials_revision, document)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)"""
_UPDATE = """UPDATE devices SET version = ?1, revision = ?2, generation_id = ?3, created_at = ?4,
    updated_at = ?5, changed_at = ?6, status_updated_at = ?7, document = ?8
    WHERE tenant_id = ?9 AND device_id = ?10 AND version = ?11 AND enabled = ?12"""
_UPDATE_WITH_STATE = _UPDATE.replace("SET", "SET enabled = ?12,").replace(" AND enabled = ?12", "")
"""An index leads by the state: while that stays, its entries are left alone."""
INSERT_LINK = "INSERT OR IGNORE INTO device_links VALUES (?, ?, ?, ?)"


class DeviceWrites(DeviceReads, CredentialWrites):
    """The devices part of a transaction."""

    def insert_device(self, device: Device) -> None:
        """Insert with an empty credential set. Raises AlreadyExists."""
        try:
            self._changed(INSERT_DEVICE, *device_row(device))
        except sqlite3.IntegrityError:
            raise AlreadyExists(
                f"The device {device.device_id!r} exists already in tenant {device.tenant_id!r}."
            ) from None
        self._connection.executemany(INSERT_LINK, links_of(device))
        self._count(device.tenant_id, devices=1, enabled=int(device.enabled))

    def update_device(self, device: Device, *, expected: str, before: Device | None = None) -> bool:
        """Replace a device's attributes, version and times."""
        before = before or self.get_device(device.tenant_id, device.device_id)
        if before is None or before.version != expected:
            return False
        text = document_text(device.attributes)
        if not self._update_row(device, text, expected=expected, enabled=before.enabled):
            return False
        self._replace_links(device, links_of(before))
        return True

    def replace_device(self, device: Device, *, stored: StoredDevice, text: str) -> bool:
        """The same for a device that this transaction read, with the text of its attributes."""
        if not self._update_row(device, text, expected=stored.version, enabled=stored.enabled):
            return False
        if text != stored.document:
            self._replace_links(device, _stored_links(device, stored.document))
        return True

    def _update_row(self, device: Device, text: str, *, expected: str, enabled: bool) -> bool:
        """Write and count a device that was enabled or not; whether its version was that."""
        changed = self._changed(
            _UPDATE if device.enabled == enabled else _UPDATE_WITH_STATE,
            *(device.version, device.revision, device.generation_id),
            *(micros(device.created_at), micros(device.updated_at)),
            micros(device.updated_at or device.created_at),
            *(micros(device.status_updated_at), text),
            *(device.tenant_id, device.device_id, expected, device.enabled),
        )
        if changed:
            self._count(device.tenant_id, enabled=int(device.enabled) - int(enabled))
        return bool(changed)

    def _replace_links(self, device: Device, before: Iterable[Row]) -> None:
        links = list(links_of(device))
        if links != list(before):
            place = (device.tenant_id, device.device_id)
            self._changed("DELETE FROM device_links WHERE tenant_id = ? AND device_id = ?", *place)
            self._connection.executemany(INSERT_LINK, links)

    def delete_device(self, tenant_id: str, device_id: str, *, expected: str) -> bool:
        """Remove a device and its credentials."""
        rows = self._all(
            """DELETE FROM devices WHERE tenant_id = ? AND device_id = ? AND version = ?
            RETURNING row, device_id, enabled""",
            *(tenant_id, device_id, expected),
        )
        self._forget(tenant_id, rows)
        return bool(rows)

    def index_attributes(self, paths: Sequence[tuple[str, ...]]) -> None:
        """Index these members of documents, where they are not yet. Raises Invalid."""
        declare(self._connection, paths)

    def _forget(self, tenant_id: str, rows: Sequence[Row]) -> None:
        """Remove all that hangs on devices whose (row, id, enabled) are gone, and count."""
        places = [(tenant_id, device_id) for _, device_id, _ in rows]
        removed = self._connection.executemany(
            "DELETE FROM credentials WHERE tenant_id = ? AND device_id = ?", places
        ).rowcount
        self._connection.executemany(
            "DELETE FROM device_links WHERE tenant_id = ? AND device_id = ?", places
        )
        forget_rows(self._connection, ((row, device_id) for row, device_id, _ in rows))
        self._count(
            tenant_id,
            devices=-len(rows),
            enabled=-sum(enabled for *_, enabled in rows),
            credentials=-max(0, removed),
        )


def device_row(device: Device) -> Row:
    """What is bound to insert a device with an empty credential set."""
    attributes, version = device.attributes, device.version
    created, updated = micros(device.created_at), micros(device.updated_at)
    return (
        device.tenant_id,
        device.device_id,
        attributes.enabled,
        version,
        device.revision,
        device.generation_id,
        created,
        updated,
        created if updated is None else updated,
        micros(device.status_updated_at),
        # The credentials' version is their own; it only has to be new, and this one is.
        version,
        document_text(attributes),
    )


def links_of(device: Device) -> Iterator[Row]:
    """What is bound for each gateway and group that a device names."""
    attributes = device.attributes
    return _links(device, attributes.via, attributes.via_groups, attributes.member_of)


def _stored_links(device: Device, document: str) -> Iterator[Row]:
    """The same from the text that is stored of that device's attributes."""
    members = from_json(document)
    return _links(device, *(members.get(name, ()) for name in ("via", "viaGroups", "memberOf")))


def _links(
    device: Device, via: Iterable[str], via_groups: Iterable[str], member_of: Iterable[str]
) -> Iterator[Row]:
    for relation, targets in ((VIA, via), (VIA_GROUP, via_groups), (MEMBER_OF, member_of)):
        for target in targets:
            yield device.tenant_id, relation, target, device.device_id
