"""Hono's tenants, devices and credentials: domain to JSON and back (hono 2).

Pure, and used by both sides. What a profile may not see is neither shown nor lost: `keep_tenant`
and `keep_device` carry it over when such a client replaces the whole object.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import format_timestamp
from registry_backend.wire.hono_binary import credential_faults, tenant_faults
from registry_backend.wire.hono_profiles import HonoProfile
from registry_backend.wire.hono_shape import Shape, admit, carried, hides_nothing, visible

NO_TENANT = "request does not contain a valid Tenant object"
NO_DEVICE = "request does not contain a valid Device object"
NO_CREDENTIALS = "request body does not contain valid Credentials objects"
"""Hono's own words (hono 3.2); ours follow them with the path and the reason."""


def read_tenant(value: Any, profile: HonoProfile) -> TenantAttributes:
    """A tenant as a client sent it.

    Raises:
        Invalid: with the path of each member that is not as it should be.
    """
    try:
        members = _object(admit(value, profile.tenant))
        _fill_adapters(members, profile)
        _refuse(tenant_faults(members))
        return TenantAttributes.parse(members)
    except Invalid as error:
        raise Invalid(NO_TENANT, problems=error.problems) from None


def write_tenant(tenant: Tenant, profile: HonoProfile) -> JsonObject:
    """A tenant as a client is shown it, without its id."""
    members = _shown(tenant.attributes.to_json(), profile.tenant)
    if profile.tenant_enabled_shown:
        members = {"enabled": tenant.enabled, **members}
    if members.get("minimum-message-size") == 0:
        del members["minimum-message-size"]
    if "resource-limits" in members:
        limits = members["resource-limits"]
        members["resource-limits"] = {
            name: value for name, value in limits.items() if not (_is_limit(value) and value == -1)
        }
    given = tenant.attributes.registration_limits
    if given is not None and "registration-limits" in profile.tenant.members:
        unlimited = {"max-devices": -1, "max-credentials-per-device": -1}
        members["registration-limits"] = unlimited | members.get("registration-limits", {})
    return members


def keep_tenant(
    new: TenantAttributes, stored: TenantAttributes, profile: HonoProfile
) -> TenantAttributes:
    """The new attributes with what this profile cannot see of the stored ones.

    Raises:
        Invalid: when the two contradict each other.
    """
    return TenantAttributes.parse(carried(new.to_json(), stored.to_json(), profile.tenant))


def read_device(value: Any, profile: HonoProfile) -> DeviceAttributes:
    """A device as a client sent it.

    Raises:
        Invalid: with the path of each member that is not as it should be.
    """
    try:
        return DeviceAttributes.parse(_object(admit(value, profile.device)))
    except Invalid as error:
        raise Invalid(NO_DEVICE, problems=error.problems) from None


def write_device(device: Device, profile: HonoProfile) -> JsonObject:
    """A device as a client is shown it, without its id."""
    members = device.attributes.to_json()
    return shown_device(
        members, profile, created_at=device.created_at, updated_at=device.updated_at
    )


def shown_device(
    stored: JsonObject,
    profile: HonoProfile,
    *,
    created_at: datetime,
    updated_at: datetime | None,
) -> JsonObject:
    """The same from the stored members and times."""
    members = _shown(stored, profile.device)
    if profile.device_status:
        status = {"created": format_timestamp(created_at)}
        if updated_at is not None:
            status["updated"] = format_timestamp(updated_at)
        members["status"] = status
    return members


def keep_device(
    new: DeviceAttributes, stored: JsonObject, profile: HonoProfile
) -> DeviceAttributes:
    """The new attributes with what this profile cannot see of the stored members.

    Raises:
        Invalid: when the two contradict each other.
    """
    if hides_nothing(profile.device, stored):
        return new
    return DeviceAttributes.parse(carried(new.to_json(), stored, profile.device))


def read_credentials(value: Any, profile: HonoProfile) -> tuple[Credential, ...]:
    """A device's credentials as a client sent them.

    Raises:
        Invalid: with the path of each member that is not as it should be.
    """
    if not isinstance(value, list):
        raise Invalid(
            NO_CREDENTIALS,
            problems=[FieldProblem("", f"expected an array of credentials, not {_kind(value)}")],
        )
    credentials: list[Credential] = []
    problems: list[FieldProblem] = []
    for index, entry in enumerate(value):
        path = f"[{index}]"
        try:
            members = _object(admit(entry, profile.credential, path=path), path)
            shape = secret_shape(members.get("type"), profile)
            if "secrets" in members:
                members["secrets"] = admit(members["secrets"], shape, path=f"{path}.secrets")
            _refuse(credential_faults(members, path))
            credentials.append(Credential.parse(members, prefix=path))
        except Invalid as error:
            problems.extend(error.problems)
    if problems:
        raise Invalid(NO_CREDENTIALS, problems=problems)
    return tuple(credentials)


def write_credentials(stored: CredentialSet, profile: HonoProfile) -> list[JsonObject]:
    """A device's credentials as a client is shown them."""
    return [_credential(credential, profile) for credential in stored.credentials]


def secret_shape(credential_type: object, profile: HonoProfile) -> Shape:
    """What secrets of that type hold."""
    known = isinstance(credential_type, str) and credential_type in profile.secrets
    return profile.secrets[str(credential_type)] if known else profile.other_secret


def _credential(credential: Credential, profile: HonoProfile) -> JsonObject:
    members = credential.to_json()
    hidden = profile.hidden_secret_members.get(credential.type, frozenset())
    if not profile.secret_ids:
        hidden |= {"id"}
    shown = _shown(members, profile.credential)
    shown["secrets"] = [
        {name: value for name, value in secret.items() if name not in hidden and value is not None}
        for secret in members.get("secrets", ())
    ]
    return shown


def _shown(members: JsonObject, shape: Shape) -> JsonObject:
    """The visible members, without nulls and empty collections at the top (hono 2.4)."""
    shown: JsonObject = visible(members, shape)
    return {name: value for name, value in shown.items() if value not in (None, [], {})}


def _fill_adapters(members: JsonObject, profile: HonoProfile) -> None:
    adapters = members.get("adapters")
    if profile.adapter_enabled_default is not None and isinstance(adapters, list):
        for adapter in adapters:
            if isinstance(adapter, dict):
                adapter.setdefault("enabled", profile.adapter_enabled_default)


def _refuse(faults: Iterable[FieldProblem]) -> None:
    problems = list(faults)
    if problems:
        raise Invalid(problems=problems)


def _object(value: Any, path: str = "") -> JsonObject:
    if not isinstance(value, dict):
        raise Invalid.at(path, f"expected an object, not {_kind(value)}")
    return value


def _is_limit(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "one object"
        case list():
            return "an array"
        case bool():
            return "a truth value"
        case str():
            return "a text"
        case _:
            return "a number"
