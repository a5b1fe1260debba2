"""What a peer shows against the rules of writing, or cannot be read, harms no other row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from console.adapters.hono import HonoAdapter
from console.adapters.hono_bodies import NotWhole
from registry_backend.domain.errors import Fault, NotFound
from registry_backend.domain.query import DeviceQuery, Order, PageRequest, TenantQuery
from tests.console.test_rest import answering
from tests.contract.adapter_help import need

TENANTS: list[dict[str, Any]] = [
    {"id": "alias", "alias": "Ü"},
    {"id": "all-off", "adapters": []},
    {"id": "backward", "trusted-ca": [{"not-before": "2030-01-01T00:00:00Z",
                                       "not-after": "2020-01-01T00:00:00Z"}]},
    {"id": "odd", "enabled": "yes!", "ext": {"site": "oslo"}},
    {"alias": "nameless"},
    {"id": "plain"},
]  # fmt: skip
DEVICES: list[Any] = [
    {"id": "both", "memberOf": ["g"], "via": ["gw"]},
    {"id": "odd", "enabled": "yes!", "via": ["gw"]},
    "rubbish",
    {"id": "plain"},
]


@dataclass
class LoosePeer:
    """A registry of another make: it lists anything, and shows each by its id."""

    lists: bool = True
    asked: list[str] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """A list, one record, or a write that is noted."""
        kind, *ids = request.path.removeprefix("/v1/").split("/")
        records = TENANTS if kind == "tenants" else DEVICES
        if len(ids) == (0 if kind == "tenants" else 1):
            if not self.lists:
                return web.Response(status=405)
            first = int(request.query["pageOffset"]) * int(request.query["pageSize"])
            rows = records[first : first + int(request.query["pageSize"])]
            return web.json_response({"total": len(records), "result": rows})
        if request.method != "GET":
            self.asked.append(f"{request.method} {request.headers.get('If-Match')}")
            return web.Response(status=204)
        for record in records:
            if isinstance(record, dict) and record.get("id") == ids[-1]:
                shown = {name: value for name, value in record.items() if name != "id"}
                return web.json_response(shown, headers={"ETag": "e-1"})
        return web.json_response({"error": "none"}, status=404)


@asynccontextmanager
async def console_on(peer: LoosePeer) -> AsyncIterator[tuple[HonoAdapter, list[str]]]:
    """The adapter, and what it was told."""
    notices: list[str] = []
    async with answering(peer.handle) as endpoint:
        adapter = HonoAdapter(endpoint)
        adapter.on_notice = notices.append
        async with adapter:
            yield adapter, notices


async def test_tenants_that_break_rules_of_writing_are_listed_and_opened() -> None:
    """Those rules are for who writes; each member stays as it is shown."""
    async with console_on(LoosePeer()) as (adapter, notices):
        tenants = need(adapter.tenants)
        page = await tenants.page(TenantQuery(), PageRequest())
        assert [row.tenant_id for row in page.rows] == [
            *("alias", "all-off", "backward", "odd"),
            *("(row 5 without an id)", "plain"),
        ]
        assert page.rows[0].attributes.alias == "Ü"
        assert page.rows[1].attributes.adapters == ()
        assert page.rows[2].attributes.trusted_ca[0].not_after is not None
        assert page.rows[3].attributes.ext == {"site": "oslo"}
        assert len(notices) == 2
        assert "Tenant odd cannot be read as the registry shows it: enabled:" in notices[0]
        assert "row 5 came without an id" in notices[1]
        assert (await tenants.get("alias")).version == "e-1"
        again = await tenants.page(TenantQuery(), PageRequest(start=page.cursors[3], limit=1))
        assert [row.tenant_id for row in again.rows] == ["(row 5 without an id)"]
        assert len(notices) == 2


@pytest.mark.parametrize("lists", [True, False])
async def test_devices_too_where_they_are_listed_and_where_they_are_known(lists: bool) -> None:
    """Each unreadable one is named once."""
    async with console_on(LoosePeer(lists=lists)) as (adapter, notices):
        devices = need(adapter.devices)
        adapter._session.known.add_devices("yard", ["both", "odd", "plain"])
        before = len(notices)
        page = await devices.page("yard", DeviceQuery(), Order(), PageRequest())
        named = [row.device_id for row in page.rows]
        nameless = ["(row 3 without an id)"] if lists else []
        assert named == ["both", "odd", *nameless, "plain"]
        assert page.rows[0].attributes.via == ("gw",)
        assert page.rows[0].attributes.member_of == ("g",)
        assert page.rows[1].attributes.via == ("gw",)
        assert len(notices) - before == 1 + len(nameless)
        await devices.page("yard", DeviceQuery(), Order(), PageRequest())
        assert len(notices) - before == 1 + len(nameless)


async def test_a_record_that_cannot_be_read_whole_is_not_written_but_can_be_deleted() -> None:
    """A change would lose what could not be read."""
    peer = LoosePeer()
    async with console_on(peer) as (adapter, _):
        devices, tenants = need(adapter.devices), need(adapter.tenants)
        page = await devices.page("yard", DeviceQuery(), Order(), PageRequest())
        odd = page.rows[1]
        with pytest.raises(NotWhole, match="enabled: must be true or false") as caught:
            await devices.get("yard", "odd")
        assert isinstance(caught.value, Fault)
        off = odd.attributes.model_copy(update={"enabled": False})
        with pytest.raises(NotWhole):
            await devices.update("yard", "odd", off, expected=odd.version)
        assert peer.asked == []
        await devices.delete("yard", "odd", expected=odd.version)
        assert peer.asked == ["DELETE e-1"]
        listed = await tenants.page(TenantQuery(), PageRequest())
        odd_tenant = listed.rows[3]
        with pytest.raises(NotWhole):
            await tenants.update("odd", odd_tenant.attributes, expected=odd_tenant.version)
        await tenants.delete("odd", expected=odd_tenant.version)
        assert peer.asked == ["DELETE e-1"] * 2


async def test_a_row_without_an_id_is_not_there_when_it_is_opened() -> None:
    """Nobody knows what to ask for."""
    async with console_on(LoosePeer()) as (adapter, _):
        with pytest.raises(NotFound):
            await need(adapter.devices).get("yard", "(row 3 without an id)")
