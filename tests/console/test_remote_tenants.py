"""Tenants of a remote Hono: what is said of them, and what their deletion does there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from aiohttp import web
from textual.pilot import Pilot

from console.adapters.hono import HonoAdapter
from console.adapters.rest_endpoint import Endpoint
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.widgets.context_bar import ContextBar
from registry_backend.domain.query import DeviceQuery, PageRequest, TenantQuery
from registry_backend.domain.tenants import TenantAttributes
from tests.console.conftest import RunConsole, settled
from tests.console.hands import (
    at_rest,
    detail_text,
    dialog,
    pane_of,
    paste,
    table_lines,
    told,
    until_told,
)
from tests.console.waiting import wait_for
from tests.contract.adapter_help import fill, need
from tests.contract.hono_serving import connected, serving


def text_in_front(pilot: Pilot[None]) -> str:
    """The texts of the dialog."""
    return "\n".join(str(each.render()) for each in pilot.app.screen.query("Static, Label"))


async def make_yard(endpoint: Endpoint, *devices: str) -> None:
    """A tenant with devices."""
    async with connected(endpoint) as other:
        await need(other.tenants).create("yard", TenantAttributes())
        await fill(need(other.devices), "yard", *devices)


async def test_an_old_hono_is_not_said_to_know_what_hangs_on_a_tenant(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """It counts nothing and cannot empty a tenant: neither is shown nor offered."""
    known = tmp_path / "known.json"
    async with serving(tmp_path / "r.sqlite", compat="1.1") as endpoint:
        await make_yard(endpoint, "pump", "valve")
        async with connected(endpoint, known_file=known) as before:
            await need(before.devices).get("yard", "pump")
        async with run_console(HonoAdapter(endpoint, known_file=known), pane="tenants") as pilot:
            await wait_for(pilot, lambda: "not told by this registry" in detail_text(pilot))
            assert detail_text(pilot).count("not told by this registry") >= 2
            assert any("yard" in line and "—" in line for line in table_lines(pilot))
            await pilot.press("x")
            await dialog(pilot, ConfirmScreen)
            said = " ".join(text_in_front(pilot).split())
            assert "Its devices, whose number this registry does not tell, stay" in said
            assert "cannot delete them all at once" in said
            await paste(pilot, "yard")
            await pilot.press("enter")
            await until_told(pilot, "Deleted yard")


async def test_a_hono_that_lists_is_said_to_know_devices_and_no_credentials(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """No Hono counts credentials; deleting one by one device can be chosen."""
    async with serving(tmp_path / "r.sqlite") as endpoint:
        await make_yard(endpoint, "pump")
        async with run_console(HonoAdapter(endpoint), pane="tenants") as pilot:
            await wait_for(pilot, lambda: "not told by this registry" in detail_text(pilot))
            await pilot.press("x")
            await dialog(pilot, ChooseScreen)
            assert "It has 1 device and its credentials." in text_in_front(pilot)
            await pilot.press("escape")
            await at_rest(pilot)


@asynccontextmanager
async def that_keeps_devices(endpoint: Endpoint) -> AsyncIterator[Endpoint]:
    """A registry that never empties a tenant."""

    async def pass_on(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "DELETE" and request.path == "/v1/devices/yard":
            return web.json_response({"error": "not today"}, status=500)
        async with httpx.AsyncClient() as client:
            found = await client.request(request.method, f"{endpoint.url}{request.path_qs}")
        kind = found.headers.get("Content-Type", "")
        headers = {"Content-Type": kind} if kind else {}
        return web.Response(status=found.status_code, body=found.content, headers=headers)

    runner = web.ServerRunner(web.Server(pass_on), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield replace(endpoint, url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def test_devices_that_outlive_their_tenant_are_told_of(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """The tenant is said to be gone, and why its devices are not."""
    async with serving(tmp_path / "r.sqlite") as server:
        await make_yard(server, "pump")
        async with (
            that_keeps_devices(server) as endpoint,
            run_console(HonoAdapter(endpoint), pane="tenants") as pilot,
        ):
            await pilot.press("x")
            await dialog(pilot, ChooseScreen)
            await pilot.press("d")
            await dialog(pilot, ConfirmScreen)
            await paste(pilot, "yard")
            await pilot.press("enter")
            await until_told(pilot, "The tenant yard is deleted, but its devices are not")
            assert "not today" in told(pilot)
            assert "back when the tenant is created again" in told(pilot)
            await wait_for(pilot, lambda: pane_of(pilot).current is None, "the empty list")


async def test_what_a_registry_can_do_is_learned_again_when_another_answers_in_its_place(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """One that cannot list, then one that can."""
    async with AsyncExitStack() as first:
        endpoint = await first.enter_async_context(serving(tmp_path / "r.sqlite"))
        await make_yard(endpoint, "pump", "valve")
        port = urlsplit(endpoint.url).port or 0
        adapter = HonoAdapter(replace(endpoint, pauses=()), heal_pauses=(0.05,))
        async with run_console(adapter, pane="tenants") as pilot:
            tenants, devices = need(adapter.tenants), need(adapter.devices)
            await tenants.get("yard")
            bar = pilot.app.query_one(ContextBar)
            for compat, lists in (("1.1", False), ("2.x", True)):
                await first.aclose()
                await pilot.press("r")
                await wait_for(pilot, lambda: bar.health != "connected", "the loss")
                await first.enter_async_context(
                    serving(tmp_path / "r.sqlite", port=port, compat=compat)
                )
                await wait_for(pilot, lambda: bar.health == "connected", "the answer")
                await wait_for(pilot, lambda: pane_of(pilot).table.error is None, "the rows")
                await settled(pilot)
                assert tenants.abilities.can_list is lists
                assert devices.abilities.can_list is lists
                assert (adapter.statistics is not None) is lists
                page = await tenants.page(TenantQuery(), PageRequest())
                assert [row.tenant_id for row in page.rows] == ["yard"]
                assert (await devices.count("yard", DeviceQuery())).value == (2 if lists else 0)
            await adapter.close()
