"""Devices of a remote hub."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from console.adapters.iothub_bodies import (
    changed_body,
    content_version,
    device_of,
    etag_of,
    new_body,
)
from console.adapters.iothub_bulk import Gatherer, element_of
from console.adapters.iothub_lists import (
    FILTERS,
    WITHOUT_QUERY,
    DeviceList,
    check_query,
    count_devices,
    list_devices,
    position_of,
)
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_together import Together
from console.adapters.ports.lists import ListAbilities
from console.adapters.rest_versions import SEEN
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, RegistryError, Unsupported, VersionMismatch
from registry_backend.domain.identifiers import HUB_DEVICE_ID, check_id, generate_id
from registry_backend.domain.query import (
    Count,
    DeviceQuery,
    DeviceSort,
    Order,
    Page,
    PageRequest,
)

_LISTS_HELD = 4
_TRIES = 3
"""How often a write that any version will do is tried over one that was faster."""


class HubDevices:
    """Devices of a remote hub."""

    def __init__(self, session: HubSession) -> None:
        self.abilities = ListAbilities(filters=FILTERS - {"id_patterns"}, whole_rows=False)
        self._session = session
        self._lists: OrderedDict[DeviceQuery, DeviceList] = OrderedDict()
        self.gatherer = Gatherer(session)
        """Writes devices together."""
        self.reader: Together[JsonObject] = Together(partial(read_device, session))
        """Reads devices, and hands out together what is to be written together."""

    # lists

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """As DevicesPort."""
        self._session.check_tenant(tenant_id)
        check_query(query)
        if order.by is not DeviceSort.ID:
            raise Unsupported("A hub's devices are listed by id only.")
        anew = request.start is None and request.skip == 0
        listed = self._list(query, anew=anew)
        try:
            return await listed.page(order, request)
        finally:
            if listed.denied:
                self.abilities = replace(self.abilities, others=WITHOUT_QUERY)

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """As DevicesPort."""
        self._session.check_tenant(tenant_id)
        check_query(query)
        if query.everything and query not in self._lists:
            return await count_devices(self._session)
        return await self._list(query, anew=False).count()

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """As DevicesPort."""
        self._session.check_tenant(tenant_id)
        check_query(query)
        return position_of(await self._list(query, anew=False).rows(), device_id, order)

    def forget_lists(self) -> None:
        """What was listed is old."""
        self._lists.clear()

    def _list(self, query: DeviceQuery, *, anew: bool) -> DeviceList:
        held = self._lists.get(query)
        if held is None:
            wider = (each for each in self._lists.values() if each.fresh and each.covers(query))
            held = self._lists[query] = DeviceList(self._session, query, next(wider, None))
        elif anew or not held.fresh:
            held = self._lists[query] = DeviceList(self._session, query)
        self._lists.move_to_end(query)
        while len(self._lists) > _LISTS_HELD:
            self._lists.popitem(last=False)
        return held

    # single devices

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """As DevicesPort."""
        self._session.check_tenant(tenant_id)
        return device_of(tenant_id, await read_device(self._session, device_id))

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """As DevicesPort: a PUT without If-Match, answered with 200 or 201 (iothub 1)."""
        self._session.check_tenant(tenant_id)
        named = generate_id() if device_id is None else device_id
        check_id(named, HUB_DEVICE_ID, field="device-id")
        body = new_body(named, attributes)
        if any(character in named for character in "+#;"):
            self._session.tell("Hubs of today refuse + # ; in device ids, and old clients # ? %.")
        self._lists.clear()
        return await self._put(named, body, expected=None)

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """As DevicesPort: read, changed and put back whole, so that nothing is lost."""
        self._session.check_tenant(tenant_id)
        self._lists.clear()
        if expected is None:
            return await self._update_any(device_id, attributes)
        shown = await self._shown(device_id, expected)
        body = changed_body(shown, attributes)
        if await self.gatherer.write(element_of(body, "updateIfMatchETag", etag_of(shown))):
            # a bulk call does not tell the new version
            return device_of(tenant_id, {n: v for n, v in body.items() if n != "etag"})
        try:
            saved = await self._put(device_id, body, expected=etag_of(shown))
        except VersionMismatch as error:
            raise await self._mismatch(device_id, error) from None
        self._session.moved("credentials", device_id, etag_of(shown), saved.version)
        return saved

    async def _update_any(self, device_id: str, attributes: DeviceAttributes) -> Device:
        for _ in range(_TRIES - 1):
            shown = await read_device(self._session, device_id)
            try:
                return await self._put(
                    device_id, changed_body(shown, attributes), expected=etag_of(shown)
                )
            except VersionMismatch:
                continue  # somebody was faster: read what they made of it
        shown = await read_device(self._session, device_id)
        return await self._put(device_id, changed_body(shown, attributes), expected=etag_of(shown))

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """As DevicesPort; If-Match always, the star for any version (iothub 3.2)."""
        self._session.check_tenant(tenant_id)
        self._lists.clear()
        etag = "*"
        if expected is not None:
            etag = self._session.latest("device", device_id, expected)
            if etag.startswith(SEEN):
                etag = etag_of(await self._shown(device_id, etag))
        check_id(device_id, HUB_DEVICE_ID, field="device-id")
        mode = "delete" if etag == "*" else "deleteIfMatchETag"
        try:
            element = {"id": device_id, "importMode": mode, "status": "enabled"}
            if etag != "*":
                element["eTag"] = etag
            if not await self.gatherer.write(element):
                await self._session.send(
                    "DELETE", ("devices", device_id), what=_named(device_id), expected=etag
                )
        except VersionMismatch as error:
            raise await self._mismatch(device_id, error) from None

    async def delete_all(self, tenant_id: str) -> int:
        """As DevicesPort, a thousand at a time; stops where nothing more can be removed."""
        self._session.check_tenant(tenant_id)
        removed = 0
        while listed := await list_devices(self._session):
            outcomes = await asyncio.gather(
                *(self.delete(tenant_id, each.device_id, expected=None) for each in listed),
                return_exceptions=True,
            )
            failed = [each for each in outcomes if isinstance(each, BaseException)]
            others = [each for each in failed if not isinstance(each, NotFound)]
            removed += len(outcomes) - len(failed)
            if others:
                raise others[0]
        return removed

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """None: devices of a hub connect by themselves, or through what its scopes say."""
        self._session.check_tenant(tenant_id)
        return ()

    # what they share

    async def _shown(self, device_id: str, expected: str) -> JsonObject:
        """The device as the hub shows it, with the version that is expected.

        Raises:
            VersionMismatch: when it has another.
        """
        session = self._session
        version = session.latest("device", device_id, expected)
        if (held := session.remembered(device_id, version)) is not None:
            return held
        shown = await self.reader.ask(device_id)
        current = device_of(session.tenant_id, shown)
        same = version == current.version or (
            version.startswith(SEEN) and version == content_version(current.attributes)
        )
        if not same:
            raise VersionMismatch(
                f"Device {device_id} was changed since it was read.", current=current
            )
        return shown

    async def _put(self, device_id: str, body: JsonObject, *, expected: str | None) -> Device:
        what = _named(device_id)
        answer = await self._session.send(
            "PUT", ("devices", device_id), what=what, body=body, expected=expected
        )
        saved = answer.json(what)
        device = device_of(self._session.tenant_id, saved)
        self._session.remember(saved)
        return device

    async def _mismatch(self, device_id: str, error: VersionMismatch) -> RegistryError:
        """The error with what is there now."""
        try:
            current = await self.get(self._session.tenant_id, device_id)
        except NotFound as gone:
            return gone
        return VersionMismatch(error.message, current=current, hint=error.hint)


async def read_device(session: HubSession, device_id: str) -> JsonObject:
    """The device as the hub shows it now. Raises NotFound, also for what a list still shows."""
    what = _named(device_id)
    try:
        answer = await session.send("GET", ("devices", device_id), what=what)
    except NotFound as error:
        late = "A hub's lists may show a device for a while after it was deleted."
        raise NotFound(error.message, hint=error.hint or late) from None
    shown = answer.json(what)
    device_of(session.tenant_id, shown)
    session.remember(shown)
    members: JsonObject = shown
    return members


def _named(device_id: str) -> str:
    return f"device {device_id}"
