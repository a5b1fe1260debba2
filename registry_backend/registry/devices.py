"""Devices: create, replace, remove, with Hono's rules (hono 2.4, 3.4, 3.5)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import check_depth
from registry_backend.domain.identifiers import HONO_DEVICE_ID, check_id, generate_id
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import (
    AttributeSort,
    Count,
    DeviceQuery,
    Found,
    Order,
    Page,
    PageRequest,
)
from registry_backend.registry.device_rules import (
    KeepDevice,
    checked_text,
    create_device,
    delete_device,
    delete_devices,
    get_device,
    no_device,
    update_device,
)
from registry_backend.registry.owners import MissingOwner, ensure_tenant
from registry_backend.registry.recording import check_tenant
from registry_backend.registry.searching import Scans, is_quick
from registry_backend.registry.settings import RegistrySettings
from registry_backend.storage.base import Snapshot, Store, StoredDevice, Transaction


class DeviceUseCases:
    """Devices of a tenant; everything but removal needs the tenant to exist (hono 3.4)."""

    def __init__(self, store: Store, settings: RegistrySettings) -> None:
        self._store = store
        self._settings = settings
        self._scans = Scans(store)

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """A stretch of the devices. Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> Page[Device]:
            check_tenant(snapshot, tenant_id)
            return snapshot.page_devices(tenant_id, query, order, request)

        return await self._store.read(work)

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """How many devices the query has. Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> Count:
            check_tenant(snapshot, tenant_id)
            return snapshot.count_devices(tenant_id, query)

        return await self._store.read(work)

    async def search(
        self,
        tenant_id: str,
        query: DeviceQuery,
        sorts: Sequence[AttributeSort],
        *,
        skip: int,
        limit: int,
    ) -> Found[Device]:
        """A stretch of what fits, in any order, and how many fit (hono 3.7).

        Searches that no index answers run one at a time. Raises NotFound (tenant), Invalid.
        """

        def work(snapshot: Snapshot) -> Found[Device]:
            check_tenant(snapshot, tenant_id)
            return snapshot.search_devices(tenant_id, query, sorts, skip=skip, limit=limit)

        quick = is_quick(query, sorts, indexed=self._settings.indexed_attributes)
        return await self._scans.read(work, quick=quick)

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """How many rows stand before the place where this id is or would be."""

        def work(snapshot: Snapshot) -> int:
            check_tenant(snapshot, tenant_id)
            return snapshot.position_of_device(tenant_id, device_id, query, order)

        return await self._store.read(work)

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """Raises NotFound (tenant or device)."""
        return await self._store.read_point(
            lambda snapshot: get_device(snapshot, tenant_id, device_id)
        )

    async def get_stored(self, tenant_id: str, device_id: str) -> StoredDevice:
        """The same without a model. Raises NotFound (tenant or device)."""
        stored = await self._store.read_one(
            lambda snapshot: snapshot.get_stored_device(tenant_id, device_id)
        )
        if stored is None:
            await self._store.read_one(lambda snapshot: check_tenant(snapshot, tenant_id))
            raise no_device(tenant_id, device_id)
        return stored

    async def create(
        self,
        tenant_id: str,
        device_id: str | None,
        attributes: DeviceAttributes,
        *,
        actor: Actor,
        rule: re.Pattern[str] = HONO_DEVICE_ID,
        missing: MissingOwner = MissingOwner.REFUSE,
    ) -> Device:
        """Create under the given or a generated id, which `rule` must match.

        Raises NotFound (tenant), AlreadyExists, LimitReached, Invalid.
        """
        name = generate_id() if device_id is None else device_id
        check_id(name, rule, field="device-id")
        check_depth(attributes)
        limit = self._settings.max_devices_per_tenant

        def work(transaction: Transaction) -> Device:
            if missing is MissingOwner.CREATE:
                ensure_tenant(transaction, tenant_id, actor=actor)
            return create_device(
                transaction, tenant_id, name, attributes, default_limit=limit, actor=actor
            )

        return await self._store.write(work)

    async def update(
        self,
        tenant_id: str,
        device_id: str,
        attributes: DeviceAttributes,
        *,
        expected: str | None,
        actor: Actor,
        keep: KeepDevice | None = None,
    ) -> Device:
        """Replace the attributes. Raises NotFound, VersionMismatch, Invalid."""
        text = checked_text(attributes)

        def work(transaction: Transaction) -> Device:
            return update_device(
                transaction,
                tenant_id,
                device_id,
                attributes,
                expected=expected,
                actor=actor,
                keep=keep,
                text=text,
            )

        return await self._store.write(work)

    async def delete(
        self, tenant_id: str, device_id: str, *, expected: str | None, actor: Actor
    ) -> None:
        """Remove the device and its credentials; nothing to do under a removed tenant is no error.

        Raises NotFound (device of an existing tenant), VersionMismatch.
        """
        await self._store.write(
            lambda transaction: delete_device(
                transaction, tenant_id, device_id, expected=expected, actor=actor
            )
        )

    async def delete_all(self, tenant_id: str, *, actor: Actor) -> int:
        """Remove every device of the tenant, a removed one's too; how many there were.

        Runs as several transactions: when interrupted, what was removed stays removed.
        """
        total = 0
        while removed := await self._store.write(
            lambda transaction: delete_devices(transaction, tenant_id, actor=actor)
        ):
            total += removed
        return total

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """Known gateway ids, to choose from."""
        return await self._store.read(lambda snapshot: snapshot.gateways_of(tenant_id))
