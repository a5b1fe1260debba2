"""The console on a remote hub: what it shows and does there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from console.adapters import iothub_bulk, iothub_lists
from console.adapters.iothub import IotHubAdapter
from console.adapters.iothub_bulk import BulkFailure
from console.adapters.iothub_session import HubSession
from console.dialogs.base import DialogBox
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.form import FormScreen
from console.widgets.context_bar import ContextBar
from registry_backend.domain.document import JsonObject
from registry_backend.domain.query import DeviceQuery
from tests.console.conftest import RunConsole
from tests.console.hands import at_rest, dialog, entered, pane_of, table_lines, until_told
from tests.console.hands import fill as fill_in
from tests.console.waiting import wait_for
from tests.contract.adapter_help import device, fill, need
from tests.contract.hub_serving import HUB, on_hub, serving_hub


async def test_a_hub_is_listed_and_changed_without_a_list_of_tenants(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """The hub is the tenant; each pane is there that it has a port for."""
    async with serving_hub(tmp_path) as hub, on_hub(hub) as other:
        await fill(need(other.devices), HUB, "pump", "valve")
        adapter = IotHubAdapter(hub.connection(), title="plant", ca_file=hub.ca_file)
        adapter.color = "#2f8f8b"
        async with run_console(adapter, pane="devices") as pilot:
            bar = pilot.app.query_one(ContextBar)
            assert (bar.tenant_id, bar.health) == (HUB, "connected")
            assert any("pump" in line for line in table_lines(pilot))
            await pilot.press("s")
            await until_told(pilot, "pump")
            await at_rest(pilot)
            await pilot.press("enter")
            await wait_for(
                pilot,
                lambda: any("psk" in line for line in table_lines(pilot)),
                "the keys of the device",
            )
            assert pane_of(pilot).group == "Credentials"
        assert not (await need(other.devices).get(HUB, "pump")).enabled


async def test_only_what_a_hub_keeps_is_offered(tmp_path: Path, run_console: RunConsole) -> None:
    """No gateways, no free members, no passwords, no validity: all that it would refuse."""
    async with serving_hub(tmp_path) as hub, on_hub(hub) as other:
        await fill(need(other.devices), HUB, "pump")
        adapter = IotHubAdapter(hub.connection(), title="plant", ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            assert "Via" not in table_lines(pilot)[0]
            await pilot.press("w")
            await until_told(pilot, "no gateways")
            await pilot.press("n")
            await dialog(pilot, FormScreen)
            assert set(entered(pilot)) == {"device-id", "enabled", "status-reason"}
            await pilot.press("escape")
            await at_rest(pilot)
            await pilot.press("enter")
            await wait_for(
                pilot,
                lambda: any("psk" in line for line in table_lines(pilot)),
                "the keys of the device",
            )
            for key, reason in (
                ("s", "whole devices"),
                ("e", "no validity"),
                ("i", "Nothing ends"),
            ):
                await pilot.press(key)
                await until_told(pilot, reason)
            await pilot.press("n")
            menu = (await dialog(pilot, ChooseScreen)).query_one(OptionList)
            offered = [str(each.prompt) for each in menu.options]
            assert [each for each in offered if "Thumbprint" in each] == offered != []
            await pilot.press("t")
            form = await dialog(pilot, FormScreen)
            names = {"auth-id", "thumbprint", "thumbprint-2"}
            assert set(entered(pilot)) == names
            assert any("place of its psk" in str(each.render()) for each in form.query(Static))
            await fill_in(pilot, "thumbprint", "AB" * 20)
            await pilot.press("ctrl+s")
            await at_rest(pilot)
        held = await need(other.credentials).get(HUB, "pump")
        assert [each.type for each in held.credentials] == ["x509-thumbprint"]


async def test_all_of_a_list_cut_short_is_what_it_shows(
    tmp_path: Path, run_console: RunConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question before writing marked rows names that number, and that there are more."""
    monkeypatch.setattr(iothub_lists, "AT_MOST", 150)
    monkeypatch.setattr(iothub_lists, "MOST_READ", 300)
    async with serving_hub(tmp_path) as hub, on_hub(hub) as other:
        port = need(other.devices)
        await asyncio.gather(*(port.create(HUB, f"pump-{n}", device()) for n in range(310)))
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            await wait_for(
                pilot,
                lambda: "the first 300 of 310" in str(pane_of(pilot).table.border_subtitle),
                "how many of how many",
            )
            await pilot.press("end", "asterisk", "s")
            question = (await dialog(pilot, ConfirmScreen)).query_one(".dialog--text", Static)
            assert "It holds the first 300 of 310" in str(question.render())


async def test_what_is_confirmed_of_all_devices_is_what_is_done_in_whole_calls(
    tmp_path: Path, run_console: RunConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the moment of the question: none that came since, and the list is read once."""
    reads: list[int] = []
    calls: list[int] = []
    list_members, send_bulk = iothub_lists.list_members, iothub_bulk.send_bulk

    async def listed(session: HubSession) -> list[JsonObject]:
        found = await list_members(session)
        reads.append(len(found))
        return found

    async def sent(session: HubSession, elements: Sequence[JsonObject]) -> list[BulkFailure]:
        calls.append(len(elements))
        return await send_bulk(session, elements)

    async with serving_hub(tmp_path) as hub, on_hub(hub) as other:
        port = need(other.devices)
        await asyncio.gather(*(port.create(HUB, f"pump-{n:03d}", device()) for n in range(230)))
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            await port.create(HUB, "seen-late", device())
            monkeypatch.setattr(iothub_lists, "list_members", listed)
            monkeypatch.setattr(iothub_bulk, "send_bulk", sent)
            await pilot.press("asterisk", "s")
            question = await dialog(pilot, ConfirmScreen)
            assert "Disable 231 devices?" in str(question.query_one(DialogBox).border_title)
            await port.create(HUB, "too-late", device())
            question.query_one(Input).value = "231"
            await pilot.press("enter")
            await until_told(pilot, "Disabled 231 devices")
            assert (reads, calls) == ([231], [100, 100, 31])
        assert (await port.count(HUB, DeviceQuery(enabled=False))).value == 231
        assert (await port.get(HUB, "too-late")).enabled
