"""A remote Hono's JSON as models, and models as what may be PUT back. Pure.

Reading is lenient where the bundled server is strict: what a peer shows is kept, modelled or not,
so that a write never loses it (hono 10.5).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.adapters.rest_versions import seen_version
from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Fault, Invalid
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import NOT_TOLD, parse_timestamp
from registry_backend.wire.hono import secret_shape
from registry_backend.wire.hono_profiles import HONO_2X
from registry_backend.wire.hono_shape import Shape, Unknown, admit

_READ_ONLY = ("id", "status", "tenant-id", "device-id")
"""Members that a peer shows and refuses (hono 2.2, 2.4)."""


def lenient(shape: Shape) -> Shape:
    """The shape for reading: unknown members stay, nulls and duplicates of Hono's go."""
    inner = {name: each and lenient(each) for name, each in shape.members.items()}
    return replace(shape, members=inner, unknown=Unknown.KEEP, null_matters=frozenset())


_TENANT, _DEVICE = lenient(HONO_2X.tenant), lenient(HONO_2X.device)
_CREDENTIAL = lenient(HONO_2X.credential)


def content_version(members: Mapping[str, Any]) -> str:
    """A version for what came without one; equal content has equal versions."""
    shown = {name: value for name, value in members.items() if value not in (None, [], {})}
    return seen_version(json.dumps(shown, sort_keys=True, separators=(",", ":")))


def tenant_of(tenant_id: str, members: Any, etag: str) -> Tenant:
    """A tenant as a peer shows it. Raises Fault when it is no tenant."""
    read = _readable(members, _TENANT, f"Tenant {tenant_id}")
    try:
        attributes = TenantAttributes.parse(read)
    except Invalid as error:
        raise _unreadable(f"Tenant {tenant_id}", error) from None
    return Tenant(
        tenant_id=tenant_id,
        attributes=attributes,
        version=etag or content_version(tenant_body(attributes)),
        created_at=NOT_TOLD,
    )


def device_of(tenant_id: str, device_id: str, members: Any, etag: str) -> Device:
    """A device as a peer shows it. Raises Fault when it is no device."""
    what = f"Device {device_id} of tenant {tenant_id}"
    read = _readable(members, _DEVICE, what)
    try:
        attributes = DeviceAttributes.parse(read)
    except Invalid as error:
        raise _unreadable(what, error) from None
    status = members.get("status")
    told = status if isinstance(status, dict) else {}
    return Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=attributes,
        version=etag or content_version(device_body(attributes)),
        revision=0,
        generation_id="",
        created_at=_moment(told.get("created")) or NOT_TOLD,
        updated_at=_moment(told.get("updated")),
    )


def credentials_of(tenant_id: str, device_id: str, members: Any, etag: str) -> CredentialSet:
    """A device's credentials as a peer shows them. Raises Fault when they are none."""
    what = f"The credentials of device {device_id}"
    if not isinstance(members, list):
        raise Fault(f"{what} came as something else than an array.")
    credentials = []
    for entry in members:
        read = _readable(entry, _CREDENTIAL, what, strip=())
        shape = lenient(secret_shape(read.get("type"), HONO_2X))
        if "secrets" in read:
            read["secrets"] = admit(read["secrets"], shape)
        try:
            credentials.append(Credential.parse(read))
        except Invalid as error:
            raise _unreadable(what, error) from None
    return CredentialSet(
        tenant_id=tenant_id,
        device_id=device_id,
        credentials=tuple(credentials),
        version=etag or content_version({"credentials": members}),
    )


def tenant_body(attributes: TenantAttributes) -> JsonObject:
    """What may be sent of a tenant: nothing read-only, no empty lists."""
    return _sendable(attributes.to_json())


def device_body(attributes: DeviceAttributes) -> JsonObject:
    """What may be sent of a device: nothing read-only, no empty lists (hono 2.4)."""
    return _sendable(attributes.to_json())


def credentials_body(credentials: Sequence[Credential], *, secret_ids: bool) -> list[JsonObject]:
    """What may be sent of a credential set; 1.1 refuses ids of secrets (hono 3.6)."""
    body = []
    for credential in credentials:
        members = _without_nothing(credential.to_json())
        members["secrets"] = [
            {
                name: value
                for name, value in secret.items()
                if value is not None and (secret_ids or name != "id")
            }
            for secret in members.get("secrets", ())
        ]
        if members.get("cert"):  # auth-id and validity are taken from it (hono 2.5)
            del members["secrets"]
        body.append(members)
    return body


def _sendable(members: JsonObject) -> JsonObject:
    kept = _without_nothing(members)
    return {name: value for name, value in kept.items() if name not in _READ_ONLY}


def _without_nothing(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None and value != []}


def _readable(
    members: Any, shape: Shape, what: str, *, strip: Sequence[str] = _READ_ONLY
) -> JsonObject:
    if not isinstance(members, dict):
        raise Fault(f"{what} came as something else than an object.")
    read: JsonObject = admit(members, shape)
    return {name: value for name, value in read.items() if name not in strip}


def _unreadable(what: str, error: Invalid) -> Fault:
    return Fault(f"{what} cannot be read as the registry shows it: {error.message.rstrip('.')}.")


def _moment(text: object) -> datetime | None:
    try:
        moment = parse_timestamp(text)
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) else None
