"""Identities and provisioning as the Identity Service has them in JSON (identityd 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.identities import Identity, IdentityKind, Provisioning
from registry_backend.domain.timestamps import parse_timestamp

SOCKET_HOST = "identityd.sock"
"""What clients write where HTTP asks for a host (identityd 6)."""


def identity_json(identity: Identity) -> JsonObject:
    """An identity; members it does not have are absent, not null."""
    spec = _local_spec(identity) if identity.kind == "local" else _hub_spec(identity)
    return {"type": identity.kind, "spec": spec}


def read_identity(members: Any) -> Identity:
    """The inverse of `identity_json`; members beyond it are passed over.

    Raises:
        Invalid: naming the member that is missing or of another kind.
    """
    kind = _text(members, "type")
    spec = _table(members, "spec")
    if kind == "aziot":
        return _read_hub_spec(spec)
    if kind == "local":
        return _read_local_spec(spec)
    raise Invalid.at("type", f"is {kind!r}; there is aziot and local")


def identities_json(identities: Iterable[Identity]) -> JsonObject:
    """A list of identities."""
    return {"identities": [identity_json(each) for each in identities]}


def read_identities(members: Any) -> Sequence[Identity]:
    """The inverse of `identities_json`. Raises Invalid."""
    found = _object(members, "").get("identities")
    if not isinstance(found, list):
        raise Invalid.at("identities", "must be an array")
    return [read_identity(each) for each in found]


def provisioning_json(provisioning: Provisioning) -> JsonObject:
    """How the device came to its hub; members that have no value are null."""
    return {"source": provisioning.source, **provisioning.members}


def read_provisioning(members: Any) -> Provisioning:
    """The inverse of `provisioning_json`. Raises Invalid."""
    others = {name: value for name, value in _object(members, "").items() if name != "source"}
    return Provisioning(source=_text(members, "source"), members=others)


def error_json(message: str, causes: Iterable[str] = ()) -> JsonObject:
    """A failure and what led to it, each cause on a line of its own (identityd 1.2)."""
    return {"message": "\ncaused by: ".join((message, *causes))}


def read_error(members: Any) -> str:
    """The message of a failure. Raises Invalid."""
    return _text(members, "message")


def device_body() -> JsonObject:
    """What is sent to ask for the device's identity; its value does not matter."""
    return {"type": "aziot"}


def create_body(module_id: str, kind: IdentityKind, *, server: bool = False) -> JsonObject:
    """What is sent to create a module, or to issue a local identity for a client or a server."""
    members: JsonObject = {"type": kind, "moduleId": module_id}
    if kind == "local":
        attributes = "server" if server else "client"
        members["localIdOpts"] = {"type": "x509", "attributes": attributes}
    return members


def update_body(module_id: str) -> JsonObject:
    """What is sent to push a module's keys again: the service asks for any JSON (identityd 1)."""
    return {"type": "aziot", "moduleId": module_id}


def _hub_spec(identity: Identity) -> JsonObject:
    members: JsonObject = {
        "hubName": identity.hub_name,
        "gatewayHost": identity.gateway_host,
        "deviceId": identity.device_id,
        "moduleId": identity.module_id,
        "genId": identity.generation_id,
        "auth": _auth(identity),
    }
    return {name: value for name, value in members.items() if value is not None}


def _auth(identity: Identity) -> JsonObject | None:
    if identity.auth_type is None:
        return None
    members: JsonObject = {
        "type": identity.auth_type,
        "keyHandle": identity.key_handle,
        "certId": identity.certificate_id,
    }
    return {name: value for name, value in members.items() if value is not None}


def _local_spec(identity: Identity) -> JsonObject:
    expires = identity.expires_at
    return {
        "moduleId": identity.module_id,
        "auth": {
            "privateKey": identity.private_key,
            "certificate": identity.certificate,
            "expiration": None if expires is None else expires.isoformat(),
        },
    }


def _read_hub_spec(spec: JsonObject) -> Identity:
    auth = _table(spec, "auth") if spec.get("auth") is not None else None
    return Identity(
        kind="aziot",
        hub_name=_text(spec, "hubName"),
        gateway_host=_text(spec, "gatewayHost"),
        device_id=_text(spec, "deviceId"),
        module_id=_text_or_none(spec, "moduleId"),
        generation_id=_text_or_none(spec, "genId"),
        auth_type=None if auth is None else _text(auth, "type"),
        key_handle=None if auth is None else _text_or_none(auth, "keyHandle"),
        certificate_id=None if auth is None else _text_or_none(auth, "certId"),
    )


def _read_local_spec(spec: JsonObject) -> Identity:
    auth = _table(spec, "auth")
    return Identity(
        kind="local",
        module_id=_text(spec, "moduleId"),
        private_key=_text(auth, "privateKey"),
        certificate=_text(auth, "certificate"),
        expires_at=_moment(auth, "expiration"),
    )


def _object(value: Any, name: str) -> JsonObject:
    if not isinstance(value, dict):
        raise Invalid(problems=[FieldProblem(name, "must be an object")])
    return value


def _table(members: Any, name: str) -> JsonObject:
    return _object(_object(members, "").get(name), name)


def _text(members: Any, name: str) -> str:
    value = _text_or_none(_object(members, ""), name)
    if value is None:
        raise Invalid.at(name, "is missing")
    return value


def _text_or_none(members: JsonObject, name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid.at(name, "must be a string")
    return value


def _moment(members: JsonObject, name: str) -> datetime:
    try:
        moment = parse_timestamp(_text(members, name))
    except ValueError as error:
        raise Invalid.at(name, str(error)) from None
    if not isinstance(moment, datetime):
        raise Invalid.at(name, "is empty")
    return moment
