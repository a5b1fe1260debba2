"""What only later hubs know of a device: what it can do, and its scopes (iothub 3.1). Pure."""

from __future__ import annotations

from typing import Any

from registry_backend.domain.document import JsonObject
from registry_backend.wire.import_errors import DESERIALIZATION_ERROR
from registry_backend.wire.iothub_authentication import Refused
from registry_backend.wire.iothub_device_names import canonical

LATER = ("capabilities", "deviceScope", "parentScopes")
_EDGE = "iotEdge"


def read_later(members: JsonObject) -> JsonObject:
    """Those of the members that say something, as they are kept; null and no scopes say nothing.

    Raises:
        Refused: for a value of another type than clients read.
    """
    later = {name: members[name] for name in LATER if members.get(name) is not None}
    if "capabilities" in later:
        later["capabilities"] = _read_capabilities(later["capabilities"])
    if not isinstance(later.get("deviceScope", ""), str):
        raise Refused(DESERIALIZATION_ERROR, "deviceScope is not a string")
    scopes = later.get("parentScopes")
    if scopes is not None:
        if not (isinstance(scopes, list) and all(isinstance(each, str) for each in scopes)):
            raise Refused(DESERIALIZATION_ERROR, "parentScopes is not a list of strings")
        if not scopes:
            del later["parentScopes"]
    return later


def shown_capabilities(kept: Any) -> JsonObject:
    """What is kept as clients read it, whichever API wrote it: iotEdge is there, and a boolean."""
    members = kept if isinstance(kept, dict) else {}
    return {**members, _EDGE: members.get(_EDGE) is True}


def takes_away(held: JsonObject, given: JsonObject) -> bool:
    """Whether a device with these members loses some by a write that gives only those.

    A write replaces the whole device (iothub 3.1), so that what it leaves out is gone.
    """
    return not _said(held) <= _said(given)


def _said(members: JsonObject) -> set[str]:
    """Which of the members that a short line easily leaves out say something."""
    said = {name for name in ("statusReason", "deviceScope", "parentScopes") if members.get(name)}
    capabilities = members.get("capabilities")
    if isinstance(capabilities, dict):
        said |= {f"capabilities.{name}" for name, value in capabilities.items() if value}
    return said


def _read_capabilities(value: Any) -> JsonObject:
    if not isinstance(value, dict):
        raise Refused(DESERIALIZATION_ERROR, "capabilities is not an object")
    members = canonical(value)
    if members.get(_EDGE, False) is None:
        members = {name: each for name, each in members.items() if name != _EDGE}
    if not isinstance(members.get(_EDGE, False), bool):
        raise Refused(DESERIALIZATION_ERROR, "capabilities.iotEdge is neither true nor false")
    return members
