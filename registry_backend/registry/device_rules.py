"""What holds for each write of a device inside its transaction (hono 2.4, 3.4, 3.5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from registry_backend.domain.devices import Device, DeviceAttributes, new_device
from registry_backend.domain.document import MAX_DEPTH, JsonObject, check_depth
from registry_backend.domain.errors import AlreadyExists, LimitReached, NotFound
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import Tenant
from registry_backend.domain.timestamps import now
from registry_backend.registry.owners import ensure_tenant
from registry_backend.registry.recording import (
    change_of,
    changed_elsewhere,
    check_tenant,
    check_version,
    record,
    require_tenant,
)
from registry_backend.registry.settings import UNLIMITED
from registry_backend.storage.base import Snapshot, StoredDevice, Transaction

DELETE_CHUNK = 1000
"""Devices removed in one transaction, so that other writers need not wait long."""
KeepDevice = Callable[[DeviceAttributes, JsonObject], DeviceAttributes]
"""From the new attributes and the stored members those to store: what a writer cannot see goes
on."""


def get_device(snapshot: Snapshot, tenant_id: str, device_id: str) -> Device:
    """The device. Raises NotFound (tenant or device)."""
    device = snapshot.get_device_of(tenant_id, device_id)
    if device is None:
        check_tenant(snapshot, tenant_id)
        raise no_device(tenant_id, device_id)
    return device


def create_device(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    attributes: DeviceAttributes,
    *,
    default_limit: int = UNLIMITED,
    actor: Actor,
) -> Device:
    """Insert a device whose id was checked."""
    tenant = require_tenant(transaction, tenant_id)
    if transaction.get_device(tenant_id, device_id) is not None:
        raise AlreadyExists(
            f"The device {device_id!r} exists already in tenant {tenant_id!r}.",
            hint="Choose another id, or edit that one.",
        )
    check_device_limit(transaction, tenant, default_limit)
    device = new_device(tenant_id, device_id, attributes, at=now())
    transaction.insert_device(device)
    change = change_of("device", "created", tenant_id, device_id)
    record(transaction, actor, change, at=device.created_at, after=attributes.to_text())
    return device


def ensure_device(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    *,
    default_limit: int = UNLIMITED,
    actor: Actor,
) -> None:
    """Make the device and its tenant, with nothing said of them, where they are not there."""
    ensure_tenant(transaction, tenant_id, actor=actor)
    if transaction.get_device(tenant_id, device_id) is None:
        create_device(
            transaction,
            tenant_id,
            device_id,
            DeviceAttributes(),
            default_limit=default_limit,
            actor=actor,
        )


def update_device(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    attributes: DeviceAttributes,
    *,
    expected: str | None,
    actor: Actor,
    keep: KeepDevice | None = None,
    text: str | None = None,
) -> Device:
    """Replace the attributes of a device; `text` is theirs, where the caller has it."""
    stored = _get_stored(transaction, tenant_id, device_id)
    if expected not in (None, stored.version):
        raise _too_late(transaction, tenant_id, device_id)
    kept = attributes if keep is None else keep(attributes, json.loads(stored.document))
    if text is None or kept is not attributes:
        text = kept.to_text()
    place = (tenant_id, device_id)
    device = replace_stored(transaction, *place, stored, kept, text=text, at=now(), actor=actor)
    if device is None:
        raise _too_late(transaction, tenant_id, device_id)
    return device


def replace_stored(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    stored: StoredDevice,
    attributes: DeviceAttributes,
    *,
    text: str,
    at: datetime,
    actor: Actor,
) -> Device | None:
    """Write the next version of a device that this transaction read; None: it is not that one.

    Args:
        transaction: Where.
        tenant_id: Whose device.
        device_id: Which.
        stored: As it was read.
        attributes: The new ones.
        text: Theirs.
        at: When.
        actor: Who.
    """
    device = Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=attributes,
        version=generate_id(),
        revision=stored.revision + 1,
        generation_id=stored.generation_id,
        created_at=stored.created_at,
        updated_at=at,
        status_updated_at=at if attributes.enabled != stored.enabled else stored.status_updated_at,
    )
    if not transaction.replace_device(device, stored=stored, text=text):
        return None
    change = change_of("device", "updated", tenant_id, device_id)
    record(transaction, actor, change, at=at, before=stored.document, after=text)
    return device


def _get_stored(snapshot: Snapshot, tenant_id: str, device_id: str) -> StoredDevice:
    stored = snapshot.get_stored_device(tenant_id, device_id)
    if stored is None:
        check_tenant(snapshot, tenant_id)
        raise no_device(tenant_id, device_id)
    return stored


def delete_device(
    transaction: Transaction, tenant_id: str, device_id: str, *, expected: str | None, actor: Actor
) -> None:
    """Remove a device and its credentials; silent under a removed tenant (hono 3.4)."""
    current = transaction.get_device(tenant_id, device_id)
    if current is None:
        if transaction.get_tenant(tenant_id) is None:
            return
        raise no_device(tenant_id, device_id)
    check_version(expected, current, _named(tenant_id, device_id))
    if not transaction.delete_device(tenant_id, device_id, expected=current.version):
        raise _too_late(transaction, tenant_id, device_id)
    change = change_of("device", "deleted", tenant_id, device_id)
    record(transaction, actor, change, at=now(), before=current.attributes.to_text())


def delete_devices(transaction: Transaction, tenant_id: str, *, actor: Actor) -> int:
    """Remove one chunk of a tenant's devices under one journal line that says how many."""
    removed = transaction.delete_devices(tenant_id, limit=DELETE_CHUNK)
    if removed:
        change = change_of("device", "deleted", tenant_id, "")
        record(transaction, actor, change, at=now(), before={"devices": removed})
    return removed


def checked_text(attributes: DeviceAttributes) -> str:
    """The text to store. Raises Invalid when it could not be read back."""
    text = attributes.to_text()
    if text.count("{") + text.count("[") > MAX_DEPTH:
        check_depth(attributes)
    return text


def no_device(tenant_id: str, device_id: str) -> NotFound:
    """The error of a device that is not there."""
    return NotFound(
        f"There is no device {device_id!r} in tenant {tenant_id!r}.",
        hint="Check the spelling; someone may have deleted it.",
    )


class DeviceLimitReached(LimitReached):
    """A tenant has as many devices as it may have.

    Args:
        message: As in RegistryError.
        limit: How many that are.
    """

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message, hint="Delete devices, or raise the limit.")
        self.limit = limit


def check_device_limit(snapshot: Snapshot, tenant: Tenant, default_limit: int) -> None:
    """Refuse one more device than the tenant may have (hono 3.5). Raises LimitReached."""
    limits = tenant.attributes.registration_limits
    own = limits.max_devices if limits else UNLIMITED
    limit = default_limit if own == UNLIMITED else own
    if limit != UNLIMITED and snapshot.statistics(tenant.tenant_id).total >= limit:
        where = "registration-limits" if limit == own else "the registry's settings"
        raise DeviceLimitReached(
            f"configured device limit reached [tenant-id: {tenant.tenant_id}, "
            f"max devices: {limit}, set in {where}]",
            limit,
        )


def _named(tenant_id: str, device_id: str) -> str:
    return f"The device {device_id!r} of tenant {tenant_id!r}"


def _too_late(snapshot: Snapshot, tenant_id: str, device_id: str) -> Exception:
    current = snapshot.get_device(tenant_id, device_id)
    return changed_elsewhere(_named(tenant_id, device_id), current)
