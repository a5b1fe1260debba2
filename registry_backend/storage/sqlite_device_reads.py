"""Devices in SQLite, read: one, a page, a search, and how many there are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from registry_backend.domain.devices import Device, DeviceAttributes
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
from registry_backend.storage.base import StoredDevice, StoredIdentity
from registry_backend.storage.paging import Row, Where, fetch_page
from registry_backend.storage.rows import restore
from registry_backend.storage.sqlite_base import Rows, moment
from registry_backend.storage.sqlite_declared import declared_order
from registry_backend.storage.sqlite_places import STEP
from registry_backend.storage.sqlite_query import (
    GATEWAY_IDS,
    device_keys,
    device_listing,
    sorted_listing,
)
from registry_backend.storage.sqlite_sorting import DEVICE_COLUMNS, only_by_id, sort_order

_COLUMNS = """d.device_id, d.version, d.revision, d.generation_id, d.created_at, d.updated_at,
    d.status_updated_at, d.document"""
_STORED_COLUMNS = """d.enabled, d.version, d.revision, d.generation_id, d.created_at,
    d.updated_at, d.status_updated_at, d.document"""
_OF_A_TENANT = """WHERE d.tenant_id = ? AND d.device_id = ?
    AND EXISTS (SELECT 1 FROM tenants WHERE tenants.tenant_id = d.tenant_id)"""
_STORED = f"SELECT {_STORED_COLUMNS} FROM devices AS d {_OF_A_TENANT}"  # noqa: S608 - constants
_STORED_IDENTITY = f"""SELECT {_STORED_COLUMNS}, c.position, c.document FROM devices AS d
    LEFT JOIN credentials AS c ON c.tenant_id = d.tenant_id AND c.device_id = d.device_id
    {_OF_A_TENANT}"""  # noqa: S608 - constants
"""Sorted by who reads: nearly every device has one, and a sorter would be built for it."""
_MAX_GATEWAYS = 1000


class DeviceReads(Rows):
    """The devices part of a snapshot."""

    def get_device(self, tenant_id: str, device_id: str) -> Device | None:
        """The device of that id, or None."""
        row = self._one(
            f"SELECT {_COLUMNS} FROM devices AS d WHERE d.tenant_id = ? AND d.device_id = ?",  # noqa: S608 - constant
            *(tenant_id, device_id),
        )
        return _device(tenant_id, row) if row else None

    def get_many_devices(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, Device]:
        """Those devices that are there, by device id."""
        rows = self._all(
            f"""SELECT {_COLUMNS} FROM json_each(?) AS wanted
            CROSS JOIN devices AS d ON d.tenant_id = ? AND d.device_id = wanted.value""",  # noqa: S608 - constant
            *(json.dumps(list(dict.fromkeys(device_ids))), tenant_id),
        )
        return {row[0]: _device(tenant_id, row) for row in rows}

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
        row = self._one(_STORED, tenant_id, device_id)
        return None if row is None else _stored(row)

    def get_stored_identity(self, tenant_id: str, device_id: str) -> StoredIdentity | None:
        """The same with its credentials."""
        rows = self._all(_STORED_IDENTITY, tenant_id, device_id)
        if not rows:
            return None
        if len(rows) > 1:
            rows.sort(key=lambda row: row[-2])
        credentials = tuple([row[-1] for row in rows if row[-1] is not None])
        return StoredIdentity(_stored(rows[0][:-2]), credentials)

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
        if known is None and query.is_gateway is False:
            return Count(self._count_of_no_gateways(tenant_id, query))
        return Count(self._count_where(tenant_id, query, Order()) if known is None else known)

    def _count_of_no_gateways(self, tenant_id: str, query: DeviceQuery) -> int:
        """All but the gateways: these are few, and have an index, where the others have none."""
        everything = self.count_devices(tenant_id, replace(query, is_gateway=None))
        gateways = self.count_devices(tenant_id, replace(query, is_gateway=True))
        return everything.value - gateways.value

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


def _stored(row: Row) -> StoredDevice:
    enabled, version, revision, generation_id, created, updated, status_updated, document = row
    return StoredDevice(
        *(bool(enabled), version, revision, generation_id),
        *(from_micros(created), moment(updated), moment(status_updated), document),
    )


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
