"""Queries over HTTP, page by page (iothub 2.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.bodies import read_json
from registry_backend.api.iothub.devices import MAX_LISTED
from registry_backend.api.iothub.service import Call, json_answer
from registry_backend.domain.document import JsonObject
from registry_backend.domain.hub_devices import HubDevice
from registry_backend.domain.query import Cursor
from registry_backend.registry.hub_devices import HubPage
from registry_backend.wire.iothub_device import object_of
from registry_backend.wire.iothub_device_errors import ARGUMENT_INVALID, ARGUMENT_NULL, HubInvalid
from registry_backend.wire.iothub_device_query import HubQuery, parse_query
from registry_backend.wire.iothub_device_twin import project, write_twin

MAX_ITEMS = "x-ms-max-item-count"
CONTINUATION = "x-ms-continuation"
ITEM_TYPE = "x-ms-item-type"
USUAL_PAGE = 100
MAX_IDS = 100
"""Devices that one query may name."""


async def search(call: Call) -> Answer:
    """POST a query; further pages are asked for with the continuation of the one before."""
    text = object_of(read_json(call), "The body").get("query")
    if not isinstance(text, str) or not text.strip():
        raise HubInvalid(ARGUMENT_NULL, "query is missing.")
    query = parse_query(text)
    headers = {ITEM_TYPE: query.item_type}
    if query.count_as is not None:
        return json_answer([{query.count_as: await _count(call, query)}], headers=headers)
    page = await _page(call, query)
    if page.next is not None:
        headers[CONTINUATION] = base64.urlsafe_b64encode(page.next.encode()).decode("ascii")
    return json_answer([_shown(each, query) for each in page.devices], headers=headers)


async def _page(call: Call, query: HubQuery) -> HubPage:
    if query.ids is not None:
        return HubPage(await _named(call, query), None)
    start = _cursor(call.headers.get(CONTINUATION))
    limit = _page_size(call.headers.get(MAX_ITEMS))
    devices = call.service.registry.hub_devices
    return await devices.page(call.hub, query.devices, limit=limit, start=start)


async def _named(call: Call, query: HubQuery) -> Sequence[HubDevice]:
    """The devices that the query names and that fit it: each is the first of its own prefix."""
    ids = sorted(query.ids or ())
    if len(ids) > MAX_IDS:
        raise HubInvalid(ARGUMENT_INVALID, f"A query names at most {MAX_IDS} devices.")
    found = []
    for device_id in ids:
        if not device_id.startswith(query.devices.id_prefix):
            continue
        asked = replace(query.devices, id_prefix=device_id)
        page = await call.service.registry.hub_devices.page(call.hub, asked, limit=1)
        found += [each for each in page.devices if each.device_id == device_id]
    return found


async def _count(call: Call, query: HubQuery) -> int:
    if query.ids is not None:
        return len(await _named(call, query))
    return await call.service.registry.hub_devices.count(call.hub, query.devices)


def _shown(found: HubDevice, query: HubQuery) -> JsonObject:
    twin = write_twin(found)
    return twin if query.columns is None else project(twin, query.columns)


def _page_size(text: str | None) -> int:
    given = (text or "").strip()
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    return min(number, MAX_LISTED) if number else USUAL_PAGE


def _cursor(text: str | None) -> Cursor | None:
    """Where the page before ended. Raises HubInvalid."""
    if not text or not text.strip():
        return None
    try:
        return Cursor(base64.urlsafe_b64decode(text.strip()).decode())
    except (binascii.Error, ValueError):
        raise HubInvalid(
            ARGUMENT_INVALID, f"{CONTINUATION} is not one that was given here."
        ) from None
