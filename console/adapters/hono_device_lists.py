"""Lists of a remote Hono's devices: what it finds by itself, and what is looked through here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic

from console.adapters.hono_bodies import device_of
from console.adapters.hono_filters import (
    FOR_DEVICES,
    Parameters,
    asked,
    check_devices,
    complete,
    device_test,
)
from console.adapters.hono_lists import CheckedList, HeldLists, RemoteList
from console.adapters.hono_paging import (
    KnownRows,
    RowList,
    Walk,
    page_of,
    place_of,
    position_of,
)
from console.adapters.hono_results import device_total, item_id, read_device, read_each
from console.adapters.hono_session import HonoSession
from console.adapters.ports.lists import ListAbilities
from registry_backend.domain.devices import Device
from registry_backend.domain.document import compact_json
from registry_backend.domain.errors import Unsupported
from registry_backend.domain.query import (
    Count,
    DeviceQuery,
    DeviceSort,
    Found,
    Order,
    Page,
    PageRequest,
)

_FILTERS = FOR_DEVICES - {"id_patterns"}
GATEWAYS_FROM = 200
"""Devices whose `via` is read for gateways to choose from."""


class HonoDeviceLists:
    """The half of DevicesPort that lists."""

    def __init__(self, session: HonoSession) -> None:
        self.abilities = ListAbilities(filters=_FILTERS)
        self._session = session
        self._lists: HeldLists[Device] = HeldLists(monotonic)

    def learned(self) -> None:
        """Offer what the peer turned out to have."""
        self._lists.clear()
        self._offer()

    def _offer(self) -> None:
        peer = self._session.peer
        if not peer.lists_devices:
            filters = _FILTERS - {"is_gateway"}
            self.abilities = ListAbilities(can_list=False, can_empty=False, filters=filters)
            return
        by_change = (DeviceSort.UPDATED,) if peer.sorts_by_change else ()
        self.abilities = ListAbilities(sorts=(DeviceSort.ID, *by_change), filters=_FILTERS)

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """As DevicesPort."""
        if order.by not in self.abilities.sorts:
            raise Unsupported("This registry lists devices by id only.")
        await self._can_answer(tenant_id, query)
        rows = self._list(tenant_id, query, order.by, request)
        return await page_of(rows, request, descending=order.descending)

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """As DevicesPort."""
        await self._can_answer(tenant_id, query)
        count = await self._list(tenant_id, query, DeviceSort.ID, None).count()
        if count.value > 1 and self._session.peer.sorts_by_change is None:
            await self._learn_sorting(tenant_id)
        return count

    async def _learn_sorting(self, tenant_id: str) -> None:
        """Ask for both ends of the order by change: who ignores it shows the same (hono 3.7)."""
        peer = self._session.peer
        first, last = await asyncio.gather(
            *(
                self._remote(tenant_id, (_by_change(direction),)).search(1, 0)
                for direction in ("asc", "desc")
            ),
            return_exceptions=True,
        )
        if isinstance(first, Found) and isinstance(last, Found) and first.rows and last.rows:
            peer.sorts_by_change = item_id(first.rows[0]) != item_id(last.rows[0])
            self._offer()

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """As DevicesPort."""
        await self._can_answer(tenant_id, query)
        rows = self._list(tenant_id, query, order.by, None)
        if order.by is DeviceSort.ID:
            before = await position_of(rows, device_id, lambda device: device.device_id)
        else:
            before = await place_of(rows, lambda device: device.device_id == device_id)
        if not order.descending:
            return before
        found = await rows.read(before, 1)
        here = bool(found.rows) and found.rows[0].device_id == device_id
        return (await rows.count()).value - before - (1 if here else 0)

    def _list(
        self, tenant_id: str, query: DeviceQuery, by: DeviceSort, request: PageRequest | None
    ) -> RowList[Device]:
        key = (tenant_id, query, by)
        return self._lists.get(key, request, lambda: self._make_list(tenant_id, query, by))

    def _make_list(self, tenant_id: str, query: DeviceQuery, by: DeviceSort) -> RowList[Device]:
        session, fits = self._session, device_test(query)

        def passes(device: Device) -> bool:
            return fits(device.device_id, device.attributes)

        if not session.peer.lists_devices:

            async def fetch(ids: Sequence[str]) -> Sequence[Device]:
                return await self._read_each(tenant_id, ids)

            known = KnownRows(session.known.devices(tenant_id), fetch, lambda d: d.device_id)
            return known if query.everything else Walk(known, passes, session.tell)

        def open_list(parameters: Parameters) -> RemoteList[Device]:
            order = () if by is DeviceSort.ID else (_by_change("asc"),)
            return self._remote(tenant_id, (*parameters, *order))

        return CheckedList(session, open_list, asked(query), passes, complete=complete(query))

    def _remote(self, tenant_id: str, parameters: Parameters) -> RemoteList[Device]:
        return RemoteList(
            self._session,
            ("devices", tenant_id),
            parameters,
            lambda device_id, item: device_of(tenant_id, device_id, item, ""),
            what=f"the devices of tenant {tenant_id}",
            on_empty=lambda: self._session.check_tenant(tenant_id),
        )

    async def _read_each(self, tenant_id: str, ids: Sequence[str]) -> Sequence[Device]:
        async def get(name: str) -> Device:
            return await read_device(self._session, tenant_id, name)

        return await read_each(ids, get, self._session.tell)

    async def _can_answer(self, tenant_id: str, query: DeviceQuery) -> None:
        """Raises Unsupported for what this peer cannot find; opens by id where it cannot list."""
        check_devices(query)
        peer = self._session.peer
        if not peer.lists_devices:
            if query.is_gateway is not None:
                raise Unsupported("This registry cannot tell gateways from other devices.")
            whole = max(query.id_contains, key=len, default="")
            if whole and whole not in self._session.known.devices(tenant_id):
                await self._read_each(tenant_id, [whole])
        elif query.is_gateway is not None and not await self._tells_gateways(tenant_id):
            raise Unsupported(
                "This registry ignores the question for gateways: it is older than Hono 2.5."
            )

    async def _tells_gateways(self, tenant_id: str) -> bool:
        """Whether gateways and the others add up to all devices; an older Hono gives all twice."""
        peer = self._session.peer
        if peer.tells_gateways is None:
            everything, gateways, others = await asyncio.gather(
                device_total(self._session, tenant_id),
                device_total(self._session, tenant_id, ("isGateway", "true")),
                device_total(self._session, tenant_id, ("isGateway", "false")),
            )
            if not everything:
                return True
            peer.tells_gateways = gateways + others == everything
        return peer.tells_gateways

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """As DevicesPort; of a large tenant, those that its first devices name."""
        request = PageRequest(limit=GATEWAYS_FROM)
        page = await self.page(tenant_id, DeviceQuery(), Order(), request)
        named = {name for device in page.rows for name in device.attributes.via}
        if page.more:
            try:
                some = await self.page(tenant_id, DeviceQuery(is_gateway=True), Order(), request)
            except Unsupported:
                return sorted(named)
            named |= {device.device_id for device in some.rows}
        return sorted(named)


def _by_change(direction: str) -> tuple[str, str]:
    return ("sortJson", compact_json({"field": "/status/updated", "direction": direction}))
