"""Long lists of a remote hub: how many of how many are shown, and what a row does not tell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets._footer import FooterKey

from console.adapters import iothub_lists
from console.adapters.iothub import IotHubAdapter
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.domain.timestamps import NOT_TOLD
from tests.console.conftest import RunConsole
from tests.console.hands import at_rest, pane_of, table_lines, until_told
from tests.console.waiting import wait_for
from tests.contract.adapter_help import device, fill, need
from tests.contract.hub_serving import HUB, Hub, on_hub, serving_hub


@pytest.fixture(autouse=True)
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that lists five devices, and a console that reads ten."""
    monkeypatch.setattr(iothub_lists, "AT_MOST", 5)
    monkeypatch.setattr(iothub_lists, "MOST_READ", 10)


async def _fleet(hub: Hub) -> None:
    async with on_hub(hub) as other:
        port = need(other.devices)
        await asyncio.gather(*(port.create(HUB, f"pump-{n:02}", device()) for n in range(18)))


async def test_a_filter_of_a_list_cut_short_says_among_how_many_it_looked(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """In the line of the count, also where all that was found fits one screen."""
    async with serving_hub(tmp_path) as hub:
        await _fleet(hub)
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            pane = pane_of(pilot)
            pane.set_filter("p-0")
            await wait_for(
                pilot,
                lambda: str(pane.table.border_subtitle).startswith("1 of 10 among the first "),
                "how many among how many",
            )
            assert "of 18" in str(pane.table.border_subtitle)


async def test_a_page_of_a_whole_list_leaves_its_length_to_who_asks(tmp_path: Path) -> None:
    """Only where the list is cut short does it say by itself how long it is."""
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        port = need(adapter.devices)
        await fill(port, HUB, "pump", "valve")
        page = await port.page(HUB, DeviceQuery(), Order(), PageRequest())
        assert ([row.device_id for row in page.rows], page.count) == (["pump", "valve"], None)


async def test_a_row_of_a_query_becomes_whole_under_the_cursor(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """A query tells neither version nor generation; the device itself does."""
    async with serving_hub(tmp_path) as hub:
        await _fleet(hub)
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            table = pane_of(pilot).table
            await pilot.press("end")
            await wait_for(
                pilot,
                lambda: table.current is not None and table.current.generation_id != "",
                "the whole device",
            )
            assert table.current is not None
            assert table.current.created_at != NOT_TOLD


async def test_a_row_of_a_device_that_is_gone_says_so_under_the_cursor(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """Lists of a hub show devices for a while after they were deleted."""
    async with serving_hub(tmp_path) as hub, on_hub(hub) as other:
        await _fleet(hub)
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            assert any("pump-00" in line for line in table_lines(pilot))
            last = pane_of(pilot).table.row_at(pane_of(pilot).table.length - 1)
            assert last is not None
            await need(other.devices).delete(HUB, last.device_id, expected=None)
            await pilot.press("end")
            await until_told(pilot, "after it was deleted")


async def test_a_filter_that_finds_none_of_those_read_is_not_to_be_tried_again(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """The same question has the same answer; what would help is said, once."""
    async with serving_hub(tmp_path) as hub:
        await _fleet(hub)
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            pane = pane_of(pilot)
            pane.set_filter("p-17")
            await wait_for(pilot, lambda: pane.table.error is not None, "why there are none")
            await wait_for(
                pilot,
                lambda: any("None of the first" in line for line in table_lines(pilot)),
                "the reason in the table",
            )
            shown = " ".join(line.strip() for line in table_lines(pilot))
            assert shown.count("Filter by the beginning") == 1
            assert "try again" not in f"{shown} {pane.table.border_subtitle}"


async def test_a_policy_that_may_not_query_is_told_what_it_can_do(tmp_path: Path) -> None:
    """Neither a filter nor an export to a folder, which would be refused as well."""
    async with serving_hub(tmp_path) as hub:
        await _fleet(hub)
        async with on_hub(hub, "registryReadWrite") as adapter:
            told: list[str] = []
            adapter.on_notice = told.append
            port = need(adapter.devices)
            assert port.abilities.others == ""
            page = await port.page(HUB, DeviceQuery(), Order(), PageRequest())
            assert page.count is not None
            assert page.count.of == 18
            for advice in (told[-1], port.abilities.others):
                assert "into a blob container" in advice
                assert "ServiceConnect" in advice
                assert "Filter by" not in advice


async def test_the_gateways_that_a_hub_has_not_are_not_in_the_footer(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """Their key still says why it does nothing."""
    async with serving_hub(tmp_path) as hub:
        await _fleet(hub)
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            assert not [each for each in pilot.app.query(FooterKey) if "gateways" in each.action]
            await pilot.press("w")
            await until_told(pilot, "no gateways")
