"""Tenants: Hono's tenant and IoT Hub's hub under one name (hono 2.2, 2.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticKnownError

from registry_backend.domain.document import AS_FOUND, Document, JsonObject, Value
from registry_backend.domain.errors import broken_rule
from registry_backend.domain.identifiers import HONO_ALIAS, allowed_in
from registry_backend.domain.timestamps import OptionalTimestamp, Timestamp


def _at_most(most: int) -> tuple[FieldInfo, AfterValidator]:
    """What a number of some width can hold; what was stored before this was looked at stays."""

    def check(number: int, info: ValidationInfo) -> int:
        if number > most and info.context != AS_FOUND:
            raise PydanticKnownError("less_than_equal", {"le": most})
        return number

    return Field(json_schema_extra={"maximum": most}), AfterValidator(check)


_INT, _LONG = _at_most(2**31 - 1), _at_most(2**63 - 1)
Whole = Annotated[int, Field(ge=0), *_INT]
"""None or more, in 32 bits (hono 2.2)."""
Unlimited = Annotated[int, Field(ge=-1), *_INT]
"""A limit of 32 bits; -1 means none (hono 2.2)."""
LongUnlimited = Annotated[int, Field(ge=-1), *_LONG]
"""The same of 64 bits."""


def _blank_if_unreadable(
    value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> Any:
    """What was stored before this member was looked at may be anything, and then says nothing."""
    try:
        return read(value)
    except ValidationError:
        if info.context == AS_FOUND:
            return None
        raise


_Checked = WrapValidator(_blank_if_unreadable)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x1f<>\"{}|\\^`]+")


def _check_uri(text: str, info: ValidationInfo) -> str:
    if info.context != AS_FOUND and not _URI.fullmatch(text):
        raise ValueError("must be a URI with its scheme, such as http://ocsp.example")
    return text


class Adapter(Document):
    """Whether devices of a tenant may use one protocol adapter."""

    type: str = Field(min_length=1)
    enabled: bool = False
    device_authentication_required: bool = Field(
        default=True, alias="device-authentication-required"
    )
    ext: JsonObject = Field(default_factory=dict)


def _read_mode(value: Any) -> Any:
    lowered = value.lower() if isinstance(value, str) else value
    return lowered if lowered in ("days", "monthly") or not isinstance(lowered, str) else "unknown"


class Period(Document):
    """The accounting period of a limit."""

    mode: Annotated[Literal["days", "monthly", "unknown"], BeforeValidator(_read_mode)] = "monthly"
    no_of_days: Whole = Field(default=0, alias="no-of-days")


class DataVolume(Document):
    """How many bytes a tenant may move in a period."""

    effective_since: Timestamp = Field(alias="effective-since")
    max_bytes: LongUnlimited = Field(default=-1, alias="max-bytes")
    period: Period | None = None


class ConnectionDuration(Document):
    """How many minutes a tenant's devices may be connected in a period."""

    effective_since: Timestamp = Field(alias="effective-since")
    max_minutes: LongUnlimited = Field(default=-1, alias="max-minutes")
    period: Period | None = None


class ResourceLimits(Document):
    """What a tenant's devices may use."""

    max_connections: Unlimited = Field(default=-1, alias="max-connections")
    max_ttl: LongUnlimited = Field(default=-1, alias="max-ttl")
    max_ttl_telemetry_qos0: LongUnlimited = Field(default=-1, alias="max-ttl-telemetry-qos0")
    max_ttl_telemetry_qos1: LongUnlimited = Field(default=-1, alias="max-ttl-telemetry-qos1")
    max_ttl_command_response: LongUnlimited = Field(default=-1, alias="max-ttl-command-response")
    data_volume: DataVolume | None = Field(default=None, alias="data-volume")
    connection_duration: ConnectionDuration | None = Field(
        default=None, alias="connection-duration"
    )
    ext: JsonObject = Field(default_factory=dict)


class RegistrationLimits(Document):
    """How much may be registered under a tenant; -1 means no limit."""

    max_devices: Unlimited = Field(default=-1, alias="max-devices")
    max_credentials_per_device: Unlimited = Field(default=-1, alias="max-credentials-per-device")


class Tracing(Document):
    """How much of a tenant's traffic is traced."""

    sampling_mode: Literal["default", "all", "none"] = Field(
        default="default", alias="sampling-mode"
    )
    sampling_mode_per_auth_id: dict[str, Literal["default", "all", "none"]] = Field(
        default_factory=dict, alias="sampling-mode-per-auth-id"
    )


class TrustAnchor(Document):
    """A certificate authority whose device certificates a tenant accepts (hono 2.3).

    `cert` (base64 DER) is write-only: the registry derives the other members from it.
    """

    id: str | None = None
    cert: str | None = Field(default=None, repr=False)
    subject_dn: str | None = Field(default=None, alias="subject-dn")
    public_key: str | None = Field(default=None, alias="public-key")
    algorithm: str = "RSA"
    not_before: OptionalTimestamp = Field(default=None, alias="not-before")
    not_after: OptionalTimestamp = Field(default=None, alias="not-after")
    auth_id_template: str | None = Field(default=None, alias="auth-id-template")
    auto_provisioning_enabled: bool = Field(default=False, alias="auto-provisioning-enabled")
    auto_provision_as_gateway: bool = Field(default=False, alias="auto-provision-as-gateway")
    auto_provisioning_device_id_template: str | None = Field(
        default=None, alias="auto-provisioning-device-id-template"
    )
    ocsp_revocation_enabled: Annotated[bool | None, _Checked] = Field(
        default=None, alias="ocsp-revocation-enabled"
    )
    ocsp_responder_uri: Annotated[Annotated[str, AfterValidator(_check_uri)] | None, _Checked] = (
        Field(default=None, alias="ocsp-responder-uri")
    )
    ocsp_responder_cert: Annotated[str | None, _Checked] = Field(
        default=None, repr=False, alias="ocsp-responder-cert"
    )
    """base64 DER."""
    ocsp_nonce_enabled: Annotated[bool | None, _Checked] = Field(
        default=None, alias="ocsp-nonce-enabled"
    )

    @model_validator(mode="after")
    def _validity_runs_forward(self, info: ValidationInfo) -> Self:
        if info.context == AS_FOUND:
            return self
        if self.not_before and self.not_after and self.not_before > self.not_after:
            raise broken_rule("is later than not-after", "not-before")
        for name in ("auth_id_template", "auto_provisioning_device_id_template"):
            template = getattr(self, name)
            if template is not None:
                try:
                    check_identity_template(template)
                except ValueError as error:
                    raise broken_rule(str(error), name.replace("_", "-")) from None
        return self


def _given_before(names: Sequence[str | None]) -> int | None:
    """The first place whose name stands at an earlier one too; None is no name."""
    return next(
        (place for place, name in enumerate(names) if name is not None and name in names[:place]),
        None,
    )


_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")


def check_identity_template(template: str) -> None:
    """Refuse a template without a placeholder or with an unknown one (hono 2.3).

    Raises:
        ValueError: saying which placeholder is unknown or that none is there.
    """
    known = {"subject-dn", "subject-cn", "subject-ou", "subject-o"}
    found = _PLACEHOLDER.findall(template)
    if not found:
        raise ValueError("a template needs a placeholder such as {{subject-cn}}")
    for name in found:
        if name not in known:
            raise ValueError(f"{{{{{name}}}}} is not a placeholder; use one of {sorted(known)}")


class TenantAttributes(Document):
    """What a client may say of a tenant (hono 2.2); unknown members are carried along."""

    enabled: bool = True
    alias: str | None = None
    ext: JsonObject = Field(default_factory=dict)
    defaults: JsonObject = Field(default_factory=dict)
    adapters: tuple[Adapter, ...] | None = None
    minimum_message_size: Whole = Field(default=0, alias="minimum-message-size")
    resource_limits: ResourceLimits | None = Field(default=None, alias="resource-limits")
    registration_limits: RegistrationLimits | None = Field(
        default=None, alias="registration-limits"
    )
    tracing: Tracing | None = None
    trust_anchor_group: str | None = Field(default=None, alias="trust-anchor-group")
    trusted_ca: tuple[TrustAnchor, ...] = Field(default=(), alias="trusted-ca")

    @model_validator(mode="after")
    def _rules(self, info: ValidationInfo) -> Self:
        if info.context == AS_FOUND:
            return self
        if "alias" in self.model_fields_set and (
            self.alias is None or not HONO_ALIAS.fullmatch(self.alias)
        ):
            raise broken_rule(f"use {allowed_in(HONO_ALIAS)}", "alias")
        if self.adapters is not None:
            if not self.adapters:
                raise broken_rule("must not be empty: leave it out to allow all", "adapters")
            place = _given_before([adapter.type for adapter in self.adapters])
            if place is not None:
                problem = f"{self.adapters[place].type!r} is listed more than once"
                raise broken_rule(problem, "adapters", place, "type")
        place = _given_before([anchor.id or None for anchor in self.trusted_ca])
        if place is not None:
            raise broken_rule("is used more than once", "trusted-ca", place, "id")
        return self


class Tenant(Value):
    """A tenant as the registry holds it."""

    tenant_id: str
    attributes: TenantAttributes
    version: str
    """Hono's bare ETag: a new UUID with each write (hono 3.1)."""
    created_at: datetime
    updated_at: datetime | None = None
    """None until the first change."""

    @property
    def enabled(self) -> bool:
        """Whether devices of this tenant may connect."""
        return self.attributes.enabled


class TenantUsage(Value):
    """What hangs on a tenant: shown before a deletion."""

    devices: int | None
    """None where the registry does not tell."""
    credentials: int | None
    """None likewise."""
    exact: bool = True
