"""Bulk calls of a hub: up to a hundred devices, and what came of them (iothub 4.3, 4.6, 5.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from registry_backend.domain.document import JsonObject
from registry_backend.domain.jobs import ImportMode
from registry_backend.wire.iothub_device import HubDraft, check_device_id, object_of, read_draft
from registry_backend.wire.iothub_device_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    CODES,
    DESERIALIZATION_ERROR,
    DEVICE_DEFINED_MULTIPLE_TIMES,
    NAMES,
    TOO_MANY_DEVICES,
    HubInvalid,
)
from registry_backend.wire.iothub_device_versions import HubVersion

MAX_DEVICES = 100
_MODES = {mode.value.lower(): mode for mode in ImportMode}
_TWIN_MODES = frozenset({"updatetwin", "updatetwinifmatchetag"})


class BulkFailure(NamedTuple):
    """A device of a bulk call that was refused, and why."""

    device_id: str
    code: int
    message: str


def read_bulk(value: Any, version: HubVersion) -> list[HubDraft | BulkFailure]:
    """What a bulk call asks of each of its devices, or why that cannot be understood.

    Raises:
        HubInvalid: where the call as a whole cannot be understood: no array, an element without
            an id, too many devices, one of them twice.
    """
    elements = bulk_array(value)
    ids = [_id_of(members, number) for number, members in enumerate(elements, 1)]
    refuse_twice(ids)
    named = zip(elements, ids, strict=True)
    return [_read_element(members, version, device_id) for members, device_id in named]


def bulk_array(value: Any, what: str = "The body") -> list[JsonObject]:
    """The elements of a bulk call, their names in their own spelling. Raises HubInvalid."""
    if not isinstance(value, list):
        raise HubInvalid(ARGUMENT_INVALID, f"{what} is not an array of devices.")
    if len(value) > MAX_DEVICES:
        raise HubInvalid(
            TOO_MANY_DEVICES,
            f"A call has at most {MAX_DEVICES} devices; this one has {len(value)}.",
        )
    return [object_of(each, f"Element {number}") for number, each in enumerate(value, 1)]


def refuse_twice(ids: Sequence[str]) -> None:
    """Refuse a call that names a device twice. Raises HubInvalid."""
    twice = next((each for each in ids if ids.count(each) > 1), None)
    if twice is not None:
        raise HubInvalid(DEVICE_DEFINED_MULTIPLE_TIMES, f"{twice!r} is there more than once.")


def write_failures(failures: Sequence[BulkFailure], version: HubVersion) -> Any:
    """What a bulk call answers: an array of strings at the oldest version, else an object."""
    if not version.bulk_results:
        return [f"{each.device_id}: {NAMES[each.code]};{each.message}" for each in failures]
    errors = [
        {
            "deviceId": each.device_id,
            "errorCode": NAMES[each.code] if version.types else each.code,
            "errorStatus": each.message,
        }
        for each in failures
    ]
    return {"isSuccessful": not failures, "errors": errors, "warnings": []}


def _id_of(members: JsonObject, number: int) -> str:
    device_id = members.get("id", members.get("deviceId"))
    if device_id is None or device_id == "":
        raise HubInvalid(ARGUMENT_NULL, f"Element {number} lacks id.")
    if not isinstance(device_id, str):
        raise HubInvalid(DESERIALIZATION_ERROR, f"The id of element {number} is not a string.")
    return device_id


def _read_element(
    members: JsonObject, version: HubVersion, device_id: str
) -> HubDraft | BulkFailure:
    try:
        check_device_id(device_id)
        _refuse_module(members)
        draft = read_draft(members, version, device_id=device_id)
        mode, etag = _read_mode(members.get("importMode")), _read_etag(members.get("eTag"))
        return replace(draft, mode=mode, etag=etag)
    except HubInvalid as refused:
        return BulkFailure(device_id, CODES[refused.code.lower()], refused.message)


def _refuse_module(members: JsonObject) -> None:
    if members.get("moduleId"):
        raise HubInvalid(ARGUMENT_INVALID, "The element names a module; give devices only.")


def _read_mode(value: Any) -> ImportMode:
    if value is None:
        return ImportMode.CREATE_OR_UPDATE
    text = value.lower() if isinstance(value, str) else ""
    if text in _TWIN_MODES:
        raise HubInvalid(ARGUMENT_INVALID, "This registry keeps no twins to update.")
    if text not in _MODES:
        raise HubInvalid(DESERIALIZATION_ERROR, f"importMode is none of {', '.join(ImportMode)}.")
    return _MODES[text]


def _read_etag(value: Any) -> str | None:
    """Without quotes and the mark of a weak one."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise HubInvalid(DESERIALIZATION_ERROR, "eTag is not a string.")
    bare = value.removeprefix("W/")
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare
