"""Lists of a hub's devices: a thousand at once, others by query, sorted (iothub 3.2, 5.6)."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import fields, replace
from time import monotonic
from typing import Any

from console.adapters.iothub_bodies import device_of, twin_device_of
from console.adapters.iothub_session import HubSession
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Denied, Fault, Unsupported
from registry_backend.domain.patterns import pattern_test
from registry_backend.domain.query import Count, Cursor, DeviceQuery, Order, Page, PageRequest
from registry_backend.wire.iothub_device_statistics import parse_statistics

AT_MOST = 1_000
"""Devices that a hub lists without a query (iothub 3.2)."""
MOST_READ = 5_000
"""Devices read for one list; whoever has more filters, or exports."""
TOO_MANY = "they come in the hub's own order, a page at a time."
NOT_ALLOWED = "the policy of the connection string may not query for the others (ServiceConnect)."
BY_FILTER = "Filter by the beginning of the id, such as pump-1*, or export."
WITHOUT_QUERY = (
    "Export into a blob container, which needs no query, or see one with idconsole get device ID; "
    "a policy with ServiceConnect, such as iothubowner, lists them."
)
"""What is left to a policy that may not query (iothub 7.2)."""
FRESH_SECONDS = 10.0
FILTERS = frozenset({"id_prefix", "id_contains", "id_patterns", "enabled"})
"""Conditions that can be honoured, by the hub or here."""
CONTINUATION = "x-ms-continuation"


class DeviceList:
    """What one filter finds, read once, sorted by id.

    Args:
        session: The connection.
        query: The conditions.
        wider: A list that holds all that this one could find; None: the hub is asked.
    """

    def __init__(
        self, session: HubSession, query: DeviceQuery, wider: DeviceList | None = None
    ) -> None:
        self._session, self._query, self._wider = session, query, wider
        self._lock = asyncio.Lock()
        self._rows: list[Device] | None = None
        self._cut = ""
        """Why the hub was not read to its end; empty when it was."""
        self._total = 0
        """Devices of the hub, as it says, where it has more than it lists."""
        self._looked_at = 0
        """Devices that were read before the filter was applied."""
        self.made: float = monotonic() if wider is None else wider.made

    @property
    def fresh(self) -> bool:
        """Whether it was read a moment ago."""
        return monotonic() - self.made <= FRESH_SECONDS

    @property
    def denied(self) -> bool:
        """Whether the policy was found not to allow queries."""
        return self._cut is NOT_ALLOWED

    def covers(self, query: DeviceQuery) -> bool:
        """Whether all that the query could find has been read here, so that nobody need ask."""
        return self._rows is not None and not self._cut and implies(query, self._query)

    async def rows(self) -> list[Device]:
        """The devices in order of their ids."""
        async with self._lock:
            if self._rows is None:
                self._rows = await self._read()
            return self._rows

    async def count(self) -> Count:
        """How many there are to look at, and of how many, where only the first ones were read."""
        rows = await self.rows()
        if not self._cut:
            return Count(len(rows))
        if self._query.everything:
            return Count(len(rows), of=max(self._total, len(rows)))
        return Count(len(rows), of=0, among=(self._looked_at, max(self._total, self._looked_at)))

    async def page(self, order: Order, request: PageRequest) -> Page[Device]:
        """A stretch of it; where the list is cut short, it says so by itself."""
        page = page_of(await self.rows(), order, request)
        return replace(page, count=await self.count()) if self._cut else page

    async def _read(self) -> list[Device]:
        passes = device_test(self._query)
        if self._wider is not None:
            return [each for each in await self._wider.rows() if passes(each)]
        session = self._session
        listed = await list_devices(session)
        found = {each.device_id: each for each in listed}
        if len(listed) >= AT_MOST:
            self._total = await total_devices(session)
            if self._total > len(found) or self._total == 0:
                await self._read_on(found)
        rows = [found[device_id] for device_id in sorted(found) if passes(found[device_id])]
        self._looked_at = len(found)
        if self._cut:
            self._tell_of_cut(len(found), len(rows))
        return rows

    async def _read_on(self, found: dict[str, Device]) -> None:
        """What a thousand do not hold; rows of a query are hints, so what was listed counts."""
        session = self._session
        token: str | None = None
        while True:
            try:
                rows, token = await query_devices(session, where_of(self._query), token)
            except Denied:
                self._cut = NOT_ALLOWED
                return
            for row in rows:
                device = twin_device_of(session.tenant_id, row)
                found.setdefault(device.device_id, device)
            if token is None:
                return
            if len(found) >= MOST_READ:
                self._cut = TOO_MANY
                return

    def _tell_of_cut(self, read: int, matching: int) -> None:
        """Say that there are more. Raises Unsupported when none of those read will do."""
        advice = WITHOUT_QUERY if self._cut is NOT_ALLOWED else BY_FILTER
        first = f"the first {read:,} of {self._total:,} devices"
        if not matching:
            raise Unsupported(
                f"None of {first} matches, and the others were not read: {self._cut}",
                hint=advice,
            )
        looked = self._cut is NOT_ALLOWED and not self._query.everything
        if looked or self._query.id_contains or self._query.id_patterns:
            self._session.tell(
                f"{matching:,} of {first} match, and the others were not read: {self._cut} {advice}"
            )
        else:
            self._session.tell(f"Showing {first}: {self._cut} {advice}")


async def list_devices(session: HubSession) -> list[Device]:
    """Up to a thousand devices, with their keys, in no order (iothub 3.2)."""
    members = await list_members(session)
    return [device_of(session.tenant_id, each) for each in members]


async def list_members(session: HubSession) -> list[JsonObject]:
    """The same as the hub shows them; what it shows is remembered. Raises Fault."""
    what = f"the devices of hub {session.tenant_id}"
    answer = await session.send("GET", ("devices",), what=what, query=(("top", str(AT_MOST)),))
    found = answer.json(what)
    if not isinstance(found, list):
        raise Fault(f"{what[:1].upper()}{what[1:]} came as something else than an array.")
    for each in found:
        session.remember(each)
    return found


async def query_devices(
    session: HubSession, where: str, continuation: str | None
) -> tuple[list[Any], str | None]:
    """Up to a thousand rows of a query, and where it goes on (iothub 2.2).

    Raises:
        Denied: saying what a policy without the right to query can do.
    """
    what = f"the devices of hub {session.tenant_id}"
    headers = {"x-ms-max-item-count": str(AT_MOST)}
    if continuation:
        headers[CONTINUATION] = continuation
    text = f"select * from devices{where}"  # noqa: S608 - a hub's language; quotes are doubled
    try:
        answer = await session.send(
            "POST",
            ("devices", "query"),
            what=what,
            body={"query": text},
            headers=headers,
            repeatable=True,
        )
    except Denied as error:
        raise Denied(error.message, hint=WITHOUT_QUERY) from None
    found = answer.json(what)
    if not isinstance(found, list):
        raise Fault(f"{what[:1].upper()}{what[1:]} came as something else than an array.")
    return found, answer.headers.get(CONTINUATION) or None


async def total_devices(session: HubSession) -> int:
    """How many devices the hub says it has; its figure lags (iothub 4.4)."""
    what = f"the number of devices of hub {session.tenant_id}"
    answer = await session.send("GET", ("statistics", "devices"), what=what)
    return parse_statistics(answer.json(what)).total


async def count_devices(session: HubSession) -> Count:
    """How many there are, without reading them all: as the hub says, beyond what it lists."""
    listed = len(await list_members(session))
    if listed < AT_MOST:
        return Count(listed)
    return Count(max(listed, await total_devices(session)), exact=False)


def where_of(query: DeviceQuery) -> str:
    """The conditions that a hub has words for."""
    parts = []
    if query.id_prefix:
        parts.append(f"startswith(deviceId, '{query.id_prefix.replace(chr(39), chr(39) * 2)}')")
    if query.enabled is not None:
        parts.append(f"status = '{'enabled' if query.enabled else 'disabled'}'")
    return f" where {' and '.join(parts)}" if parts else ""


def implies(query: DeviceQuery, wider: DeviceQuery) -> bool:
    """Whether every device that has what the query asks has what the wider one asks."""
    return (
        query.id_prefix.startswith(wider.id_prefix)
        and all(
            any(part in each for each in (*query.id_contains, query.id_prefix))
            for part in wider.id_contains
        )
        and wider.enabled in (None, query.enabled)
        and set(wider.id_patterns) <= set(query.id_patterns)
    )


def device_test(query: DeviceQuery) -> Any:
    """Whether a device has what the query asks. Raises Unsupported for what no hub answers."""
    check_query(query)
    patterns = [pattern_test(each) for each in query.id_patterns]

    def passes(device: Device) -> bool:
        return (
            device.device_id.startswith(query.id_prefix)
            and all(part in device.device_id for part in query.id_contains)
            and all(fits(device.device_id) for fits in patterns)
            and query.enabled in (None, device.enabled)
        )

    return passes


def check_query(query: DeviceQuery) -> None:
    """Raises Unsupported for a condition that neither a hub nor we can answer."""
    for field in fields(DeviceQuery):
        if field.name not in FILTERS and getattr(query, field.name) != field.default:
            told = _WORDS.get(field.name, field.name)
            raise Unsupported(
                f"An IoT Hub cannot list devices by {told}.",
                hint="Filter by a part of the id, its beginning, enabled or disabled.",
            )


_WORDS: Mapping[str, str] = {
    "credential_type": "has:TYPE",
    "expires_before": "expires<DATE",
    "is_gateway": "gateway:",
    "via": "via:",
    "attributes": "members of their documents",
}


def page_of(rows: list[Device], order: Order, request: PageRequest) -> Page[Device]:
    """A stretch of a list that is held whole; a cursor is the id of a row."""
    ids = [row.device_id for row in rows]
    forward = request.backward == order.descending
    if forward:
        first = 0 if request.start is None else bisect_right(ids, request.start)
        first = min(len(ids), first + request.skip)
        last = min(len(ids), first + request.limit)
        more = last < len(ids)
    else:
        last = len(ids) if request.start is None else bisect_left(ids, request.start)
        last = max(0, last - request.skip)
        first = max(0, last - request.limit)
        more = first > 0
    found = rows[first:last]
    if order.descending:
        found = found[::-1]
    return Page(found, [Cursor(row.device_id) for row in found], more and bool(found))


def position_of(rows: list[Device], device_id: str, order: Order) -> int:
    """How many rows stand before the place of this id."""
    ids = [row.device_id for row in rows]
    if order.descending:
        return len(ids) - bisect_right(ids, device_id)
    return bisect_left(ids, device_id)
