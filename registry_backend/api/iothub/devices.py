"""Device identities over HTTP (iothub 2.1, 5.1 to 5.4)."""

from __future__ import annotations

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.bodies import read_json
from registry_backend.api.iothub.service import Call, json_answer
from registry_backend.api.iothub.targets import parameter
from registry_backend.domain.errors import NotFound
from registry_backend.domain.hub_devices import HubDevice
from registry_backend.domain.query import DeviceQuery
from registry_backend.wire.iothub_device import check_device_id, read_device, write_device
from registry_backend.wire.iothub_device_errors import PRECONDITION_FAILED, HubInvalid

MAX_LISTED = 1000
"""Devices in one answer (iothub 3.2)."""
_MAX_DIGITS = 9


async def put(call: Call) -> Answer:
    """PUT: creates without If-Match, replaces with it (iothub 1, row 2)."""
    (device_id,) = call.ids
    draft = read_device(read_json(call), call.version, device_id=device_id)
    devices = call.service.registry.hub_devices
    if call.expected is None:
        check_device_id(device_id)
        return _shown(await devices.create(call.hub, draft, actor=call.actor), call)
    with _KnownIds(device_id):
        saved = await devices.update(call.hub, draft, allows=call.expected.allows, actor=call.actor)
    return _shown(saved, call)


async def get(call: Call) -> Answer:
    """GET one."""
    (device_id,) = call.ids
    with _KnownIds(device_id):
        return _shown(await call.service.registry.hub_devices.get(call.hub, device_id), call)


async def delete(call: Call) -> Answer:
    """DELETE one; If-Match must be there (iothub 3.2)."""
    (device_id,) = call.ids
    if call.expected is None:
        check_device_id(device_id)
        raise HubInvalid(PRECONDITION_FAILED, "Precondition failed: Etag missing")
    with _KnownIds(device_id):
        await call.service.registry.hub_devices.delete(
            call.hub, device_id, allows=call.expected.allows, actor=call.actor
        )
    return Answer(204)


async def search(call: Call) -> Answer:
    """GET the list: up to a thousand, ordered by id (iothub 3.2)."""
    top = _top(parameter(tuple(call.parameters), "top"))
    page = await call.service.registry.hub_devices.page(call.hub, DeviceQuery(), limit=top)
    return json_answer([write_device(each, call.version) for each in page.devices])


class _KnownIds:
    """A device that is not there under an id that no hub knows: the id is what is wrong.

    One that is there may have a longer id, from an API that takes it.
    """

    def __init__(self, device_id: str) -> None:
        self._device_id = device_id

    def __enter__(self) -> None:
        """Nothing is known yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if isinstance(error, NotFound):
            check_device_id(self._device_id)


def _top(text: str | None) -> int:
    """Anything that is not 1 to 1000 means 1000."""
    given = (text or "").strip()
    number = int(given) if given.isascii() and given.isdigit() and len(given) <= _MAX_DIGITS else 0
    return number if 1 <= number <= MAX_LISTED else MAX_LISTED


def _shown(found: HubDevice, call: Call) -> Answer:
    members = write_device(found, call.version)
    return json_answer(members, etag=str(members["etag"]))
