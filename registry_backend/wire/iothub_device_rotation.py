"""Regenerating keys of devices in a hub (iothub 2.2, 4.2), both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.hub_devices import HubDevice, MergeCredentials
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.policies import Rotation
from registry_backend.domain.secrets import generate_key
from registry_backend.wire.iothub_device import check_device_id, object_of
from registry_backend.wire.iothub_device_bulk import (
    BulkFailure,
    bulk_array,
    refuse_twice,
    write_failures,
)
from registry_backend.wire.iothub_device_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    INVALID_POLICY_KEY,
    HubInvalid,
)
from registry_backend.wire.iothub_device_versions import VERSION_2021, HubVersion
from registry_backend.wire.iothub_keys import Pair, merge_credentials, stored_keys_of

_ROTATIONS = {each.value: each for each in Rotation}


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Other keys for a device that has keys; nothing else of it changes."""

    device_id: str
    rotation: Rotation
    mode: ImportMode = ImportMode.UPDATE

    def allows(self, revision: int) -> bool:  # noqa: ARG002 - its mode compares nothing
        """Whatever the version."""
        return True

    def over(self, current: HubDevice | None) -> tuple[DeviceAttributes, MergeCredentials]:
        """The device with its keys changed. Raises HubInvalid where it has none."""
        keys = current and stored_keys_of(self.device_id, current.credentials)
        if keys is None or current is None:
            raise HubInvalid(ARGUMENT_INVALID, "The device has no symmetric keys to change.")
        changed = rotated_keys(keys, self.rotation)

        def merge(credentials: Sequence[Credential]) -> tuple[Credential, ...]:
            return merge_credentials(self.device_id, credentials, keys=changed, thumbprints=None)

        return DeviceAttributes.parse(current.attributes), merge


class RotatedKeys(NamedTuple):
    """A device's keys after a rotation."""

    device_id: str
    keys: Pair


def rotated_keys(keys: Pair, rotation: Rotation) -> Pair:
    """The pair with one key, or both, made anew, or the two swapped."""
    primary, secondary = keys
    match rotation:
        case Rotation.PRIMARY:
            return generate_key(), secondary
        case Rotation.SECONDARY:
            return primary, generate_key()
        case Rotation.BOTH:
            return generate_key(), generate_key()
        case Rotation.SWAP:
            return secondary, primary


def read_rotations(value: Any) -> tuple[Rotation, list[KeyRotation]]:
    """The body of a call: which keys, of which devices. Raises HubInvalid."""
    members = object_of(value, "The body")
    given = members.get("policyKey")
    rotation = _ROTATIONS.get(given.lower()) if isinstance(given, str) else None
    if rotation is None:
        raise HubInvalid(INVALID_POLICY_KEY, f"policyKey is none of {', '.join(_ROTATIONS)}.")
    devices = members.get("devices")
    if devices is None:
        text = 'devices is missing: name them, such as [{"id": "pump-1"}].'
        raise HubInvalid(ARGUMENT_NULL, text)
    ids = [_id_of(each) for each in bulk_array(devices, "devices")]
    refuse_twice(ids)
    return rotation, [KeyRotation(each, rotation) for each in ids]


def write_rotated(
    rotation: Rotation,
    done: Sequence[RotatedKeys],
    failures: Sequence[BulkFailure],
    version: HubVersion,
) -> JsonObject:
    """What the call answers: the failures as bulk calls tell them, and the keys that now hold."""
    members: JsonObject = {"policyKey": rotation.value}
    members |= write_failures(failures, version if version.bulk_results else VERSION_2021)
    members["rotatedKeys"] = [
        {"id": each.device_id, "primaryKey": each.keys[0], "secondaryKey": each.keys[1]}
        for each in done
    ]
    return members


def _id_of(members: JsonObject) -> str:
    device_id = members.get("id", members.get("deviceId"))
    if not isinstance(device_id, str) or not device_id:
        raise HubInvalid(ARGUMENT_NULL, "An element of devices lacks id.")
    if members.get("moduleId"):
        raise HubInvalid(ARGUMENT_INVALID, "Keys of modules are not made here.")
    check_device_id(device_id)
    return device_id
