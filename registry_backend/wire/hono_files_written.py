"""Entries of Hono 1.1's three files, written strictly (hono 4.1).

The 1.1 loader drops a whole file over one member it does not know inside a device, so writing
leaves out what 1.1 has no word for: ids of secrets and trust anchors, groups, mappers, IoT Hub's
members.
"""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.tenants import Tenant

_DEVICE_MEMBERS = ("enabled", "ext", "defaults", "via")
_LIMIT_MEMBERS = ("max-connections", "max-ttl", "data-volume", "connection-duration")
_ANCHOR_MEMBERS = (
    "subject-dn",
    "public-key",
    "algorithm",
    "not-before",
    "not-after",
    "auto-provisioning-enabled",
)
_TENANT_MEMBERS = (
    "enabled",
    "ext",
    "defaults",
    "adapters",
    "minimum-message-size",
    "resource-limits",
    "tracing",
    "trusted-ca",
)


def tenant_entry(tenant: Tenant) -> JsonObject:
    """A tenant as `tenants.json` holds it."""
    members = _only(tenant.attributes.to_json(), _TENANT_MEMBERS)
    if members.get("resource-limits"):
        members["resource-limits"] = _only(members["resource-limits"], _LIMIT_MEMBERS)
    if members.get("trusted-ca"):
        members["trusted-ca"] = [_only(item, _ANCHOR_MEMBERS) for item in members["trusted-ca"]]
    return {"tenant-id": tenant.tenant_id, **members}


def device_entry(device: Device) -> JsonObject:
    """A device as `device-identities.json` holds it."""
    data = _only(device.attributes.to_json(), _DEVICE_MEMBERS)
    return {"device-id": device.device_id, "data": data}


def credential_entries(device_id: str, credentials: Sequence[Credential]) -> list[JsonObject]:
    """A device's credentials as `credentials.json` holds them."""
    entries = []
    for credential in credentials:
        members = credential.to_json()
        members["secrets"] = [
            {name: value for name, value in secret.items() if name != "id" and value is not None}
            for secret in members.get("secrets", ())
        ]
        members.pop("comment", None)
        entries.append({"device-id": device_id, **members})
    return entries


def _only(members: JsonObject, names: Sequence[str]) -> JsonObject:
    return {name: members[name] for name in names if members.get(name) is not None}
