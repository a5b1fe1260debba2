"""Devices of a remote Hono."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from console.adapters.hono_bodies import SEEN, content_version, device_body, device_of
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
from console.adapters.hono_results import (
    at_id,
    device_total,
    item_id,
    known_version,
    new_id,
    read_each,
)
from console.adapters.hono_session import HonoSession
from console.adapters.ports.lists import ListAbilities
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import (
    Denied,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Unsupported,
    VersionMismatch,
)
from registry_backend.domain.query import (
    Count,
    DeviceQuery,
    DeviceSort,
    Found,
    Order,
    Page,
    PageRequest,
)

GATEWAYS_FROM = 200
"""Devices whose `via` is read for gateways to choose from."""


class HonoDevices:
    """Devices of a remote Hono."""

    def __init__(self, session: HonoSession) -> None:
        self.abilities = ListAbilities(filters=FOR_DEVICES - {"id_patterns"})
        self._session = session
        self._lists: HeldLists[Device] = HeldLists(monotonic)

    def learned(self) -> None:
        """Offer what the peer turned out to have."""
        if self._session.peer.sorts_by_change:
            self.abilities = replace(self.abilities, sorts=(DeviceSort.ID, DeviceSort.UPDATED))
        if not self._session.peer.lists_devices:
            filters = self.abilities.filters - {"is_gateway"}
            self.abilities = ListAbilities(can_list=False, filters=filters)

    # lists

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
            self.learned()

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
                return await read_each(ids, lambda name: self.get(tenant_id, name))

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
            lambda item: device_of(tenant_id, item_id(item), item, ""),
            what=f"the devices of tenant {tenant_id}",
            on_empty=lambda: self._session.check_tenant(tenant_id),
        )

    async def _can_answer(self, tenant_id: str, query: DeviceQuery) -> None:
        """Raises Unsupported for what this peer cannot find; opens by id where it cannot list."""
        check_devices(query)
        peer = self._session.peer
        if not peer.lists_devices:
            if query.is_gateway is not None:
                raise Unsupported("This registry cannot tell gateways from other devices.")
            whole = max(query.id_contains, key=len, default="")
            if whole and whole not in self._session.known.devices(tenant_id):
                await read_each([whole], lambda name: self.get(tenant_id, name))
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

    # one device

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """As DevicesPort."""
        what, known = _named(tenant_id, device_id), self._session.known
        try:
            answer = await self._session.send("GET", ("devices", tenant_id, device_id), what=what)
        except NotFound:
            known.forget_device(tenant_id, device_id)
            known.save()
            raise
        known.add_devices(tenant_id, [device_id])
        known.save()
        return device_of(tenant_id, device_id, answer.json(what), answer.etag)

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """As DevicesPort."""
        named = () if device_id is None else (device_id,)
        what = f"a new device of tenant {tenant_id}"
        what = what if device_id is None else _named(tenant_id, device_id)
        session = self._session
        try:
            answer = await session.send(
                "POST", ("devices", tenant_id, *named), what=what, body=device_body(attributes)
            )
        except Invalid as error:
            raise at_id(error, "device-id", device_id, session.peer.profile.device_id) from None
        except Denied as error:
            if session.peer.profile.json_errors:
                raise
            # 1.1 has one reason only to refuse a new device, and no words for it (hono 3.5)
            raise LimitReached(error.message, hint="1.1 keeps 100 devices if not told.") from None
        self._lists.clear()
        made = new_id(device_id, answer.json(what) if answer.body else None, what)
        return await self._saved(tenant_id, made, attributes, answer.etag)

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """As DevicesPort."""
        version = await self._version(tenant_id, device_id, expected)
        etag = await self._write("PUT", tenant_id, device_id, version, device_body(attributes))
        self._session.moved("credentials", tenant_id, device_id, version or "", etag)
        return await self._saved(tenant_id, device_id, attributes, etag)

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """As DevicesPort."""
        version = await self._version(tenant_id, device_id, expected)
        await self._write("DELETE", tenant_id, device_id, version, None)
        self._session.known.forget_device(tenant_id, device_id)
        self._session.known.save()

    async def delete_all(self, tenant_id: str) -> int:
        """As DevicesPort; the number is that of just before. Raises Unsupported where it is not."""
        total = 0
        if self._session.peer.lists_devices:
            total = await device_total(self._session, tenant_id)
        what = f"all devices of tenant {tenant_id}"
        await self._session.send("DELETE", ("devices", tenant_id), what=what)
        self._lists.clear()
        return total

    async def _write(
        self,
        method: str,
        tenant_id: str,
        device_id: str,
        version: str | None,
        body: JsonObject | None,
    ) -> str:
        """The new version. Raises VersionMismatch with what is there now."""
        self._lists.clear()
        try:
            answer = await self._session.send(
                method,
                ("devices", tenant_id, device_id),
                what=_named(tenant_id, device_id),
                body=body,
                expected=version,
            )
        except VersionMismatch as error:
            current = await self.get(tenant_id, device_id)
            raise VersionMismatch(error.message, current=current, hint=error.hint) from None
        return answer.etag

    async def _version(self, tenant_id: str, device_id: str, expected: str | None) -> str | None:
        """The ETag to name: that of a list's row is learned by reading, and comparing with it."""
        if expected is None:
            return None
        if not expected.startswith(SEEN):
            latest = self._session.latest("device", tenant_id, device_id, expected)
            if latest == expected:
                return expected
            # only where both parts share a version did our write to the other move this one
            current = await self.get(tenant_id, device_id)
            return latest if current.version == latest else expected
        current = await self.get(tenant_id, device_id)
        if content_version(device_body(current.attributes)) != expected:
            raise VersionMismatch(
                f"Device {device_id} is not as the list shows it any more.", current=current
            )
        return known_version(current.version)

    async def _saved(
        self, tenant_id: str, device_id: str, sent: DeviceAttributes, etag: str
    ) -> Device:
        """What is there after a write; the peer's own times are read where it keeps any."""
        if self._session.peer.profile.device_status:
            try:
                saved = await self.get(tenant_id, device_id)
            except RegistryError:
                pass  # it was written all the same
            else:
                if saved.version == etag or not etag:
                    return saved
        self._session.known.add_devices(tenant_id, [device_id])
        self._session.known.save()
        return device_of(tenant_id, device_id, device_body(sent), etag)


def _by_change(direction: str) -> tuple[str, str]:
    return ("sortJson", compact_json({"field": "/status/updated", "direction": direction}))


def _named(tenant_id: str, device_id: str) -> str:
    return f"device {device_id} of tenant {tenant_id}"
