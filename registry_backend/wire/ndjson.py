"""Whole devices, one a line: a faithful copy between registries of this kind.

The first line carries the tenant: `{"format":"idconsole-1","tenant-id":…,"tenant":{…}}`. Each
other line is a device with its credentials as stored, hashes and keys included. Versions of Hono's
API are not carried: they belong to the registry that gives them.
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
from registry_backend.domain.identifiers import (
    HONO_DEVICE_ID,
    HONO_TENANT_ID,
    HUB_DEVICE_ID,
    check_id,
)
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import parse_timestamp
from registry_backend.wire.import_errors import ARGUMENT_INVALID, LineFault
from registry_backend.wire.iothub import HubLine, read_members
from registry_backend.wire.line_faults import not_a_device, not_json

FORMAT = "idconsole-1"
KEPT_CREDENTIALS = "a device that has credentials keeps those, another gets the rest of the set"
KEPT_ANCHORS = "a tenant that has trust anchors keeps those"
"""What becomes of a set of which a part was refused, in messages."""
MAX_HUB_DEVICE_ID = 128
"""Characters (iothub 4.1)."""
MAX_REVISION = 2**53
"""So many writes no device has seen; a greater number is a mistake."""
_OWN = frozenset({"format", "tenant-id", "device-id"})
"""Members of which a line of this format has at least one."""


class TenantDraft(NamedTuple):
    """A tenant that a file brings along."""

    tenant_id: str | None
    """None: the tenant the import goes into."""
    attributes: TenantAttributes
    only_if_missing: bool = False
    """Leave a tenant that is there as it is."""
    lacks_anchors: bool = False
    """Trust anchors of it were refused: a tenant that has any keeps them."""

    def attributes_over(self, existing: TenantAttributes | None) -> TenantAttributes:
        """The attributes after the import."""
        if existing is None or not self.lacks_anchors or not existing.trusted_ca:
            return self.attributes
        return self.attributes.model_copy(update={"trusted_ca": existing.trusted_ca})


class Past(NamedTuple):
    """What a registry knows of a device beside what clients say of it."""

    generation_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    status_updated_at: datetime | None = None
    revision: int = 0


class WholeDevice(NamedTuple):
    """A device with everything that hangs on it; None leaves what is there."""

    tenant_id: str | None
    device_id: str
    attributes: DeviceAttributes | None
    credentials: tuple[Credential, ...] | None
    past: Past = Past()

    mode: ImportMode | None = None
    etag: str | None = None
    lacks_credentials: bool = False
    """Credentials of it were refused: a device that has any keeps its set."""

    @property
    def generation_id(self) -> str | None:
        """None: a new one."""
        return self.past.generation_id

    @property
    def created_at(self) -> datetime | None:
        """None: now."""
        return self.past.created_at

    def dated(self, created: Device) -> Device:
        """The device that was just created, with the past of the one that it is a copy of."""
        return created.model_copy(
            update={
                "updated_at": self.past.updated_at,
                "status_updated_at": self.past.status_updated_at,
                "revision": self.past.revision,
            }
        )

    def attributes_over(self, existing: DeviceAttributes | None) -> DeviceAttributes:
        """The attributes after the import."""
        return self.attributes or existing or DeviceAttributes()

    def credentials_over(self, existing: Sequence[Credential]) -> tuple[Credential, ...]:
        """The credentials after the import."""
        if self.credentials is None or (self.lacks_credentials and existing):
            return tuple(existing)
        return self.credentials


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
            **_told("updated", device.updated_at),
            **_told("status-updated", device.status_updated_at),
            "revision": device.revision,
            "attributes": device.attributes.to_json(),
            "credentials": [credential.to_json() for credential in credentials],
        }
    )


def check_device_id(device_id: str) -> str:
    """The id itself if either API takes it: hubs know more characters, Hono longer ids.

    Raises:
        Invalid: naming the first character that does not fit.
    """
    hubs = len(device_id) <= MAX_HUB_DEVICE_ID
    return check_id(device_id, HUB_DEVICE_ID if hubs else HONO_DEVICE_ID, field="device-id")


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
    check_device_id(device_id)
    attributes, listed = members.get("attributes", {}), members.get("credentials", [])
    if not isinstance(listed, list):
        raise Invalid.at("credentials", "is not a list")
    credentials = tuple(
        Credential.parse(credential, prefix=f"credentials[{index}]")
        for index, credential in enumerate(listed)
    )
    return WholeDevice(
        None,
        device_id,
        DeviceAttributes.parse(attributes, prefix="attributes"),
        credentials,
        _read_past(members),
    )


def _read_past(members: JsonObject) -> Past:
    revision = members.get("revision", 0)
    if type(revision) is not int or not 0 <= revision <= MAX_REVISION:
        raise Invalid.at("revision", "is not a whole number from 0 on")
    return Past(
        _text(members, "generation-id") if members.get("generation-id") else None,
        _moment(members, "created"),
        _moment(members, "updated"),
        _moment(members, "status-updated"),
        revision,
    )


def _moment(members: JsonObject, name: str) -> datetime | None:
    try:
        moment: datetime | None = parse_timestamp(members.get(name))
    except ValueError as error:
        raise Invalid.at(name, str(error)) from None
    return moment


def _told(name: str, moment: datetime | None) -> JsonObject:
    return {} if moment is None else {name: moment.isoformat()}


def _text(members: JsonObject, name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid.at(name, "is missing" if value is None else "is not a text")
    return value
