"""Devices as IoT Hub's clients write them: identity and keys in one (iothub 5.1 to 5.3, 5.7).

What a request means is told by a draft; here are the rules between it and what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from registry_backend.domain.devices import new_device
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.hub_devices import HubDevice
from registry_backend.domain.imports import CREATE_HINT
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import Cursor, DeviceQuery, Order, PageRequest
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.timestamps import now
from registry_backend.registry.credentials import journal_form
from registry_backend.registry.device_rules import check_device_limit, checked_text
from registry_backend.registry.hub_rules import (
    Allows,
    CredentialTaken,
    DeviceChange,
    Hub,
    already_there,
    check_own_credentials,
    check_revision,
    current_device,
    delete_hub_device,
    is_empty,
    own_tenant,
    shown_device,
    update_hub_device,
)
from registry_backend.registry.recording import change_of, record, require_tenant
from registry_backend.registry.settings import RegistrySettings
from registry_backend.storage.base import Snapshot, Store, Transaction

__all__ = [
    "CredentialTaken",
    "DeviceChange",
    "Hub",
    "HubDeviceUseCases",
    "HubPage",
]

_COMPARES = frozenset(
    {
        ImportMode.UPDATE_IF_MATCH_ETAG,
        ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG,
        ImportMode.DELETE_IF_MATCH_ETAG,
    }
)
_CREATES = frozenset(
    {
        ImportMode.CREATE,
        ImportMode.CREATE_OR_UPDATE,
        ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG,
    }
)
_DELETES = frozenset({ImportMode.DELETE, ImportMode.DELETE_IF_MATCH_ETAG})


class HubPage(NamedTuple):
    """A stretch of devices, and where the next begins; None: there is none."""

    devices: Sequence[HubDevice]
    next: Cursor | None


class HubDeviceUseCases:
    """Devices of a hub; every write is one transaction."""

    def __init__(self, store: Store, settings: RegistrySettings) -> None:
        self._store = store
        self._settings = settings

    async def tenant_named(self, name: str) -> str:
        """Whose hub has that name: clients write the names of hosts in lower case.

        The tenant of that very id, else the only one that differs by case; else the name itself.
        """
        if await self._store.read_one(lambda snapshot: snapshot.has_tenant(name)):
            return name
        found = await self._store.read_one(lambda snapshot: snapshot.tenant_without_case(name))
        return found or name

    async def get(self, hub: Hub, device_id: str) -> HubDevice:
        """Raises NotFound (tenant or device)."""

        def work(snapshot: Snapshot) -> HubDevice:
            return current_device(snapshot, hub.tenant_id, device_id).shown

        return await self._store.read_one(work)

    async def page(
        self, hub: Hub, query: DeviceQuery, *, limit: int, start: Cursor | None = None
    ) -> HubPage:
        """Devices ordered by id. Raises NotFound (tenant), Invalid (a cursor of others)."""

        def work(snapshot: Snapshot) -> HubPage:
            if is_empty(snapshot, hub):
                return HubPage([], None)
            request = PageRequest(start=start, limit=limit)
            page = snapshot.page_devices(hub.tenant_id, query, Order(), request)
            ids = [device.device_id for device in page.rows]
            sets = snapshot.get_many_credentials(hub.tenant_id, ids)
            devices = [shown_device(each, sets[each.device_id].credentials) for each in page.rows]
            return HubPage(devices, page.cursors[-1] if page.more else None)

        return await self._store.read(work)

    async def count(self, hub: Hub, query: DeviceQuery) -> int:
        """How many devices the query has. Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> int:
            if is_empty(snapshot, hub):
                return 0
            return snapshot.count_devices(hub.tenant_id, query).value

        return await self._store.read(work)

    async def statistics(self, hub: Hub) -> Statistics:
        """Kept counts; O(1) (iothub 4.4). Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> Statistics:
            if is_empty(snapshot, hub):
                return Statistics(total=0, enabled=0)
            return snapshot.statistics(hub.tenant_id)

        return await self._store.read_point(work)

    async def check(self, hub: Hub) -> None:
        """Refuse a hub that is not there. Raises NotFound (tenant)."""
        await self._store.read_point(lambda snapshot: is_empty(snapshot, hub))

    async def ensure(self, hub: Hub, *, actor: Actor) -> None:
        """Make the hub's tenant where it is made by its first write. Raises NotFound (tenant)."""
        if not await self._store.read_point(lambda snapshot: is_empty(snapshot, hub)):
            return
        await self._store.write(lambda transaction: own_tenant(transaction, hub, actor))

    async def create(self, hub: Hub, change: DeviceChange, *, actor: Actor) -> HubDevice:
        """Create only (iothub 5.1).

        Raises NotFound (tenant), AlreadyExists, LimitReached, Invalid.
        """

        def work(transaction: Transaction) -> HubDevice:
            own_tenant(transaction, hub, actor)
            return self._create(transaction, hub, change, actor)

        return await self._store.write(work)

    async def update(
        self, hub: Hub, change: DeviceChange, *, allows: Allows, actor: Actor
    ) -> HubDevice:
        """Replace only (iothub 5.2). Raises NotFound, VersionMismatch, LimitReached, Invalid."""

        def work(transaction: Transaction) -> HubDevice:
            current = current_device(transaction, hub.tenant_id, change.device_id)
            check_revision(current, allows)
            return update_hub_device(transaction, current, change, actor)

        return await self._store.write(work)

    async def delete(self, hub: Hub, device_id: str, *, allows: Allows, actor: Actor) -> None:
        """Remove a device with its credentials. Raises NotFound, VersionMismatch."""

        def work(transaction: Transaction) -> None:
            current = current_device(transaction, hub.tenant_id, device_id)
            check_revision(current, allows)
            delete_hub_device(transaction, current, actor)

        await self._store.write(work)

    async def apply(
        self, hub: Hub, changes: Sequence[DeviceChange], *, actor: Actor
    ) -> Sequence[HubDevice | RegistryError | None]:
        """Many changes in one transaction: for each what came of it, None for a removal.

        One that is refused leaves nothing behind, and the others are applied (iothub 5.7).

        Raises:
            NotFound: when there is no such tenant.
        """

        def work(transaction: Transaction) -> Sequence[HubDevice | RegistryError | None]:
            own_tenant(transaction, hub, actor)
            return [self._attempt(transaction, hub, change, actor) for change in changes]

        return await self._store.write(work)

    def _attempt(
        self, transaction: Transaction, hub: Hub, change: DeviceChange, actor: Actor
    ) -> HubDevice | RegistryError | None:
        try:
            return self._change(transaction, hub, change, actor)
        except RegistryError as error:  # raised before anything of this change is written
            return error

    def _change(
        self, transaction: Transaction, hub: Hub, change: DeviceChange, actor: Actor
    ) -> HubDevice | None:
        """What the table of modes says (iothub 6.4)."""
        mode = change.mode
        if transaction.get_device(hub.tenant_id, change.device_id) is None and mode in _CREATES:
            return self._create(transaction, hub, change, actor)
        current = current_device(transaction, hub.tenant_id, change.device_id)
        if mode is ImportMode.CREATE:
            raise already_there(change.device_id, hint=CREATE_HINT)
        if mode in _COMPARES:
            check_revision(current, change.allows)
        if mode in _DELETES:
            delete_hub_device(transaction, current, actor)
            return None
        return update_hub_device(transaction, current, change, actor)

    def _create(
        self, transaction: Transaction, hub: Hub, change: DeviceChange, actor: Actor
    ) -> HubDevice:
        tenant_id, device_id = hub.tenant_id, change.device_id
        if transaction.get_device(tenant_id, device_id) is not None:
            raise already_there(device_id)
        tenant = require_tenant(transaction, tenant_id)
        check_device_limit(transaction, tenant, self._settings.max_devices_per_tenant)
        attributes, merge = change.over(None)
        credentials = merge(()) if merge else ()
        text = checked_text(attributes)
        check_own_credentials(transaction, tenant, device_id, before=(), after=credentials)
        device = new_device(tenant_id, device_id, attributes, at=now())
        transaction.put_devices([(device, credentials)])
        at = device.created_at
        line = change_of("device", "created", tenant_id, device_id)
        record(transaction, actor, line, at=at, after=text)
        line = change_of("credentials", "updated", tenant_id, device_id)
        record(transaction, actor, line, at=at, after=journal_form(credentials))
        return shown_device(device, credentials)
