"""Whole devices, one a line: a faithful copy between registries of this kind.

The first line carries the tenant: `{"format":"idconsole-1","tenant-id":…,"tenant":{…}}`. Each
other line is a device with its credentials as stored, hashes and keys included. Versions are not
carried: they belong to the registry that gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import HONO_TENANT_ID, HUB_DEVICE_ID, check_id
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import parse_timestamp
from registry_backend.wire.import_errors import ARGUMENT_INVALID, LineFault
from registry_backend.wire.iothub import HubLine, read_members
from registry_backend.wire.line_faults import not_a_device, not_json

FORMAT = "idconsole-1"
_OWN = frozenset({"format", "tenant-id", "device-id"})
"""Members of which a line of this format has at least one."""


class TenantDraft(NamedTuple):
    """A tenant that a file brings along."""

    tenant_id: str | None
    """None: the tenant the import goes into."""
    attributes: TenantAttributes
    only_if_missing: bool = False
    """Leave a tenant that is there as it is."""


class WholeDevice(NamedTuple):
    """A device with everything that hangs on it; None leaves what is there."""

    tenant_id: str | None
    device_id: str
    attributes: DeviceAttributes | None
    credentials: tuple[Credential, ...] | None
    generation_id: str | None = None
    created_at: datetime | None = None

    mode: ImportMode | None = None
    etag: str | None = None

    def attributes_over(self, existing: DeviceAttributes | None) -> DeviceAttributes:
        """The attributes after the import."""
        return self.attributes or existing or DeviceAttributes()

    def credentials_over(self, existing: Sequence[Credential]) -> tuple[Credential, ...]:
        """The credentials after the import."""
        return tuple(existing) if self.credentials is None else self.credentials


def format_tenant(tenant: Tenant) -> str:
    """The first line, without its newline."""
    return compact_json(
        {
            "format": FORMAT,
            "tenant-id": tenant.tenant_id,
            "tenant": tenant.attributes.to_json(),
        }
    )


def format_device(device: Device, credentials: Sequence[Credential]) -> str:
    """A device's line, without its newline."""
    return compact_json(
        {
            "device-id": device.device_id,
            "generation-id": device.generation_id,
            "created": device.created_at.isoformat(),
            "attributes": device.attributes.to_json(),
            "credentials": [credential.to_json() for credential in credentials],
        }
    )


def parse_line(line: bytes) -> WholeDevice | TenantDraft | HubLine | LineFault:
    """Read one line; a line that cannot be used comes back as a fault without its text.

    A hub's own lines, which name a device by `id`, are device lines here too.
    """
    try:
        members: Any = from_json(line, allow_inf_nan=False)
    except ValueError as error:
        return not_json(line, error)
    if not isinstance(members, dict):
        return not_a_device("no JSON object, which begins with {")
    if not members.keys() & _OWN and any(name.lower() == "id" for name in members):
        return read_members(members)
    named = members.get("device-id")
    device_id = named if isinstance(named, str) else None
    try:
        compact_json(members)
        return _read_tenant(members) if "format" in members else _read_device(members)
    except Invalid as error:
        return LineFault(ARGUMENT_INVALID, error.message, device_id)
    except ValidationError as error:
        return LineFault(ARGUMENT_INVALID, Invalid.from_validation(error).message, device_id)
    except ValueError as error:
        return LineFault(ARGUMENT_INVALID, str(error), device_id)


def _read_tenant(members: JsonObject) -> TenantDraft:
    if members["format"] != FORMAT:
        raise Invalid.at("format", f"is not {FORMAT}, the only one this program reads")
    check_id(_text(members, "tenant-id"), HONO_TENANT_ID, field="tenant-id")
    return TenantDraft(None, TenantAttributes.parse(members.get("tenant", {}), prefix="tenant"))


def _read_device(members: JsonObject) -> WholeDevice:
    device_id = _text(members, "device-id")
    check_id(device_id, HUB_DEVICE_ID, field="device-id")
    attributes, listed = members.get("attributes", {}), members.get("credentials", [])
    if not isinstance(listed, list):
        raise Invalid.at("credentials", "is not a list")
    credentials = tuple(
        Credential.parse(credential, prefix=f"credentials[{index}]")
        for index, credential in enumerate(listed)
    )
    created = parse_timestamp(members.get("created"))
    return WholeDevice(
        None,
        device_id,
        DeviceAttributes.parse(attributes, prefix="attributes"),
        credentials,
        _text(members, "generation-id") if members.get("generation-id") else None,
        created,
    )


def _text(members: JsonObject, name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid.at(name, "is missing" if value is None else "is not a text")
    return value
