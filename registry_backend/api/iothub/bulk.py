"""Many devices in one call (iothub 5.7)."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.bodies import read_json
from registry_backend.api.iothub.failures import code_of, message_of
from registry_backend.api.iothub.service import Call, json_answer
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.hub_devices import HubDevice
from registry_backend.registry.hub_devices import DeviceChange
from registry_backend.wire.iothub_device_bulk import BulkFailure, read_bulk, write_failures
from registry_backend.wire.iothub_device_errors import (
    BULK_REGISTRY_OPERATION_FAILURE,
    HEADER,
    NAMES,
)
from registry_backend.wire.iothub_device_versions import HubVersion


async def apply(call: Call) -> Answer:
    """POST an array: each element in its own mode; the failures are told, the others applied."""
    elements = read_bulk(read_json(call), call.version)
    changes = [each for each in elements if not isinstance(each, BulkFailure)]
    refused = [each for each in elements if isinstance(each, BulkFailure)]
    _, failures = await attempt(call, changes)
    failures = [*refused, *failures]
    return bulk_answer(
        write_failures(failures, call.version), failures, BULK_REGISTRY_OPERATION_FAILURE
    )


async def attempt(
    call: Call, changes: Sequence[DeviceChange]
) -> tuple[list[HubDevice], list[BulkFailure]]:
    """Devices as they are after the changes, and what was refused."""
    results = await call.service.registry.hub_devices.apply(call.hub, changes, actor=call.actor)
    done = [each for each in results if isinstance(each, HubDevice)]
    failures = [
        _failure(change.device_id, result)
        for change, result in zip(changes, results, strict=True)
        if isinstance(result, RegistryError)
    ]
    return done, failures


def as_result(version: HubVersion, code: int, message: str) -> JsonObject:
    """A refusal of a whole call as a result: clients read that in the body of every 400."""
    if not version.bulk_results:
        return {}
    members: JsonObject = write_failures([BulkFailure("", code, message)], version)
    return members


def bulk_answer(members: object, failures: Sequence[BulkFailure], code: int) -> Answer:
    """200, or 400 with the same body and the name of the failure as a whole."""
    if not failures:
        return json_answer(members)
    return json_answer(members, status=400, headers={HEADER: NAMES[code]})


def _failure(device_id: str, error: RegistryError) -> BulkFailure:
    code = code_of(error)
    return BulkFailure(device_id, code, message_of(error, code))
