"""The console on a remote hub: what it shows and does there."""

from __future__ import annotations

from pathlib import Path

from console.adapters.iothub import IotHubAdapter
from console.widgets.context_bar import ContextBar
from tests.console.conftest import RunConsole
from tests.console.hands import at_rest, pane_of, table_lines, until_told
from tests.console.waiting import wait_for
from tests.contract.adapter_help import fill, need
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
