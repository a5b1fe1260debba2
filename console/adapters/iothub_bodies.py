"""A hub's JSON as models, and models as what may be PUT back (iothub 3.1, 4.1). Pure.

A write begins with the device as the hub showed it, so that members which nobody models, and keys,
are sent back as they came: whatever a PUT leaves out is gone, and missing keys are made anew.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from console.adapters.rest_versions import seen_version
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import Fault, FieldProblem, Invalid
from registry_backend.domain.timestamps import NOT_TOLD
from registry_backend.wire.iothub_device import KIND, NEVER

AUTHORITY = "certificateAuthority"
_TOLD = ("connectionState", "connectionStateUpdatedTime", "lastActivityTime")
_READ_ONLY = frozenset(
    {
        *("deviceId", "generationId", "etag", "statusUpdatedTime", "cloudToDeviceMessageCount"),
        *_TOLD,
    }
)
_MODELLED = _READ_ONLY | {"status", "statusReason", "authentication"}
KEPT = frozenset({"enabled", "status-reason", "iothub"})
"""Members of a device that a hub has words for."""
_TICKS_AT_1970 = 621_355_968_000_000_000
_FRACTION = re.compile(r"\.(\d{1,6})\d*")


def device_of(tenant_id: str, members: Any) -> Device:
    """A device as the hub shows it. Raises Fault when it is none."""
    if not isinstance(members, dict) or not isinstance(members.get("deviceId"), str):
        raise Fault("The hub sent a device without an id.")
    device_id, etag = members["deviceId"], members.get("etag")
    attributes = attributes_of(members)
    version = etag if isinstance(etag, str) and etag else content_version(attributes)
    generation = members.get("generationId")
    return Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=attributes,
        version=version,
        revision=revision_of(version),
        generation_id=generation if isinstance(generation, str) else "",
        created_at=_begun(generation) or NOT_TOLD,
        status_updated_at=moment_of(members.get("statusUpdatedTime")),
    )


def etag_of(members: JsonObject) -> str:
    """The version that a write names. Raises Fault where the hub shows none."""
    etag = members.get("etag")
    if not isinstance(etag, str) or not etag:
        raise Fault("The hub shows this device without an ETag, so that it cannot be changed.")
    return etag


def twin_device_of(tenant_id: str, members: Any) -> Device:
    """A device as a query shows it: a hint, which may lag (iothub 2.2, 5.6). Raises Fault.

    It is no whole device, so that it has no version of the hub's: a write reads the whole first.
    """
    if not isinstance(members, dict):
        raise Fault("The hub sent a device that is no object.")
    plain = {
        "deviceId": members.get("deviceId"),
        "status": members.get("status"),
        "statusReason": members.get("statusReason"),
        "statusUpdatedTime": members.get("statusUpdateTime", members.get("statusUpdatedTime")),
        "capabilities": members.get("capabilities"),
        "deviceScope": members.get("deviceScope"),
        "parentScopes": members.get("parentScopes"),
        "connectionState": members.get("connectionState"),
        "lastActivityTime": members.get("lastActivityTime"),
        "authentication": {"type": members.get("authenticationType")},
    }
    return device_of(tenant_id, {name: each for name, each in plain.items() if each is not None})


def keyless_of(row: JsonObject) -> JsonObject | None:
    """A row of a query as a device without its keys; None where it does not tell enough of it."""
    etag, kind = row.get("deviceEtag"), row.get("authenticationType")
    if not (isinstance(etag, str) and isinstance(kind, str)):
        return None
    authentication: JsonObject = {"type": kind}
    if kind == "sas":
        authentication["symmetricKey"] = {"primaryKey": None, "secondaryKey": None}
    if row.get("x509Thumbprint"):
        authentication["x509Thumbprint"] = row["x509Thumbprint"]
    return {**row, "etag": etag, "authentication": authentication}


def attributes_of(members: JsonObject) -> DeviceAttributes:
    """What may be said of the device, and what the hub tells of its connection."""
    shown: JsonObject = {"enabled": str(members.get("status", "enabled")).lower() == "enabled"}
    if members.get("statusReason"):
        shown["status-reason"] = str(members["statusReason"])[:128]
    hub = {name: each for name, each in members.items() if name not in _MODELLED and each}
    if hub.get("capabilities") == {"iotEdge": False}:
        del hub["capabilities"]
    authentication = members.get("authentication")
    if isinstance(authentication, dict) and authentication.get("type") == AUTHORITY:
        hub[KIND] = AUTHORITY
    if any(members.get(name) not in (None, NEVER, f"{NEVER}Z") for name in _TOLD[1:]):
        hub |= {name: members[name] for name in _TOLD if members.get(name)}
    if hub:
        shown["iothub"] = hub
    return DeviceAttributes.parse(shown)


def new_body(device_id: str, attributes: DeviceAttributes) -> JsonObject:
    """What is sent to create a device. Raises Invalid for what no hub keeps."""
    body: JsonObject = {"deviceId": device_id}
    if _kind(attributes) == AUTHORITY:
        body["authentication"] = {"type": AUTHORITY}
    return changed_body(body, attributes)


def changed_body(shown: JsonObject, attributes: DeviceAttributes) -> JsonObject:
    """The device as the hub showed it, with these attributes.

    Raises:
        Invalid: at each member that no hub keeps.
    """
    given = attributes.to_json()
    problems = [
        FieldProblem(name, "is not kept by an IoT Hub: leave it out")
        for name, value in given.items()
        if name not in KEPT and value not in (None, "", [], {})
    ]
    if problems:
        raise Invalid(problems=problems)
    body = {
        name: each
        for name, each in shown.items()
        if not each or name in ("deviceId", "authentication") or name in _READ_ONLY
    }
    hub = given.get("iothub") or {}
    body |= {name: each for name, each in hub.items() if name not in (*_TOLD, KIND)}
    if "capabilities" in shown and "capabilities" not in hub:
        body["capabilities"] = {"iotEdge": False}
    body["status"] = "enabled" if attributes.enabled else "disabled"
    body["statusReason"] = attributes.status_reason
    before, wanted = _type_of(shown) == AUTHORITY, _kind(attributes) == AUTHORITY
    if wanted and not before:
        body["authentication"] = {"type": AUTHORITY}
    if before and not wanted:
        body.pop("authentication", None)  # the hub makes keys then
    return body


def content_version(attributes: DeviceAttributes) -> str:
    """A version for what came without one; equal content has equal versions."""
    members = attributes.to_json()
    hub = members.pop("iothub", None) or {}
    members |= {name: each for name, each in hub.items() if name not in _TOLD}
    return seen_version(compact_json(dict(sorted(members.items()))))


def revision_of(etag: str) -> int:
    """The counter inside an ETag; 0 where there is none (iothub 4.1)."""
    try:
        text = base64.b64decode(etag, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return 0
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def moment_of(text: Any) -> datetime | None:
    """A hub's time: seven digits, with or without Z, and the year 1 for none (iothub 4.1)."""
    if not isinstance(text, str) or text.startswith(NEVER[:10]):
        return None
    plain = _FRACTION.sub(lambda match: f".{match[1]}", text.removesuffix("Z"))
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _begun(generation: Any) -> datetime | None:
    """A generation is the time of creation in ticks of 100 ns (iothub 4.1)."""
    if not isinstance(generation, str) or not re.fullmatch(r"\d{18}", generation):
        return None
    micros = (int(generation) - _TICKS_AT_1970) // 10
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except OverflowError:
        return None


def _type_of(members: JsonObject) -> str | None:
    authentication = members.get("authentication")
    return authentication.get("type") if isinstance(authentication, dict) else None


def _kind(attributes: DeviceAttributes) -> str | None:
    kind = attributes.hub.unknown().get(KIND) if attributes.hub else None
    return kind if isinstance(kind, str) else None
