"""Connection strings of hubs and devices: read and written (iothub 7.3). Pure.

A key may stand anywhere in a broken one, so no message repeats any of its text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.wire.sas import parse_token

_HEADING = "This connection string cannot be used"
_HUB_MEMBERS = ("HostName", "SharedAccessKeyName", "SharedAccessKey", "SharedAccessSignature")
_DEVICE_MEMBERS = (
    "HostName",
    "DeviceId",
    "ModuleId",
    "SharedAccessKey",
    "SharedAccessSignature",
    "x509",
    "GatewayHostName",
)
_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_POLICY = re.compile(r"[A-Za-z0-9_.@-]+")


@dataclass(frozen=True, slots=True)
class HubConnection:
    """What a hub's connection string says; either a policy with its key, or a finished token."""

    host_name: str
    """Host, and port where it names one."""
    policy: str | None = None
    key: str | None = field(default=None, repr=False)
    """Standard base64."""
    signature: str | None = field(default=None, repr=False)
    """A token, as the `Authorization` header takes it."""


@dataclass(frozen=True, slots=True)
class DeviceConnection:
    """What a device's connection string says; a key, a finished token, or a certificate."""

    host_name: str
    """Host, and port where it names one."""
    device_id: str
    key: str | None = field(default=None, repr=False)
    """Standard base64."""
    signature: str | None = field(default=None, repr=False)
    x509: bool = False
    """Whether the device proves itself with a certificate."""
    module_id: str | None = None
    gateway_host_name: str | None = None


def parse_hub(text: str) -> HubConnection:
    """A hub's connection string; names in any case, a semicolon at the end allowed.

    Raises:
        Invalid: naming the member, without any of its text.
    """
    members = _members(text, _HUB_MEMBERS, other=_DEVICE_MEMBERS, kind="a hub's")
    policy = members.get("SharedAccessKeyName")
    if policy is not None and not _POLICY.fullmatch(policy):
        raise _bad("SharedAccessKeyName", "is not the name of a policy")
    key, signature = _key(members), _signature(members)
    _one_of({"SharedAccessKey": key, "SharedAccessSignature": signature})
    if key and not policy:
        raise _bad("SharedAccessKeyName", "is missing: whose key is it?")
    return HubConnection(_host(members, "HostName"), policy, key, signature)


def format_hub(connection: HubConnection) -> str:
    """A hub's connection string, in the order and case that every client takes."""
    return _joined(
        {
            "HostName": connection.host_name,
            "SharedAccessKeyName": connection.policy,
            "SharedAccessKey": connection.key,
            "SharedAccessSignature": connection.signature,
        }
    )


def parse_device(text: str) -> DeviceConnection:
    """A device's connection string; names in any case, a semicolon at the end allowed.

    Raises:
        Invalid: naming the member, without any of its text.
    """
    members = _members(text, _DEVICE_MEMBERS, other=_HUB_MEMBERS, kind="a device's")
    told = members.get("x509", "false").lower()
    if told not in ("true", "false"):
        raise _bad("x509", "is neither true nor false")
    key, signature, x509 = _key(members), _signature(members), told == "true"
    _one_of({"SharedAccessKey": key, "SharedAccessSignature": signature, "x509=true": x509})
    if not members.get("DeviceId"):
        raise _bad("DeviceId", "is missing")
    gateway = _host(members, "GatewayHostName") if "GatewayHostName" in members else None
    return DeviceConnection(
        _host(members, "HostName"),
        members["DeviceId"],
        key,
        signature,
        x509,
        members.get("ModuleId"),
        gateway,
    )


def format_device(connection: DeviceConnection) -> str:
    """A device's connection string.

    Raises:
        Invalid: when the device's id has a semicolon, which such a string cannot hold.
    """
    return _joined(
        {
            "HostName": connection.host_name,
            "DeviceId": connection.device_id,
            "ModuleId": connection.module_id,
            "SharedAccessKey": connection.key,
            "SharedAccessSignature": connection.signature,
            "x509": "true" if connection.x509 else None,
            "GatewayHostName": connection.gateway_host_name,
        }
    )


def _members(text: str, known: Iterable[str], *, other: Iterable[str], kind: str) -> dict[str, str]:
    names = {name.lower(): name for name in known}
    strange = {name.lower() for name in other} - names.keys()
    members: dict[str, str] = {}
    pieces = text.strip().strip('"').strip().removesuffix(";").split(";")
    for place, piece in enumerate(pieces, 1):
        # The first: keys end in one.
        written, equals, value = piece.partition("=")
        name = names.get(written.strip().lower())
        if not equals:
            raise Invalid(f"{_HEADING}: member {place} is not NAME=VALUE.", hint=_form(known))
        if name is None and written.strip().lower() in strange:
            raise Invalid(f"This is not {kind} connection string.", hint=_form(known))
        if name is None:
            raise Invalid(
                f"{_HEADING}: the name of member {place} is not known.", hint=_form(known)
            )
        if name in members:
            raise _bad(name, "is given twice")
        members[name] = value.strip()
    return members


def _form(known: Iterable[str]) -> str:
    return f"Its members are {', '.join(known)}, with ; between them."


def _host(members: Mapping[str, str], name: str) -> str:
    value = members.get(name)
    if not value:
        raise _bad(name, "is missing")
    match = _HOST.fullmatch(value)
    if match is None or (match[2] and not 0 < int(match[2][1:]) < 65536):
        raise _bad(name, "is not a host such as hub.example or localhost:28080")
    return value


def _key(members: Mapping[str, str]) -> str | None:
    key = members.get("SharedAccessKey")
    if key is None:
        return None
    try:
        decoded = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise _bad("SharedAccessKey", "is not standard base64; was it copied whole?")
    return key


def _signature(members: Mapping[str, str]) -> str | None:
    signature = members.get("SharedAccessSignature")
    if signature is None:
        return None
    try:
        parse_token(signature)
    except Invalid as error:
        raise _bad("SharedAccessSignature", f"is no token: {error}") from None
    return signature


def _one_of(choices: Mapping[str, object]) -> None:
    given = [name for name, value in choices.items() if value]
    if not given:
        raise Invalid(f"{_HEADING}: it needs one of {', '.join(choices)}.")
    if len(given) > 1:
        raise Invalid(f"{_HEADING}: {' and '.join(given)} exclude each other.")


def _joined(members: Mapping[str, str | None]) -> str:
    for name, value in members.items():
        if value and ";" in value:
            raise _bad(name, "has a semicolon, which a connection string cannot hold")
    return ";".join(f"{name}={value}" for name, value in members.items() if value is not None)


def _bad(member: str, problem: str) -> Invalid:
    """The problem of one member, for a form's field and for a message alike."""
    return Invalid(_HEADING, problems=[FieldProblem(member, problem)])
