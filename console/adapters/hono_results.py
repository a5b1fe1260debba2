"""What the ports of a remote Hono share in reading its answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from console.adapters.hono_bodies import NotWhole, device_of
from console.adapters.hono_session import HonoSession
from console.adapters.rest_versions import SEEN
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import Fault, FieldProblem, Invalid, NotFound
from registry_backend.domain.identifiers import allowed_in

RowT = TypeVar("RowT")
Tell = Callable[[str], None]

AT_ONCE = 8
"""Records read one by one are read so many at a time."""


async def device_total(session: HonoSession, tenant_id: str, *parameters: tuple[str, str]) -> int:
    """How many devices of the tenant the peer finds; none when the tenant is not there."""
    query = (("pageSize", "1"), ("pageOffset", "0"), *parameters)
    what = f"the devices of tenant {tenant_id}"
    answer = await session.send(
        "GET", ("devices", tenant_id), what=what, query=query, accept=frozenset({404})
    )
    found = answer.json(what) if answer.status == 200 else {}
    total = found.get("total", 0) if isinstance(found, dict) else 0
    return total if isinstance(total, int) else 0


async def read_device(session: HonoSession, tenant_id: str, device_id: str) -> Device:
    """The device as the peer shows it now; its id is known from then on, or no longer.

    Raises NotFound.
    """
    what, known = device_named(tenant_id, device_id), session.known
    try:
        answer = await session.send("GET", ("devices", tenant_id, device_id), what=what)
    except NotFound:
        known.forget_device(tenant_id, device_id)
        known.save()
        raise
    known.add_devices(tenant_id, [device_id])
    known.save()
    return device_of(tenant_id, device_id, answer.json(what), answer.etag)


def device_named(tenant_id: str, device_id: str) -> str:
    """The device in a message."""
    return f"device {device_id} of tenant {tenant_id}"


def item_id(item: Any) -> str:
    """The id of a search result; empty when it has none."""
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def listed(
    item: Any, row_of: Callable[[str, Any], RowT], tell: Tell, *, what: str, place: int
) -> RowT:
    """A search result as a row; one that cannot be read as it should be is told of.

    It stays in its place, since lists are read on by place.

    Args:
        item: The result.
        row_of: Reads the result of an id. Raises NotWhole.
        tell: Told of it.
        what: Names the list.
        place: How many results stand before it in the list.
    """
    name = item_id(item)
    if not name:
        name = f"(row {place + 1} without an id)"
        tell(f"{what[:1].upper()}{what[1:]}: row {place + 1} came without an id.")
    try:
        return row_of(name, item if isinstance(item, dict) else {})
    except NotWhole as error:
        return cast("RowT", _rest(error, tell))


def _rest(error: NotWhole, tell: Tell) -> object:
    tell(f"{error.message} It is listed without that.")
    return error.rest


def new_id(given: str | None, body: Any, what: str) -> str:
    """The id of what was created. Raises Fault when the peer does not say."""
    if given is not None:
        return given
    made = body.get("id") if isinstance(body, dict) else None
    if not isinstance(made, str) or not made:
        raise Fault(f"{what[:1].upper()}{what[1:]} was created, but the registry gave no id.")
    return made


def known_version(version: str) -> str | None:
    """A version that the peer understands; None where it gave no ETag."""
    return None if version.startswith(SEEN) else version


async def read_each(
    ids: Sequence[str], get: Callable[[str], Awaitable[RowT]], tell: Tell
) -> list[RowT]:
    """Each record of these ids that is there, as far as it can be read, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> RowT | None:
        async with gate:
            try:
                return await get(name)
            except NotWhole as error:
                return cast("RowT", _rest(error, tell))
            except (NotFound, Invalid):  # an id half typed may be none at all
                return None

    reading = [asyncio.ensure_future(one(name)) for name in ids]
    try:
        found = await asyncio.gather(*reading)
    finally:
        for each in reading:
            each.cancel()  # once one has failed, the others are not worth asking for
        await asyncio.gather(*reading, return_exceptions=True)
    return [record for record in found if record is not None]


def at_id(error: Invalid, field: str, given: str | None, pattern: re.Pattern[str]) -> Invalid:
    """The error at the field of the id, where the id breaks the usual pattern."""
    if given is None or error.problems or pattern.fullmatch(given):
        return error
    problem = FieldProblem(field, f"use {allowed_in(pattern)}")
    return Invalid(problems=[problem], hint=error.message)
