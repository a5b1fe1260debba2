"""The member `authentication` of a device line (iothub 3.1, 4.1, 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from registry_backend.domain.credentials import Credential
from registry_backend.domain.document import JsonObject
from registry_backend.domain.secrets import generate_key
from registry_backend.wire.import_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    DESERIALIZATION_ERROR,
)
from registry_backend.wire.iothub_keys import (
    Pair,
    are_keys,
    key_fault,
    keys_of,
    thumbprint_fault,
    thumbprints_of,
)

_KINDS = {
    "sas": "sas",
    "selfsigned": "selfSigned",
    "certificateauthority": "certificateAuthority",
    "none": "none",
}


class MadeKeys(NamedTuple):
    """Keys that no line gave: made here, since a device without any would let nobody in."""

    primary: str
    secondary: str


class Refused(Exception):
    """Why a line is refused; never leaves the room."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_authentication(value: Any) -> tuple[Pair | None, Pair | None, str | None]:
    """Keys, thumbprints and the kind the line names; missing keys are generated. Raises Refused."""
    pair = _plain_keys(value)
    if pair is not None:
        return pair, None, None
    members = _object(value, "authentication")
    kind = members.get("type")
    if kind is not None:
        kind = _KINDS.get(kind.lower()) if isinstance(kind, str) else None
        if kind is None:
            raise Refused(
                DESERIALIZATION_ERROR,
                f"authentication.type must be one of {', '.join(_KINDS.values())}",
            )
    keys = _read_keys(members.get("symmetricKey", members.get("symmetrickey")))
    prints = _read_thumbprints(members.get("x509Thumbprint", members.get("x509thumbprint")))
    if keys and prints:
        raise Refused(ARGUMENT_INVALID, "authentication has both keys and thumbprints")
    if kind == "selfSigned" and prints is None:
        raise Refused(ARGUMENT_NULL, "authentication.x509Thumbprint is missing")
    if kind in ("certificateAuthority", "none"):
        return None, None, kind
    if keys is None and prints is None:
        keys = MadeKeys(generate_key(), generate_key())
    return keys, prints, kind


def _plain_keys(value: Any) -> Pair | None:
    """Two good keys and nothing else, as nearly every line has them; None: look closer."""
    if type(value) is not dict or len(value) != 1:
        return None
    members = value.get("symmetricKey")
    if type(members) is not dict or len(members) != 2:
        return None
    primary, secondary = members.get("primaryKey"), members.get("secondaryKey")
    if type(primary) is str and type(secondary) is str and are_keys(primary, secondary):
        return primary, secondary
    return None


def _read_keys(value: Any) -> Pair | None:
    members = _object(value, "authentication.symmetricKey")
    primary = members.get("primaryKey", members.get("primarykey")) or None
    secondary = members.get("secondaryKey", members.get("secondarykey")) or None
    if primary is None and secondary is None:
        return None
    if primary is None or secondary is None:
        raise Refused(ARGUMENT_INVALID, "Either no keys or both keys can be set")
    for name, key in (("primaryKey", primary), ("secondaryKey", secondary)):
        fault = key_fault(key) if isinstance(key, str) else "is not a string"
        if fault:
            raise Refused(ARGUMENT_INVALID, f"authentication.symmetricKey.{name} {fault}")
    return primary, secondary


def _read_thumbprints(value: Any) -> Pair | None:
    members = _object(value, "authentication.x509Thumbprint")
    found = []
    for name in ("primaryThumbprint", "secondaryThumbprint"):
        thumbprint = members.get(name, members.get(name.lower()))
        if not thumbprint:
            continue
        fault = thumbprint_fault(thumbprint) if isinstance(thumbprint, str) else "is not a string"
        if fault:
            raise Refused(ARGUMENT_INVALID, f"authentication.x509Thumbprint.{name} {fault}")
        found.append(thumbprint)
    return (found[0], found[-1]) if found else None


def _object(value: Any, name: str) -> JsonObject:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(DESERIALIZATION_ERROR, f"{name} is not an object")
    return value


def format_authentication(
    device_id: str,
    credentials: Sequence[Credential],
    kind: Any,
    exclude_keys: bool,  # noqa: FBT001
) -> JsonObject:
    """The member `authentication` of an export line."""
    keys = keys_of(device_id, credentials)
    prints = None if keys else thumbprints_of(device_id, credentials)
    shown = (None, None) if keys is None or exclude_keys else keys
    members: JsonObject = {"symmetricKey": {"primaryKey": shown[0], "secondaryKey": shown[1]}}
    if prints:
        members["x509Thumbprint"] = {
            "primaryThumbprint": prints[0],
            "secondaryThumbprint": prints[1],
        }
        members["type"] = "selfSigned"
    elif keys is None:
        # Without this an import of the same file would make up keys the device never had.
        members["type"] = kind or "none"
    return members
