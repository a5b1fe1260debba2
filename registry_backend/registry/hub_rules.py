"""What holds for every write of IoT Hub's clients to one device (iothub 5.1 to 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import stored_json
from registry_backend.domain.errors import AlreadyExists, LimitReached, NotFound, VersionMismatch
from registry_backend.domain.hub_devices import HubDevice, MergeCredentials
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import Tenant
from registry_backend.domain.timestamps import now
from registry_backend.registry.credentials import journal_form
from registry_backend.registry.device_rules import checked_text, no_device, replace_stored
from registry_backend.registry.owners import MissingOwner, ensure_tenant
from registry_backend.registry.recording import change_of, check_tenant, record, require_tenant
from registry_backend.registry.settings import UNLIMITED
from registry_backend.storage.base import Snapshot, StoredDevice, Transaction

Allows = Callable[[int], bool]
"""Whether a write may replace the device at that revision (iothub 5.3)."""


class CredentialTaken(AlreadyExists):
    """The device's own keys or thumbprints are another device's by their auth-id."""


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

    def over(self, current: HubDevice | None) -> tuple[DeviceAttributes, MergeCredentials | None]:
        """What the device becomes, and its credentials; None for these: they stay as they are.

        A `current` of None: it is new. May be called again. Raises Invalid.
        """


class Hub(NamedTuple):
    """Whose devices, and what holds for them."""

    tenant_id: str
    missing: MissingOwner = MissingOwner.REFUSE
    """CREATE: the tenant is made by the first write, and reads find an empty hub before."""


class Current(NamedTuple):
    """A device as this transaction found it."""

    tenant_id: str
    stored: StoredDevice
    shown: HubDevice


def current_device(snapshot: Snapshot, tenant_id: str, device_id: str) -> Current:
    """The device and its credentials. Raises NotFound."""
    found = snapshot.get_stored_identity(tenant_id, device_id)
    if found is None:
        raise no_device(tenant_id, device_id)
    device = found.device
    shown = HubDevice(
        device_id=device_id,
        enabled=device.enabled,
        revision=device.revision,
        generation_id=device.generation_id,
        status_updated_at=device.status_updated_at,
        attributes=stored_json(device.document),
        credentials=[stored_json(each) for each in found.credentials],
    )
    return Current(tenant_id, device, shown)


def shown_device(device: Device, credentials: Sequence[Credential]) -> HubDevice:
    """A device as hubs know it, from its models."""
    return HubDevice(
        device_id=device.device_id,
        enabled=device.enabled,
        revision=device.revision,
        generation_id=device.generation_id,
        status_updated_at=device.status_updated_at,
        attributes=device.attributes.to_json(),
        credentials=[each.to_json() for each in credentials],
    )


def update_hub_device(
    transaction: Transaction, current: Current, change: DeviceChange, actor: Actor
) -> HubDevice:
    """Replace what the change replaces, both in one version. Raises LimitReached, Invalid."""
    tenant_id, stored, before = current
    attributes, merge = change.over(before)
    text = checked_text(attributes)
    at = now()
    credentials = before.credentials
    if merge is not None:
        merged = _merge(transaction, current, merge, actor, at=at)
        credentials = [each.to_json() for each in merged]
    place = (tenant_id, before.device_id)
    device = replace_stored(transaction, *place, stored, attributes, text=text, at=at, actor=actor)
    if device is None:
        raise _changed(before.device_id)
    return before._replace(
        enabled=device.enabled,
        revision=device.revision,
        status_updated_at=device.status_updated_at,
        attributes=stored_json(text),
        credentials=credentials,
    )


def _merge(
    transaction: Transaction,
    current: Current,
    merge: MergeCredentials,
    actor: Actor,
    *,
    at: datetime,
) -> tuple[Credential, ...]:
    """The credentials after a write, stored where they are others than before."""
    tenant_id, device_id = current.tenant_id, current.shown.device_id
    stored = transaction.get_credentials(tenant_id, device_id)
    if stored is None:
        raise no_device(tenant_id, device_id)
    credentials = merge(stored.credentials)
    if credentials == stored.credentials:
        return credentials
    tenant = require_tenant(transaction, tenant_id)
    check_own_credentials(
        transaction, tenant, device_id, before=stored.credentials, after=credentials
    )
    _put_credentials(transaction, stored, credentials)
    line = change_of("credentials", "updated", tenant_id, device_id)
    forms = journal_form(stored.credentials), journal_form(credentials)
    record(transaction, actor, line, at=at, before=forms[0], after=forms[1])
    return credentials


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


def delete_hub_device(transaction: Transaction, current: Current, actor: Actor) -> None:
    """Remove the device with its credentials."""
    tenant_id, stored, shown = current
    if not transaction.delete_device(tenant_id, shown.device_id, expected=stored.version):
        raise _changed(shown.device_id)
    line = change_of("device", "deleted", tenant_id, shown.device_id)
    record(transaction, actor, line, at=now(), before=stored.document)


def own_tenant(transaction: Transaction, hub: Hub, actor: Actor) -> None:
    """Make the hub's tenant, or refuse that it is not there."""
    if hub.missing is MissingOwner.CREATE:
        ensure_tenant(transaction, hub.tenant_id, actor=actor)
    else:
        check_tenant(transaction, hub.tenant_id)


def is_empty(snapshot: Snapshot, hub: Hub) -> bool:
    """Whether the hub is there without its tenant. Raises NotFound."""
    if snapshot.has_tenant(hub.tenant_id):
        return False
    if hub.missing is MissingOwner.REFUSE:
        raise NotFound(f"There is no tenant {hub.tenant_id!r}.", hint="Create it first.")
    return True


def check_revision(current: Current, allows: Allows) -> None:
    """Refuse a write based on another version. Raises VersionMismatch."""
    if not allows(current.stored.revision):
        raise _changed(current.shown.device_id)


def _changed(device_id: str) -> VersionMismatch:
    return VersionMismatch(
        f"Device version did not match: the device {device_id!r} was changed since it was read, "
        "so nothing was written.",
        hint="Look at what is there now and decide again.",
    )


def already_there(device_id: str, *, hint: str = "To replace it send If-Match.") -> AlreadyExists:
    """The error of a create that comes too late; the hint is for callers that send headers."""
    return AlreadyExists(f"A device with ID {device_id!r} is already registered.", hint=hint)


def check_own_credentials(
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
