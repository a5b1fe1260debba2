"""Regenerating devices' keys (iothub 2.2)."""

from __future__ import annotations

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.bodies import read_json
from registry_backend.api.iothub.bulk import attempt, bulk_answer
from registry_backend.api.iothub.service import Call
from registry_backend.wire.iothub_device_errors import BULK_REGENERATE_FAILURE
from registry_backend.wire.iothub_device_rotation import (
    RotatedKeys,
    read_rotations,
    write_rotated,
)
from registry_backend.wire.iothub_keys import stored_keys_of


async def regenerate(call: Call) -> Answer:
    """POST: primary, secondary, both or swap, for up to a hundred devices."""
    rotation, changes = read_rotations(read_json(call))
    devices, failures = await attempt(call, changes)
    done = [
        RotatedKeys(each.device_id, keys)
        for each in devices
        if (keys := stored_keys_of(each.device_id, each.credentials)) is not None
    ]
    members = write_rotated(rotation, done, failures, call.version)
    return bulk_answer(members, failures, BULK_REGENERATE_FAILURE)
