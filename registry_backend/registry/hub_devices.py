"""Devices as IoT Hub's clients write them: identity and keys in one (iothub 5.1 to 5.3, 5.7).

What a request means is told by a draft; here are the rules between it and what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes, changed_device, new_device
from registry_backend.domain.document import check_depth
from registry_backend.domain.errors import (
    AlreadyExists,
    LimitReached,
    NotFound,
    RegistryError,
    VersionMismatch,
)
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import Cursor, DeviceQuery, Order, PageRequest
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant
from registry_backend.domain.timestamps import now
from registry_backend.registry.credentials import journal_form
from registry_backend.registry.devices import check_device_limit, no_device
from registry_backend.registry.owners import MissingOwner, ensure_tenant
from registry_backend.registry.recording import (
    change_of,
    check_tenant,
    record,
    require_tenant,
)
from registry_backend.registry.settings import UNLIMITED, RegistrySettings
from registry_backend.storage.base import Snapshot, Store, Transaction

Allows = Callable[[int], bool]
"""Whether a write may replace the device at that revision (iothub 5.3)."""

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


class CredentialTaken(AlreadyExists):
    """The device's own keys or thumbprints are another device's by their auth-id."""


class HubDevice(NamedTuple):
    """A device with what a hub shows of its credentials."""

    device: Device
    credentials: tuple[Credential, ...]


class DeviceChange(Protocol):
    """What one request asks of one device."""

    @property
    def device_id(self) -> str:
        """Which device."""

    @property
    def mode(self) -> ImportMode:
        """What to do with it (iothub 6.4)."""

    def allows(self, revision: int) -> bool:
        """Whether a mode that compares may write over that revision."""

    def over(
        self, attributes: DeviceAttributes | None, credentials: Sequence[Credential]
    ) -> tuple[DeviceAttributes, tuple[Credential, ...]]:
        """What the device becomes; None: it is new. May be called again. Raises Invalid."""


class HubPage(NamedTuple):
    """A stretch of devices, and where the next begins; None: there is none."""

    devices: Sequence[HubDevice]
    next: Cursor | None


class Hub(NamedTuple):
    """Whose devices, and what holds for them."""

    tenant_id: str
    missing: MissingOwner = MissingOwner.REFUSE
    """CREATE: the tenant is made by the first write, and reads find an empty hub before."""


class HubDeviceUseCases:
    """Devices of a hub; every write is one transaction."""

    def __init__(self, store: Store, settings: RegistrySettings) -> None:
        self._store = store
        self._settings = settings

    async def get(self, hub: Hub, device_id: str) -> HubDevice:
        """Raises NotFound (tenant or device)."""

        def work(snapshot: Snapshot) -> HubDevice:
            device, stored = _current(snapshot, hub.tenant_id, device_id)
            return HubDevice(device, stored.credentials)

        return await self._store.read_point(work)

    async def page(
        self, hub: Hub, query: DeviceQuery, *, limit: int, start: Cursor | None = None
    ) -> HubPage:
        """Devices ordered by id. Raises NotFound (tenant), Invalid (a cursor of others)."""

        def work(snapshot: Snapshot) -> HubPage:
            if _is_empty(snapshot, hub):
                return HubPage([], None)
            request = PageRequest(start=start, limit=limit)
            page = snapshot.page_devices(hub.tenant_id, query, Order(), request)
            ids = [device.device_id for device in page.rows]
            sets = snapshot.get_many_credentials(hub.tenant_id, ids)
            devices = [HubDevice(each, sets[each.device_id].credentials) for each in page.rows]
            return HubPage(devices, page.cursors[-1] if page.more else None)

        return await self._store.read(work)

    async def count(self, hub: Hub, query: DeviceQuery) -> int:
        """How many devices the query has. Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> int:
            if _is_empty(snapshot, hub):
                return 0
            return snapshot.count_devices(hub.tenant_id, query).value

        return await self._store.read(work)

    async def statistics(self, hub: Hub) -> Statistics:
        """Kept counts; O(1) (iothub 4.4). Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> Statistics:
            if _is_empty(snapshot, hub):
                return Statistics(total=0, enabled=0)
            return snapshot.statistics(hub.tenant_id)

        return await self._store.read_point(work)

    async def ensure(self, hub: Hub, *, actor: Actor) -> None:
        """Make the hub's tenant where it is made by its first write. Raises NotFound (tenant)."""
        if not await self._store.read_point(lambda snapshot: _is_empty(snapshot, hub)):
            return
        await self._store.write(lambda transaction: _own(transaction, hub, actor))

    async def create(self, hub: Hub, change: DeviceChange, *, actor: Actor) -> HubDevice:
        """Create only (iothub 5.1).

        Raises NotFound (tenant), AlreadyExists, LimitReached, Invalid.
        """

        def work(transaction: Transaction) -> HubDevice:
            _own(transaction, hub, actor)
            return self._create(transaction, hub, change, actor)

        return await self._store.write(work)

    async def update(
        self, hub: Hub, change: DeviceChange, *, allows: Allows, actor: Actor
    ) -> HubDevice:
        """Replace only (iothub 5.2). Raises NotFound, VersionMismatch, LimitReached, Invalid."""

        def work(transaction: Transaction) -> HubDevice:
            current = _current(transaction, hub.tenant_id, change.device_id)
            _check_revision(current, allows)
            return _update(transaction, current, change, actor)

        return await self._store.write(work)

    async def delete(self, hub: Hub, device_id: str, *, allows: Allows, actor: Actor) -> None:
        """Remove a device with its credentials. Raises NotFound, VersionMismatch."""

        def work(transaction: Transaction) -> None:
            current = _current(transaction, hub.tenant_id, device_id)
            _check_revision(current, allows)
            _delete(transaction, current, actor)

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
            _own(transaction, hub, actor)
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
        current = _current(transaction, hub.tenant_id, change.device_id)
        if mode is ImportMode.CREATE:
            raise _exists(current.device)
        if mode in _COMPARES:
            _check_revision(current, change.allows)
        if mode in _DELETES:
            _delete(transaction, current, actor)
            return None
        return _update(transaction, current, change, actor)

    def _create(
        self, transaction: Transaction, hub: Hub, change: DeviceChange, actor: Actor
    ) -> HubDevice:
        tenant_id, device_id = hub.tenant_id, change.device_id
        existing = transaction.get_device(tenant_id, device_id)
        if existing is not None:
            raise _exists(existing)
        tenant = require_tenant(transaction, tenant_id)
        check_device_limit(transaction, tenant, self._settings.max_devices_per_tenant)
        attributes, credentials = change.over(None, ())
        check_depth(attributes)
        _check_credentials(transaction, tenant, device_id, before=(), after=credentials)
        device = new_device(tenant_id, device_id, attributes, at=now())
        transaction.put_devices([(device, credentials)])
        at = device.created_at
        line = change_of("device", "created", tenant_id, device_id)
        record(transaction, actor, line, at=at, after=attributes.to_json())
        line = change_of("credentials", "updated", tenant_id, device_id)
        record(transaction, actor, line, at=at, after=journal_form(credentials))
        return HubDevice(device, credentials)


class _Current(NamedTuple):
    """A device as this transaction found it."""

    device: Device
    stored: CredentialSet


def _current(snapshot: Snapshot, tenant_id: str, device_id: str) -> _Current:
    device = snapshot.get_device_of(tenant_id, device_id)
    if device is None:
        raise no_device(tenant_id, device_id)
    stored = snapshot.get_credentials(tenant_id, device_id)
    if stored is None:
        raise no_device(tenant_id, device_id)
    return _Current(device, stored)


def _update(
    transaction: Transaction, current: _Current, change: DeviceChange, actor: Actor
) -> HubDevice:
    before, stored = current
    tenant_id, device_id = before.tenant_id, before.device_id
    attributes, credentials = change.over(before.attributes, stored.credentials)
    check_depth(attributes)
    at = now()
    if credentials != stored.credentials:
        tenant = require_tenant(transaction, tenant_id)
        _check_credentials(
            transaction, tenant, device_id, before=stored.credentials, after=credentials
        )
        _put_credentials(transaction, stored, credentials)
        line = change_of("credentials", "updated", tenant_id, device_id)
        forms = journal_form(stored.credentials), journal_form(credentials)
        record(transaction, actor, line, at=at, before=forms[0], after=forms[1])
    device = changed_device(before, attributes, at=at)
    if not transaction.update_device(device, expected=before.version, before=before):
        raise _changed(before)
    line = change_of("device", "updated", tenant_id, device_id)
    texts = before.attributes.to_json(), attributes.to_json()
    record(transaction, actor, line, at=at, before=texts[0], after=texts[1])
    return HubDevice(device, credentials)


def _put_credentials(
    transaction: Transaction, stored: CredentialSet, credentials: tuple[Credential, ...]
) -> None:
    update = {
        "credentials": credentials,
        "version": generate_id(),
        "revision": stored.revision + 1,
    }
    if not transaction.put_credentials(stored.model_copy(update=update), expected=stored.version):
        raise VersionMismatch(f"The keys of device {stored.device_id!r} were changed meanwhile.")


def _delete(transaction: Transaction, current: _Current, actor: Actor) -> None:
    device = current.device
    tenant_id, device_id = device.tenant_id, device.device_id
    if not transaction.delete_device(tenant_id, device_id, expected=device.version):
        raise _changed(device)
    line = change_of("device", "deleted", tenant_id, device_id)
    record(transaction, actor, line, at=now(), before=device.attributes.to_json())


def _own(transaction: Transaction, hub: Hub, actor: Actor) -> None:
    """Make the hub's tenant, or refuse that it is not there."""
    if hub.missing is MissingOwner.CREATE:
        ensure_tenant(transaction, hub.tenant_id, actor=actor)
    else:
        check_tenant(transaction, hub.tenant_id)


def _is_empty(snapshot: Snapshot, hub: Hub) -> bool:
    """Whether the hub is there without its tenant. Raises NotFound."""
    if snapshot.has_tenant(hub.tenant_id):
        return False
    if hub.missing is MissingOwner.REFUSE:
        raise NotFound(f"There is no tenant {hub.tenant_id!r}.", hint="Create it first.")
    return True


def _check_revision(current: _Current, allows: Allows) -> None:
    if not allows(current.device.revision):
        raise _changed(current.device)


def _changed(device: Device) -> VersionMismatch:
    return VersionMismatch(
        f"Device version did not match: the device {device.device_id!r} was changed since it was "
        "read, so nothing was written.",
        current=device,
        hint="Look at what is there now and decide again.",
    )


def _exists(device: Device | None) -> AlreadyExists:
    named = device.device_id if device else ""
    return AlreadyExists(
        f"A device with ID {named!r} is already registered.", hint="To replace it send If-Match."
    )


def _check_credentials(
    transaction: Transaction,
    tenant: Tenant,
    device_id: str,
    *,
    before: Sequence[Credential],
    after: Sequence[Credential],
) -> None:
    """Refuse more credentials than the tenant allows a device, and those another device has."""
    tenant_id = tenant.tenant_id
    limits = tenant.attributes.registration_limits
    limit = limits.max_credentials_per_device if limits else UNLIMITED
    if limit != UNLIMITED and len(after) > max(limit, len(before)):
        raise LimitReached(
            f"The tenant {tenant_id!r} allows {limit} credentials for a device.",
            hint="Remove others of the device first, or raise the tenant's registration-limits.",
        )
    had = {(each.type, each.auth_id) for each in before}
    for each in after:
        if (each.type, each.auth_id) in had:
            continue
        owner = transaction.owner_of(tenant_id, each.type, each.auth_id)
        if owner is not None and owner != device_id:
            raise CredentialTaken(
                f"A credential of type {each.type} with auth-id {each.auth_id!r} belongs to "
                f"device {owner!r} already.",
                hint="Remove it there, or choose another device id.",
            )
