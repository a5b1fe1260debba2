"""A hub's device: JSON to what it asks for, and a stored device to JSON (iothub 3.1, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from registry_backend.domain.credentials import X509_THUMBPRINT, Credential
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.hub_devices import HubDevice, MergeCredentials
from registry_backend.domain.identifiers import HUB_DEVICE_ID
from registry_backend.domain.jobs import ImportMode
from registry_backend.wire.iothub import MAX_STATUS_REASON, etag_matches, etag_of
from registry_backend.wire.iothub_authentication import Refused, read_authentication
from registry_backend.wire.iothub_device_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    DESERIALIZATION_ERROR,
    HubInvalid,
)
from registry_backend.wire.iothub_device_names import canonical
from registry_backend.wire.iothub_device_versions import HubVersion
from registry_backend.wire.iothub_keys import (
    Pair,
    merge_credentials,
    stored_keys_of,
    stored_thumbprints_of,
)
from registry_backend.wire.iothub_later import LATER, read_later, shown_capabilities

NEVER = "0001-01-01T00:00:00"
"""A time that is not set (iothub 4.1)."""
KIND = "authenticationType"
"""The member of the hub's own attributes that keeps `certificateAuthority`."""
_STATUSES = {"enabled": True, "disabled": False}


@dataclass(frozen=True, slots=True)
class HubDraft:
    """What one write of a hub's client asks of one device.

    `authentication` is the member as it was sent, its names in their own spelling; None: absent.
    """

    device_id: str
    version: HubVersion
    enabled: bool = True
    status_reason: str | None = None
    authentication: JsonObject | None = field(default=None, repr=False)
    later: JsonObject = field(default_factory=dict)
    """Capabilities and scopes, where the version knows them."""
    mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    etag: str | None = None
    """For the modes that compare: without quotes; `*` is any."""

    def allows(self, revision: int) -> bool:
        """Whether a mode that compares may write over that version."""
        return etag_matches(self.etag, revision)

    def over(self, current: HubDevice | None) -> tuple[DeviceAttributes, MergeCredentials | None]:
        """What the device becomes: the hub's members replaced, what it cannot see kept.

        Raises:
            HubInvalid: for keys, thumbprints or a kind that a hub refuses.
        """
        if current is not None and self._as_shown(current):
            return self._attributes(current, _kind_of(current)), None
        keys, prints, kind = self._authentication()
        if kind == "none":
            raise HubInvalid(ARGUMENT_INVALID, "authentication.type none is not for devices.")
        stored_kind = kind if kind == "certificateAuthority" else None

        def merge(credentials: Sequence[Credential]) -> tuple[Credential, ...]:
            hidden = [] if self.version.thumbprints else _thumbprints(self.device_id, credentials)
            seen = [each for each in credentials if each not in hidden]
            merged = merge_credentials(self.device_id, seen, keys=keys, thumbprints=prints)
            return (*merged, *hidden)

        return self._attributes(current, stored_kind), merge

    def _as_shown(self, current: HubDevice) -> bool:
        """Whether the client sent back what it was shown, so that nothing is to change."""
        if self.authentication is None:
            return False
        shown = _plain(write_authentication(current, self.version))
        sent = _plain(self.authentication)
        if "type" not in sent:
            shown.pop("type", None)
        if sent:
            return sent == shown
        return not shown and _has_nulls(self.authentication.get("symmetricKey"))

    def _authentication(self) -> tuple[Any, Any, str | None]:
        try:
            return read_authentication(self.authentication)
        except Refused as refused:
            raise HubInvalid(refused.code, f"{refused.message}.") from None

    def _attributes(self, current: HubDevice | None, kind: str | None) -> DeviceAttributes:
        members = dict(current.attributes) if current is not None else {}
        members["enabled"] = self.enabled
        members.pop("status-reason", None)
        if self.status_reason is not None:
            members["status-reason"] = self.status_reason
        hub = dict(members.pop("iothub", None) or {})
        hub.pop(KIND, None)
        if self.version.types:
            for name in LATER:
                hub.pop(name, None)
            hub |= self.later
        if kind is not None:
            hub[KIND] = kind
        if hub:
            members["iothub"] = hub
        return DeviceAttributes.parse(members)


def read_device(value: Any, version: HubVersion, *, device_id: str) -> HubDraft:
    """The body of a create or an update of the device that the path names (iothub 3.1).

    Raises:
        HubInvalid: with the number and the reason.
    """
    members = object_of(value, "The body")
    named = members.get("deviceId")
    if named is None:
        raise HubInvalid(ARGUMENT_NULL, "deviceId is missing.")
    if named != device_id:
        raise HubInvalid(ARGUMENT_INVALID, "deviceId is not that of the path.")
    return read_draft(members, version, device_id=device_id)


def read_draft(members: JsonObject, version: HubVersion, *, device_id: str) -> HubDraft:
    """What the members say of a device, its id aside. Raises HubInvalid."""
    return HubDraft(
        device_id,
        version,
        enabled=_read_status(members.get("status")),
        status_reason=_read_reason(members.get("statusReason")),
        authentication=_read_authentication(members.get("authentication"), version),
        later=_read_later(members) if version.types else {},
    )


def check_device_id(device_id: str) -> None:
    """Refuse what the hub's pattern does not know (iothub 4.1). Raises HubInvalid."""
    if not HUB_DEVICE_ID.fullmatch(device_id):
        raise HubInvalid(
            ARGUMENT_INVALID,
            "A device id has 1 to 128 letters, digits or - : . + % _ # * ? ! ( ) , = @ ; $ '",
        )


def write_device(device: HubDevice, version: HubVersion) -> JsonObject:
    """A device as a hub shows it, members in the order of 2016 (iothub 4.1)."""
    members: JsonObject = {
        "deviceId": device.device_id,
        "generationId": device.generation_id,
        "etag": etag_of(device.revision),
        "connectionState": "Disconnected",
        "status": "enabled" if device.enabled else "disabled",
        "statusReason": device.attributes.get("status-reason"),
        "connectionStateUpdatedTime": NEVER,
        "statusUpdatedTime": write_time(device.status_updated_at, version),
        "lastActivityTime": NEVER,
        "cloudToDeviceMessageCount": 0,
        "authentication": write_authentication(device, version),
    }
    if version.types:
        members |= write_later(device)
    return members


def write_authentication(device: HubDevice, version: HubVersion) -> JsonObject:
    """The member `authentication`; null keys where the device has none that a hub knows."""
    device_id, credentials = device.device_id, device.credentials
    keys = stored_keys_of(device_id, credentials)
    prints = None if keys else stored_thumbprints_of(device_id, credentials)
    primary, secondary = keys or (None, None)
    members: JsonObject = {"symmetricKey": {"primaryKey": primary, "secondaryKey": secondary}}
    if version.thumbprints:
        primary, secondary = prints or (None, None)
        members["x509Thumbprint"] = {
            "primaryThumbprint": primary,
            "secondaryThumbprint": secondary,
        }
    if version.types:
        members["type"] = _type(device, keys, prints)
    return members


def authentication_type(device: HubDevice) -> str:
    """How a device proves who it is, in a hub's words; none: by nothing that a hub knows."""
    keys = stored_keys_of(device.device_id, device.credentials)
    return _type(device, keys, stored_thumbprints_of(device.device_id, device.credentials))


def _type(device: HubDevice, keys: Pair | None, prints: Pair | None) -> str:
    if keys:
        return "sas"
    return "selfSigned" if prints else _kind_of(device) or "none"


def write_later(device: HubDevice) -> JsonObject:
    """Capabilities, and scopes where there are any."""
    hub = device.attributes.get("iothub")
    if hub is None:
        return {"capabilities": shown_capabilities(None)}
    members: JsonObject = {"capabilities": shown_capabilities(hub.get("capabilities"))}
    if hub.get("deviceScope") is not None:
        members["deviceScope"] = hub["deviceScope"]
    if hub.get("parentScopes"):
        members["parentScopes"] = hub["parentScopes"]
    return members


def write_time(moment: datetime | None, version: HubVersion) -> str:
    """Seven digits after the second; the oldest version has no Z (iothub 4.1)."""
    if moment is None:
        return NEVER
    zone = "Z" if version.types else ""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}0{zone}"


def object_of(value: Any, what: str) -> JsonObject:
    """A JSON object with its names in their own spelling. Raises HubInvalid."""
    if value is None:
        raise HubInvalid(ARGUMENT_NULL, f"{what} is missing.")
    if not isinstance(value, dict):
        raise HubInvalid(DESERIALIZATION_ERROR, f"{what} is not an object.")
    return canonical(value)


def _read_status(value: Any) -> bool:
    if value is None:
        return True
    status = _STATUSES.get(value.lower()) if isinstance(value, str) else None
    if status is None:
        raise HubInvalid(DESERIALIZATION_ERROR, "status is neither enabled nor disabled.")
    return status


def _read_reason(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_STATUS_REASON:
        raise HubInvalid(
            ARGUMENT_INVALID, f"statusReason is not text of at most {MAX_STATUS_REASON} characters."
        )
    return value


def _read_authentication(value: Any, version: HubVersion) -> JsonObject | None:
    """The member with only the parts that the version knows; others are ignored (iothub 1)."""
    if value is None:
        return None
    members = object_of(value, "authentication")
    known = ["symmetricKey"]
    known += ["x509Thumbprint"] if version.thumbprints else []
    known += ["type"] if version.types else []
    return {
        name: canonical(part) if isinstance(part, dict) else part
        for name, part in members.items()
        if name in known
    }


def _read_later(members: JsonObject) -> JsonObject:
    try:
        return read_later(members)
    except Refused as refused:
        raise HubInvalid(refused.code, f"{refused.message}.") from None


def _kind_of(device: HubDevice) -> str | None:
    kind = (device.attributes.get("iothub") or {}).get(KIND)
    return kind if isinstance(kind, str) else None


def _thumbprints(device_id: str, credentials: Sequence[Credential]) -> list[Credential]:
    return [
        each for each in credentials if each.type == X509_THUMBPRINT and each.auth_id == device_id
    ]


def _has_nulls(keys: Any) -> bool:
    """Whether keys are told to be null; keys that are left out or empty ask for new ones."""
    members = ("primaryKey", "secondaryKey")
    return isinstance(keys, dict) and all(keys.get(name, "") is None for name in members)


def _plain(authentication: JsonObject) -> JsonObject:
    """The member without what says nothing: nulls, and parts that hold only nulls."""
    plain: JsonObject = {}
    for name, part in authentication.items():
        value = (
            {key: each for key, each in part.items() if each} if isinstance(part, dict) else part
        )
        if value:
            plain[name] = value.lower() if isinstance(value, str) else value
    return plain
