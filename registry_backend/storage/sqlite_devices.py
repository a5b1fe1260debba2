"""Devices in SQLite, one at a time; imports are in `sqlite_bulk`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.query import (
    AttributeSort,
    Count,
    DeviceQuery,
    DeviceSort,
    Found,
    Order,
    Page,
    PageRequest,
)
from registry_backend.domain.timestamps import from_micros
from registry_backend.storage.base import StoredDevice
from registry_backend.storage.paging import Row, Where, fetch_page
from registry_backend.storage.rows import document_text, restore
from registry_backend.storage.search import forget_rows
from registry_backend.storage.sqlite_base import Rows, micros, moment
from registry_backend.storage.sqlite_credentials import CredentialWrites
from registry_backend.storage.sqlite_declared import declare, declared_order
from registry_backend.storage.sqlite_places import STEP
from registry_backend.storage.sqlite_query import (
    GATEWAY_IDS,
    MEMBER_OF,
    VIA,
    VIA_GROUP,
    device_keys,
    device_listing,
    sorted_listing,
)
from registry_backend.storage.sqlite_sorting import DEVICE_COLUMNS, only_by_id, sort_order

_COLUMNS = """d.device_id, d.version, d.revision, d.generation_id, d.created_at, d.updated_at,
    d.status_updated_at, d.document"""
_MAX_GATEWAYS = 1000

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


class DeviceReads(Rows):
    """The devices part of a snapshot."""

    def get_device(self, tenant_id: str, device_id: str) -> Device | None:
        """The device of that id, or None."""
        row = self._one(
            f"SELECT {_COLUMNS} FROM devices AS d WHERE d.tenant_id = ? AND d.device_id = ?",  # noqa: S608 - constant
            *(tenant_id, device_id),
        )
        return _device(tenant_id, row) if row else None

    def revisions(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, int]:
        """The revisions of those devices that are there, by device id; reads no document."""
        rows = self._all(
            """SELECT d.device_id, d.revision FROM json_each(?) AS wanted
            CROSS JOIN devices AS d ON d.tenant_id = ? AND d.device_id = wanted.value""",
            *(json.dumps(list(dict.fromkeys(device_ids))), tenant_id),
        )
        return {row[0]: row[1] for row in rows}

    def get_device_of(self, tenant_id: str, device_id: str) -> Device | None:
        """The device of that id, or None, also when its tenant is not there."""
        row = self._one(
            f"""SELECT {_COLUMNS} FROM devices AS d WHERE d.tenant_id = ? AND d.device_id = ?
            AND EXISTS (SELECT 1 FROM tenants WHERE tenants.tenant_id = d.tenant_id)""",  # noqa: S608 - constant
            *(tenant_id, device_id),
        )
        return _device(tenant_id, row) if row else None

    def get_stored_device(self, tenant_id: str, device_id: str) -> StoredDevice | None:
        """The device of that id without a model, or None, also when its tenant is not there."""
        row = self._one(
            """SELECT d.enabled, d.version, d.revision, d.generation_id, d.created_at,
            d.updated_at, d.status_updated_at, d.document FROM devices AS d
            WHERE d.tenant_id = ? AND d.device_id = ?
            AND EXISTS (SELECT 1 FROM tenants WHERE tenants.tenant_id = d.tenant_id)""",
            *(tenant_id, device_id),
        )
        if row is None:
            return None
        enabled, version, revision, generation_id, created, updated, status_updated, document = row
        return StoredDevice(
            *(bool(enabled), version, revision, generation_id),
            *(from_micros(created), moment(updated), moment(status_updated), document),
        )

    def page_devices(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """A stretch of a tenant's devices."""
        keys = device_keys(order)
        listing = device_listing(
            self._connection,
            tenant_id,
            query,
            order,
            f"{', '.join(keys.columns)}, d.row",
            total=self._known_count(tenant_id, query),
        )
        if query.everything and order.by is DeviceSort.ID:
            listing = replace(listing, near=partial(self._near, tenant_id))
        rows, more = fetch_page(self._connection, listing, request)
        return Page(
            self._devices_at(tenant_id, [row[-1] for row in rows]),
            [keys.cursor(row[:-1]) for row in rows],
            more,
        )

    def search_devices(
        self,
        tenant_id: str,
        query: DeviceQuery,
        sorts: Sequence[AttributeSort],
        *,
        skip: int,
        limit: int,
    ) -> Found[Device]:
        """A stretch of a tenant's devices in any order, ties by id, and how many there are."""
        if sorts and sorts[0].path == ("enabled",) and query.enabled is None:
            return self._search_by_state(tenant_id, query, sorts, skip=skip, limit=limit)
        total = self.count_devices(tenant_id, query).value
        if skip >= total or limit < 1:
            return Found([], total)
        if only_by_id(sorts):
            order = Order(descending=bool(sorts) and sorts[0].descending)
            request = PageRequest(skip=skip, limit=limit)
            return Found(self.page_devices(tenant_id, query, order, request).rows, total)
        listing = sorted_listing(self._connection, tenant_id, query, sorts[0], total=total)
        by = sort_order(sorts, self._sort_columns(sorts), document="d.document")
        rows = self._all(
            f"""SELECT d.row FROM {listing.source} {listing.where.sql()}
            ORDER BY {by.sql} LIMIT ? OFFSET ?""",  # noqa: S608 - bound
            *(*listing.parameters, *listing.where.parameters, *by.parameters, limit, skip),
        )
        return Found(self._devices_at(tenant_id, [row for (row,) in rows]), total)

    def _search_by_state(
        self,
        tenant_id: str,
        query: DeviceQuery,
        sorts: Sequence[AttributeSort],
        *,
        skip: int,
        limit: int,
    ) -> Found[Device]:
        """Those of one state, then those of the other; how many have a state is known."""
        found: list[Device] = []
        total = 0
        for enabled in sorted((False, True), reverse=sorts[0].descending):
            part = self.search_devices(
                tenant_id,
                replace(query, enabled=enabled),
                sorts[1:],
                skip=max(0, skip - total),
                limit=limit - len(found),
            )
            total += part.total
            found.extend(part.rows)
        return Found(found, total)

    def _sort_columns(self, sorts: Sequence[AttributeSort]) -> Mapping[tuple[str, ...], str]:
        """Members with a column, or with an index that has them."""
        orders = {each.path: declared_order(self._connection, each.path) for each in sorts}
        indexed = {path: order.sql for path, order in orders.items() if order is not None}
        return {**indexed, **DEVICE_COLUMNS}

    def _near(
        self,
        tenant_id: str,
        skip: int,
        upward: bool,  # noqa: FBT001 - as `Listing.near` has it
    ) -> tuple[Sequence[str] | None, int]:
        if self._places is None or skip < STEP:
            return None, skip
        place, left = self._places.near(self._connection, tenant_id, skip, upward=upward)
        return (None if place is None else (place,)), left

    def _devices_at(self, tenant_id: str, rows: Sequence[int]) -> list[Device]:
        """The devices with these row numbers, in that order."""
        found = self._all(
            f"""SELECT {_COLUMNS} FROM json_each(?) AS hit
            CROSS JOIN devices AS d ON d.row = hit.value ORDER BY hit.id""",  # noqa: S608 - constant
            json.dumps(rows),
        )
        return [_device(tenant_id, row) for row in found]

    def count_devices(self, tenant_id: str, query: DeviceQuery) -> Count:
        """How many devices the query has; O(1) without conditions and for `enabled` alone."""
        known = self._known_count(tenant_id, query)
        return Count(self._count_where(tenant_id, query, Order()) if known is None else known)

    def position_of_device(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """How many rows of that list stand before the place where this id is or would be.

        In the order of changes an id that does not exist stands where a new device would.
        """
        keys = device_keys(order)
        place: tuple[int | str, ...] = (device_id,)
        if order.by is DeviceSort.UPDATED:
            row = self._one(
                "SELECT changed_at FROM devices WHERE tenant_id = ? AND device_id = ?",
                *(tenant_id, device_id),
            )
            place = (row[0] if row else 2**63 - 1, device_id)
        before = Where()
        before.add(keys.beyond(upward=order.descending), *place)
        passed = 0
        if self._places is not None and query.everything and order.by is DeviceSort.ID:
            upward = not order.descending
            near, passed = self._places.before(
                self._connection, tenant_id, device_id, upward=upward
            )
            if near is not None:
                before.add(keys.beyond(upward=upward), near)
        return passed + self._count_where(tenant_id, query, order, before)

    def gateways_of(self, tenant_id: str) -> Sequence[str]:
        """Ids that other devices name in `via`, in order; at most 1000."""
        return [row[0] for row in self._all(GATEWAY_IDS, tenant_id, tenant_id, _MAX_GATEWAYS)]

    def _known_count(self, tenant_id: str, query: DeviceQuery) -> int | None:
        """The count if it is kept."""
        if query not in (DeviceQuery(), DeviceQuery(enabled=query.enabled)):
            return None
        kept = self.statistics(tenant_id)
        if query.enabled is None:
            return kept.total
        return kept.enabled if query.enabled else kept.disabled

    def _count_where(
        self, tenant_id: str, query: DeviceQuery, order: Order, extra: Where | None = None
    ) -> int:
        listing = device_listing(self._connection, tenant_id, query, order, "count(*)")
        where = listing.where
        if extra is not None:
            where.clauses.extend(extra.clauses)
            where.parameters.extend(extra.parameters)
        row = self._one(
            f"SELECT count(*) FROM {listing.source} {where.sql()}",  # noqa: S608 - bound
            *(*listing.parameters, *where.parameters),
        )
        return int(row[0]) if row else 0


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
        self._replace_links(device, before.attributes)
        return True

    def replace_device(self, device: Device, *, stored: StoredDevice, text: str) -> bool:
        """The same for a device that this transaction read, with the text of its attributes."""
        if not self._update_row(device, text, expected=stored.version, enabled=stored.enabled):
            return False
        if text != stored.document:
            what = f"device {device.device_id!r} in tenant {device.tenant_id!r}"
            self._replace_links(device, restore(DeviceAttributes, stored.document, what=what))
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

    def _replace_links(self, device: Device, before: DeviceAttributes) -> None:
        links = list(links_of(device))
        if links != list(_links(device.tenant_id, device.device_id, before)):
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
    return _links(device.tenant_id, device.device_id, device.attributes)


def _links(tenant_id: str, device_id: str, attributes: DeviceAttributes) -> Iterator[Row]:
    for relation, targets in (
        (VIA, attributes.via),
        (VIA_GROUP, attributes.via_groups),
        (MEMBER_OF, attributes.member_of),
    ):
        for target in targets:
            yield tenant_id, relation, target, device_id


def _device(tenant_id: str, row: Row) -> Device:
    (device_id, version, revision, generation_id, created, updated, status_updated, text) = row
    return Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=restore(
            DeviceAttributes, text, what=f"device {device_id!r} in tenant {tenant_id!r}"
        ),
        version=version,
        revision=revision,
        generation_id=generation_id,
        created_at=from_micros(created),
        updated_at=moment(updated),
        status_updated_at=moment(status_updated),
    )
