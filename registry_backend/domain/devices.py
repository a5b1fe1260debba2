"""Devices: one row whatever API wrote it (hono 2.4, iothub 4.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from registry_backend.domain.document import AS_FOUND, Document, JsonObject, Value
from registry_backend.domain.errors import broken_rule
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.timestamps import to_micros

_TICKS_AT_1970 = 621_355_968_000_000_000


def _as_list(value: Any) -> Any:
    """A single string is read as a list of one (hono 2.4)."""
    return [value] if isinstance(value, str) else value


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""A list of ids; one bare string is a list of one."""


class CommandEndpoint(Document):
    """Where commands for a device are sent."""

    uri: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    payload_properties: JsonObject = Field(default_factory=dict, alias="payload-properties")


class HubMembers(Document):
    """What IoT Hub says of a device that Hono has no word for (iothub 4.1, 4.3)."""

    capabilities: JsonObject = Field(default_factory=dict)
    device_scope: str | None = Field(default=None, alias="deviceScope")
    parent_scopes: tuple[str, ...] = Field(default=(), alias="parentScopes")


class DeviceAttributes(Document):
    """What a client may say of a device; unknown members are carried along (hono 2.4)."""

    enabled: bool = True
    status_reason: str | None = Field(default=None, max_length=128, alias="status-reason")
    """IoT Hub's reason for the status; Hono never sees it."""
    via: Names = ()
    via_groups: Names = Field(default=(), alias="viaGroups")
    member_of: Names = Field(default=(), alias="memberOf")
    authorities: Annotated[tuple[str, ...], AfterValidator(_each_once)] = Field(
        default=(), json_schema_extra={"uniqueItems": True}
    )
    defaults: JsonObject = Field(default_factory=dict)
    ext: JsonObject = Field(default_factory=dict)
    downstream_message_mapper: str | None = Field(default=None, alias="downstream-message-mapper")
    upstream_message_mapper: str | None = Field(default=None, alias="upstream-message-mapper")
    command_endpoint: CommandEndpoint | None = Field(default=None, alias="command-endpoint")
    hub: HubMembers | None = Field(default=None, alias="iothub")

    @model_validator(mode="after")
    def _rules(self, info: ValidationInfo) -> Self:
        if info.context == AS_FOUND:
            return self
        if self.member_of and (self.via or self.via_groups):
            problem = "excludes via and viaGroups: a gateway connects by itself"
            raise broken_rule(problem, "memberOf")
        if "command_endpoint" in self.model_fields_set and self.command_endpoint is None:
            raise broken_rule("must not be null: leave it out", "command-endpoint")
        return self


class Device(Value):
    """A device as the registry holds it."""

    tenant_id: str
    device_id: str
    attributes: DeviceAttributes
    version: str
    """Hono's bare ETag: a new UUID with each write (hono 3.1)."""
    revision: int
    """IoT Hub's ETag counter: 0 at creation, one more with each write, of credentials too
    (iothub 4.1)."""
    generation_id: str
    """Tells a recreated device from the one before it (iothub 4.1)."""
    created_at: datetime
    updated_at: datetime | None = None
    """None until the first change."""
    status_updated_at: datetime | None = None
    """When `enabled` last changed; None since creation (iothub 4.1)."""

    @property
    def enabled(self) -> bool:
        """Whether the device may connect."""
        return self.attributes.enabled


def new_device(
    tenant_id: str,
    device_id: str,
    attributes: DeviceAttributes,
    *,
    at: datetime,
    generation_id: str | None = None,
) -> Device:
    """A device that begins at that moment (hono 3.1, iothub 4.1)."""
    return Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=attributes,
        version=generate_id(),
        revision=0,
        generation_id=generation_id or str(generation_at(at)),
        created_at=at,
    )


def changed_device(current: Device, attributes: DeviceAttributes, *, at: datetime) -> Device:
    """The device with other attributes, as the next version (hono 3.1, iothub 4.1)."""
    toggled = attributes.enabled != current.enabled
    return current.model_copy(
        update={
            "attributes": attributes,
            "version": generate_id(),
            "revision": current.revision + 1,
            "updated_at": at,
            "status_updated_at": at if toggled else current.status_updated_at,
        }
    )


def generation_at(moment: datetime) -> int:
    """The generation of a device made at that moment: 100 ns since the year 1, as hubs count."""
    return _TICKS_AT_1970 + to_micros(moment) * 10
