"""The console on a remote Hono: what it shows and says, and what happens without the server."""

from __future__ import annotations

import asyncio
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
from console.app import ConsoleApp
from console.dialogs.form import FormScreen
from console.widgets.context_bar import ContextBar
from registry_backend.domain.devices import Device
from registry_backend.domain.tenants import TenantAttributes
from tests.console.conftest import RunConsole, make_adapter, settled, type_text
from tests.console.hands import (
    at_rest,
    dialog,
    entered,
    pane_of,
    refused,
    table_lines,
    told,
    until_count,
    until_told,
)
from tests.console.waiting import wait_for
from tests.contract.adapter_help import device, fill, need
from tests.contract.hono_serving import connected, serving


def header(pilot: Pilot[None]) -> ContextBar:
    """The line at the top."""
    return pilot.app.query_one(ContextBar)


def shown_in_front(pilot: Pilot[None]) -> str:
    """The texts of the screen in front."""
    return "\n".join(str(each.render()) for each in pilot.app.screen.query("Static, Label"))


def row_id(pilot: Pilot[None]) -> str:
    """The id of the device under the cursor."""
    row = pane_of(pilot).current
    assert isinstance(row, Device)
    return row.device_id


async def test_a_remote_registry_is_listed_and_changed(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """Rows of the list have no ETag; a change is saved all the same, and seen by others."""
    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as other:
        await need(other.tenants).create("yard", TenantAttributes())
        await fill(need(other.devices), "yard", "pump", "valve")
        adapter = HonoAdapter(endpoint, title="lab", production=True)
        async with run_console(adapter, pane="devices") as pilot:
            assert header(pilot).health == "connected"
            assert "PRODUCTION" in str(header(pilot).render())
            assert "lab" in str(header(pilot).render())
            assert any("pump" in line for line in table_lines(pilot))
            await pilot.press("s")
            await until_told(pilot, "pump")
            await at_rest(pilot)
        saved = await need(other.devices).get("yard", "pump")
        assert not saved.enabled


async def test_a_registry_that_cannot_list_says_so_and_opens_by_id(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """1.1 has no search: a whole id typed into the filter opens it, and it is listed then."""
    async with serving(tmp_path / "r.sqlite", compat="1.1") as endpoint:
        async with connected(endpoint) as other:
            await need(other.tenants).create("yard", TenantAttributes())
            await need(other.devices).create("yard", "pump", device())
        known = tmp_path / "known.json"
        adapter = HonoAdapter(endpoint, title="old", known_file=known)
        async with run_console(adapter, pane="devices", tenant_id="yard") as pilot:
            await until_told(pilot, "type a whole id to open it")
            assert pane_of(pilot).current is None
            await pilot.press("slash")
            await type_text(pilot, "pump")
            await until_count(pilot, 1)
            assert row_id(pilot) == "pump"
            await pilot.press("escape")
            await until_count(pilot, 1)
        again = HonoAdapter(endpoint, title="old", known_file=known)
        async with run_console(again, pane="devices", tenant_id="yard") as pilot:
            await wait_for(pilot, lambda: pane_of(pilot).current is not None, "the known device")
            assert row_id(pilot) == "pump"


async def test_a_tenant_that_no_address_can_hold_is_listed_and_said_to_be_so(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """Hono's pattern lets `..` be a tenant (hono 2.1); the rest of the registry can be used."""
    async with make_adapter(tmp_path) as here:
        await need(here.tenants).create("..", TenantAttributes())
    async with (
        serving(tmp_path / "registry.sqlite") as endpoint,
        run_console(HonoAdapter(endpoint), pane="tenants") as pilot,
    ):
        assert any(".." in line for line in table_lines(pilot))
        await pilot.press("enter")
        await wait_for(
            pilot, lambda: "cannot stand in an address" in " ".join(table_lines(pilot)), "why"
        )


async def test_a_jump_opens_an_id_of_a_registry_that_cannot_list(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """When it is sent off, not as it is typed; an id that is not there is told in the dialog."""
    async with serving(tmp_path / "r.sqlite", compat="1.1") as endpoint:
        async with connected(endpoint) as other:
            await need(other.tenants).create("yard", TenantAttributes())
            await fill(need(other.devices), "yard", "pump", "p", "valve")
        adapter = HonoAdapter(endpoint, title="old")
        async with run_console(adapter, pane="devices", tenant_id="yard") as pilot:
            await until_told(pilot, "type a whole id to open it")
            for name in ("valve", "pump"):
                await pilot.press("J")
                await dialog(pilot, FormScreen)
                await type_text(pilot, name)
                await pilot.press("enter")
                await at_rest(pilot)
                await settled(pilot)
                assert row_id(pilot) == name
            lines = table_lines(pilot)
            assert sum("pump" in line or "valve" in line for line in lines) == 2
            assert not any(" p " in line for line in lines)
            await pilot.press("J")
            await dialog(pilot, FormScreen)
            await type_text(pilot, "ghost")
            await pilot.press("enter")
            await wait_for(
                pilot,
                lambda: "Device ghost of tenant yard: not found" in shown_in_front(pilot),
                "the answer in the dialog",
            )


async def test_a_server_that_goes_and_comes_back_is_told_and_heals(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """The header says what is wrong; when the server is back, the rows are read without a key."""
    async with AsyncExitStack() as first:
        endpoint = await first.enter_async_context(serving(tmp_path / "r.sqlite"))
        async with connected(endpoint) as other:
            await need(other.tenants).create("yard", TenantAttributes())
            await fill(need(other.devices), "yard", "pump")
        adapter = HonoAdapter(replace(endpoint, pauses=()), heal_pauses=(0.05,))
        async with run_console(adapter, pane="devices") as pilot:
            assert row_id(pilot) == "pump"
            await first.aclose()
            await pilot.press("r")
            await wait_for(pilot, lambda: pane_of(pilot).table.error is not None, "the failure")
            await wait_for(
                pilot, lambda: header(pilot).health != "connected", "a header that tells"
            )
            assert header(pilot).health in ("connection refused", "connection dropped")
            assert "Out of reach" in told(pilot)
            port = urlsplit(endpoint.url).port or 0
            async with serving(tmp_path / "r.sqlite", port=port):
                await wait_for(
                    pilot, lambda: header(pilot).health == "connected", "a healthy header"
                )
                await wait_for(pilot, lambda: pane_of(pilot).table.error is None, "the rows")
                await settled(pilot)
                assert row_id(pilot) == "pump"
                await adapter.close()


@asynccontextmanager
async def that_swallows_writes(endpoint: Endpoint) -> AsyncIterator[Endpoint]:
    """A registry behind a proxy that lets reads through and is silent about all else."""

    async def pass_on(request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "GET":
            await asyncio.sleep(30)
        async with httpx.AsyncClient() as client:
            found = await client.get(f"{endpoint.url}{request.path_qs}")
        kind = found.headers.get("Content-Type", "")
        return web.Response(
            status=found.status_code, body=found.content, headers={"Content-Type": kind}
        )

    runner = web.ServerRunner(web.Server(pass_on), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield replace(endpoint, url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def test_a_save_that_is_not_answered_may_have_been_done_and_says_so(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """The form comes back with what was typed, and advises to look first."""
    async with serving(tmp_path / "r.sqlite") as server:
        async with connected(server) as other:
            await need(other.tenants).create("yard", TenantAttributes())
        async with that_swallows_writes(server) as endpoint:
            adapter = HonoAdapter(replace(endpoint, read_seconds=0.5, pauses=()))
            async with run_console(adapter, pane="devices", tenant_id="yard") as pilot:
                await pilot.press("n")
                await dialog(pilot, FormScreen)
                await type_text(pilot, "pump")
                assert "may have been carried out" in (await refused(pilot))[""]
                assert entered(pilot)["device-id"] == "pump"
                await pilot.press("escape", "escape")
                await at_rest(pilot)


async def test_a_server_that_is_not_there_offers_to_try_again(tmp_path: Path) -> None:
    """The console comes up, says why it cannot connect, and connects when asked to."""
    async with serving(tmp_path / "r.sqlite") as endpoint:
        port = urlsplit(endpoint.url).port or 0
    app = ConsoleApp(HonoAdapter(replace(endpoint, pauses=())))
    async with app.run_test() as pilot:
        await wait_for(pilot, lambda: len(app.screen_stack) == 2, "the question")
        assert "refused the connection" in "\n".join(
            str(each.render()) for each in app.screen.query("Static, Label")
        )
        async with serving(tmp_path / "r.sqlite", port=port):
            await pilot.press("r")
            await wait_for(pilot, lambda: app.pane is not None, "the first pane")
            await settled(pilot)
            assert app.query_one(ContextBar).health == "connected"
            await app.adapter.close()


async def test_a_registry_that_cannot_list_is_not_said_to_be_empty(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """What it holds is not known here: the empty panes say how to open something by its id."""
    async with serving(tmp_path / "r.sqlite", compat="1.1") as endpoint:
        async with connected(endpoint) as other:
            await need(other.tenants).create("yard", TenantAttributes())
        async with run_console(HonoAdapter(endpoint), pane="tenants") as pilot:
            assert any("No tenant of this registry is known" in x for x in table_lines(pilot))
            assert not any("Press n" in line for line in table_lines(pilot))
        adapter = HonoAdapter(endpoint)
        async with run_console(adapter, pane="devices", tenant_id="yard") as pilot:
            assert any("No device of this tenant is known" in x for x in table_lines(pilot))


async def test_a_form_asks_only_for_what_the_registry_keeps(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """No Hono knows a reason for the status, and an old one no groups."""
    for compat, groups in (("2.x", True), ("1.1", False)):
        async with serving(tmp_path / f"{compat}.sqlite", compat=compat) as endpoint:
            async with connected(endpoint) as other:
                await need(other.tenants).create("yard", TenantAttributes())
            adapter = HonoAdapter(endpoint)
            async with run_console(adapter, pane="devices", tenant_id="yard") as pilot:
                await pilot.press("n")
                form = await dialog(pilot, FormScreen)
                assert form.query("#field-via")
                assert not form.query("#field-status-reason")
                assert bool(form.query("#field-viaGroups")) == groups
                assert "@" not in shown_in_front(pilot)
                await pilot.press("escape")
