"""Devices as queries show them: a twin's identity half, without keys (iothub 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry_backend.domain.document import JsonObject
from registry_backend.domain.hub_devices import HubDevice
from registry_backend.wire.iothub import etag_of
from registry_backend.wire.iothub_device import (
    NEVER,
    authentication_type,
    write_later,
    write_time,
)
from registry_backend.wire.iothub_device_versions import VERSION_2021
from registry_backend.wire.iothub_keys import stored_thumbprints_of

_NEVER = f"{NEVER}Z"
"""Twins have the Z that devices lack."""
_ETAG = "AAAAAAAAAAE="
"""Of the twin itself, which never changes here."""


def write_twin(device: HubDevice) -> JsonObject:
    """A device as `select *` shows it."""
    device_id = device.device_id
    kind = authentication_type(device)
    prints = stored_thumbprints_of(device_id, device.credentials) if kind == "selfSigned" else None
    pair = prints or (None, None)
    updated = device.status_updated_at
    return {
        "deviceId": device_id,
        "etag": _ETAG,
        "deviceEtag": etag_of(device.revision),
        "status": "enabled" if device.enabled else "disabled",
        "statusReason": device.attributes.get("status-reason"),
        "statusUpdateTime": write_time(updated, VERSION_2021) if updated else _NEVER,
        "connectionState": "Disconnected",
        "lastActivityTime": _NEVER,
        "cloudToDeviceMessageCount": 0,
        "authenticationType": kind,
        "x509Thumbprint": {"primaryThumbprint": pair[0], "secondaryThumbprint": pair[1]},
        "modelId": "",
        "version": 2,
        "tags": {},
        "properties": {"desired": _no_properties(), "reported": _no_properties()},
        **write_later(device),
    }


def project(twin: JsonObject, columns: Sequence[tuple[tuple[str, ...], str]]) -> JsonObject:
    """The columns of a twin, each a path and the name it is shown under; absent ones left out."""
    row: JsonObject = {}
    for path, name in columns:
        found = _at(twin, path)
        if found is not None:
            row[name] = found
    return row


def _at(twin: JsonObject, path: Sequence[str]) -> Any:
    value: Any = twin
    for step in path:
        if not isinstance(value, dict):
            return None
        known = {name.lower(): each for name, each in value.items()}
        value = known.get(step.lower())
    return value


def _no_properties() -> JsonObject:
    return {"$metadata": {"$lastUpdated": _NEVER}, "$version": 1}
