"""Device lines of IoT Hub's import and export files (iothub 4.1 to 4.3, 6.3, 6.4).

Reading is made for millions of lines: one decode, then plain checks, no model per line.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.identifiers import HUB_DEVICE_ID
from registry_backend.domain.jobs import ImportMode
from registry_backend.wire.import_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    DESERIALIZATION_ERROR,
    LineFault,
)
from registry_backend.wire.iothub_authentication import (
    MadeKeys,
    Refused,
    format_authentication,
    read_authentication,
)
from registry_backend.wire.iothub_keys import Pair, merge_credentials
from registry_backend.wire.iothub_later import LATER, read_later, shown_capabilities
from registry_backend.wire.line_faults import not_a_device, not_json, quoted

MAX_STATUS_REASON = 128
ANY_ETAG = "*"

_MODES = {mode.value.lower(): mode for mode in ImportMode}
_STATUSES = {"enabled": True, "disabled": False}
_MEMBERS = {
    name.lower(): name
    for name in (
        "id",
        "eTag",
        "importMode",
        "status",
        "statusReason",
        "authentication",
        "moduleId",
        "capabilities",
        "deviceScope",
        "parentScopes",
    )
}
_MEMBERS |= {name: name for name in _MEMBERS.values()}
_OWN = frozenset({"id", "eTag", "importMode", "status", "statusReason", "authentication"})
_AUTHENTICATION_TYPE = "authenticationType"


class HubLine(NamedTuple):
    """One usable line: what it wants done to which device."""

    device_id: str
    mode: ImportMode | None
    """None: the job's default."""
    etag: str | None
    """Without quotes; `*` is any."""
    enabled: bool
    status_reason: str | None
    keys: Pair | None
    """Given, or generated where the line has none."""
    thumbprints: Pair | None
    hub: JsonObject | None
    """Members that only later hubs know; None when there are none."""

    @property
    def lacks_keys(self) -> bool:
        """Whether a device that is there gets other keys by this line, which gives none."""
        return isinstance(self.keys, MadeKeys)

    @property
    def tenant_id(self) -> None:
        """Lines name no tenant: the import's own."""

    @property
    def generation_id(self) -> None:
        """Lines carry none: the registry gives it."""

    @property
    def created_at(self) -> None:
        """Lines carry none: now."""

    def attributes_over(self, existing: DeviceAttributes | None) -> DeviceAttributes:
        """The attributes after this line: the hub's members replaced, all others kept."""
        if existing is None:
            return _new_attributes(self.enabled, self.status_reason, self.hub)
        if self._leaves(existing):
            return existing
        members = existing.to_json()
        members["enabled"] = self.enabled
        _set_or_drop(members, "status-reason", self.status_reason)
        _set_or_drop(members, "iothub", self.hub)
        return DeviceAttributes.parse(members)

    def _leaves(self, existing: DeviceAttributes) -> bool:
        """Whether nothing of these changes, as in most lines of a fleet that is imported again."""
        return (
            (self.hub or existing.hub) is None
            and existing.enabled == self.enabled
            and existing.status_reason == self.status_reason
        )

    def credentials_over(self, existing: Sequence[Credential]) -> tuple[Credential, ...]:
        """The credentials after this line."""
        return merge_credentials(
            self.device_id, existing, keys=self.keys, thumbprints=self.thumbprints
        )


def parse_line(line: bytes) -> HubLine | LineFault:
    """Read one line (iothub 4.3).

    Member names and enum values match without case. A line that cannot be used comes back as a
    fault; its text quotes nothing of the line that may be a key.
    """
    try:
        members: Any = from_json(line, allow_inf_nan=False)
    except ValueError as error:
        return not_json(line, error)
    if not isinstance(members, dict):
        return not_a_device("no JSON object, which begins with {")
    return read_members(members)


def read_members(members: JsonObject) -> HubLine | LineFault:
    """The same from a line's members."""
    known, extra = (members, {}) if members.keys() <= _OWN else _sort_out(members)
    try:
        return _read(known, extra)
    except Refused as refused:
        device_id = known.get("id")
        named = device_id if isinstance(device_id, str) and len(device_id) <= 256 else None
        return LineFault(refused.code, refused.message, named)


def _sort_out(members: JsonObject) -> tuple[JsonObject, JsonObject]:
    """The members this release reads, by their own spelling, and the others that have a value."""
    known: JsonObject = {}
    extra: JsonObject = {}
    for name, value in members.items():
        spelled = _MEMBERS.get(name) or _MEMBERS.get(name.lower())
        if spelled in _OWN:
            known[spelled] = value
        elif value is not None:
            extra[spelled or name] = value
    return known, extra


def format_line(device: Device, credentials: Sequence[Credential], *, exclude_keys: bool) -> str:
    """One export line without its newline (iothub 6.3): id, eTag, status, reason, authentication.

    Thumbprints are public and stay when keys are excluded.
    """
    attributes = device.attributes
    line: JsonObject = {
        "id": device.device_id,
        "eTag": etag_of(device.revision),
        "status": "enabled" if attributes.enabled else "disabled",
    }
    if attributes.status_reason:
        line["statusReason"] = attributes.status_reason
    extra = attributes.hub.to_json() if attributes.hub else {}
    kind = extra.pop(_AUTHENTICATION_TYPE, None)
    line["authentication"] = format_authentication(
        device.device_id, credentials, kind, exclude_keys
    )
    if "capabilities" in extra:
        extra["capabilities"] = shown_capabilities(extra["capabilities"])
    line |= extra
    return compact_json(line)


def etag_of(revision: int) -> str:
    """The body form of an ETag: base64 of the decimal counter, without quotes (iothub 4.1)."""
    return binascii.b2a_base64(b"%d" % revision, newline=False).decode("ascii")


def etag_matches(wanted: str | None, revision: int) -> bool:
    """Whether a line's ETag allows a write; `*` is any, none given matches nothing."""
    return wanted == ANY_ETAG or (wanted is not None and wanted == etag_of(revision))


def _read(known: JsonObject, extra: JsonObject) -> HubLine:
    device_id = known.get("id")
    if device_id is None or device_id == "":
        if "device-id" in extra or "tenant-id" in extra:
            raise Refused(
                ARGUMENT_NULL,
                "id is missing; this looks like NDJSON: import it with the format ndjson",
            )
        raise Refused(ARGUMENT_NULL, "id is missing")
    if not isinstance(device_id, str):
        raise Refused(DESERIALIZATION_ERROR, "id is not a string")
    if not HUB_DEVICE_ID.fullmatch(device_id):
        raise Refused(
            ARGUMENT_INVALID,
            "id must be 1 to 128 letters, digits or - : . + % _ # * ? ! ( ) , = @ ; $ '",
        )
    if extra and extra.pop("moduleId", None):
        raise Refused(ARGUMENT_INVALID, "the line names a module; only devices are imported")
    status = known.get("status")
    enabled = _STATUSES.get(status) if isinstance(status, str) else None
    if enabled is None:
        enabled = _read_status(status)
    reason = known.get("statusReason")
    mode, etag = known.get("importMode"), known.get("eTag")
    if reason is not None and (not isinstance(reason, str) or len(reason) > MAX_STATUS_REASON):
        raise Refused(
            ARGUMENT_INVALID, f"statusReason must be text of at most {MAX_STATUS_REASON} characters"
        )
    keys, thumbprints, kind = read_authentication(known.get("authentication"))
    if kind == "certificateAuthority":
        extra[_AUTHENTICATION_TYPE] = kind
    if extra:
        extra = _read_extra(extra)
    return HubLine(
        device_id,
        None if mode is None else _read_mode(mode),
        None if etag is None else _read_etag(etag),
        enabled,
        reason,
        keys,
        thumbprints,
        extra or None,
    )


def _read_status(status: Any) -> bool:
    if status is None:
        raise Refused(ARGUMENT_NULL, "status is missing; each line needs enabled or disabled")
    enabled = _STATUSES.get(status.lower()) if isinstance(status, str) else None
    if enabled is None:
        raise Refused(
            DESERIALIZATION_ERROR, f"status is {quoted(status)}, neither enabled nor disabled"
        )
    return enabled


def _read_mode(mode: Any) -> ImportMode:
    if not isinstance(mode, str):
        raise Refused(DESERIALIZATION_ERROR, "importMode is not a string")
    if mode.lower() in ("updatetwin", "updatetwinifmatchetag"):
        raise Refused(ARGUMENT_INVALID, "importMode: this registry keeps no twins")
    known = _MODES.get(mode.lower())
    if known is None:
        raise Refused(
            DESERIALIZATION_ERROR,
            f"importMode is {quoted(mode)}; it must be one of {', '.join(ImportMode)}",
        )
    return known


def _read_etag(etag: Any) -> str | None:
    if etag == "":
        return None
    if not isinstance(etag, str):
        raise Refused(DESERIALIZATION_ERROR, "eTag is not a string")
    bare = etag.removeprefix("W/")
    return bare[1:-1] if len(bare) >= 2 and bare[0] == bare[-1] == '"' else bare


def _read_extra(extra: JsonObject) -> JsonObject:
    try:
        compact_json(extra)
    except ValueError:
        raise Refused(DESERIALIZATION_ERROR, "the line holds a number out of range") from None
    return {name: each for name, each in extra.items() if name not in LATER} | read_later(extra)


def _new_attributes(enabled: bool, reason: str | None, hub: JsonObject | None) -> DeviceAttributes:  # noqa: FBT001
    if hub is None and reason is None:
        return _plain_attributes(enabled)
    members: JsonObject = {"enabled": enabled}
    _set_or_drop(members, "status-reason", reason)
    _set_or_drop(members, "iothub", hub)
    return DeviceAttributes.parse(members)


@lru_cache(maxsize=2)
def _plain_attributes(enabled: bool) -> DeviceAttributes:  # noqa: FBT001
    """Most devices of a fleet look the same: one frozen value serves them all."""
    return DeviceAttributes(enabled=enabled)


def _set_or_drop(members: JsonObject, name: str, value: Any) -> None:
    if value is None:
        members.pop(name, None)
    else:
        members[name] = value
