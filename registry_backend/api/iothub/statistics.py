"""Counts over HTTP, from those that every write keeps (iothub 4.4)."""

from __future__ import annotations

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.service import Call, json_answer
from registry_backend.wire.iothub_device_statistics import (
    write_service_statistics,
    write_statistics,
)


async def devices(call: Call) -> Answer:
    """GET the devices by status."""
    return json_answer(
        write_statistics(await call.service.registry.hub_devices.statistics(call.hub))
    )


async def service(call: Call) -> Answer:
    """GET how many devices are connected: none, since no device connects to a registry."""
    await call.service.registry.hub_devices.statistics(call.hub)
    return json_answer(write_service_statistics(0))
