"""Devices over HTTP (hono 1, 2.4)."""

from __future__ import annotations

import json

from registry_backend.api.answers import Answer
from registry_backend.api.hono.bodies import (
    created,
    json_answer,
    no_content,
    optional_json,
    required_json,
)
from registry_backend.api.hono.search import search_answer, skipped
from registry_backend.api.hono.service import Call
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.registry.owners import MissingOwner
from registry_backend.wire.hono import keep_device, read_device, shown_device, write_device
from registry_backend.wire.hono_search import device_query, read_search


async def create(call: Call) -> Answer:
    """POST: under the given id, or a generated one."""
    profile = call.service.profile
    tenant_id, *named = call.ids
    device = await call.service.registry.devices.create(
        tenant_id,
        named[0] if named else None,
        read_device(optional_json(call), profile),
        actor=call.actor,
        rule=profile.device_id,
        missing=MissingOwner.CREATE if profile.creates_owners else MissingOwner.REFUSE,
    )
    return created(device.version, "devices", tenant_id, device.device_id)


async def get(call: Call) -> Answer:
    """GET one."""
    device = await call.service.registry.devices.get_stored(*call.ids)
    shown = shown_device(
        json.loads(device.document),
        call.service.profile,
        created_at=device.created_at,
        updated_at=device.updated_at,
    )
    return json_answer(200, shown, version=device.version)


async def update(call: Call) -> Answer:
    """PUT: replaces the whole object, but for what this client cannot see."""
    profile = call.service.profile

    def keep(new: DeviceAttributes, stored: JsonObject) -> DeviceAttributes:
        return keep_device(new, stored, profile)

    tenant_id, device_id = call.ids
    device = await call.service.registry.devices.update(
        tenant_id,
        device_id,
        read_device(required_json(call), profile),
        expected=call.expected,
        actor=call.actor,
        keep=keep,
    )
    return no_content(device.version)


async def delete(call: Call) -> Answer:
    """DELETE one, with its credentials."""
    tenant_id, device_id = call.ids
    registry = call.service.registry
    if not call.service.profile.quiet_device_delete:
        await registry.tenants.get(tenant_id)
    await registry.devices.delete(tenant_id, device_id, expected=call.expected, actor=call.actor)
    return no_content()


async def delete_all(call: Call) -> Answer:
    """DELETE every device of the tenant; good also where there is none (hono 3.4)."""
    await call.service.registry.devices.delete_all(call.ids[0], actor=call.actor)
    return no_content()


async def search(call: Call) -> Answer:
    """GET the list."""
    asked = read_search(call.parameters)
    profile = call.service.profile
    found = await call.service.registry.devices.search(
        call.ids[0],
        device_query(asked),
        asked.sorts,
        skip=skipped(call, asked),
        limit=asked.page_size,
    )

    def row(device: Device) -> dict[str, object]:
        return {"id": device.device_id, **write_device(device, profile)}

    return search_answer(found, row, what="device")
