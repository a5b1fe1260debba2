"""The digit keys show what the cursor stands on, and the header says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from console.panes.scope import Scope
from console.widgets.context_bar import ContextBar
from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import TenantAttributes
from tests.console.conftest import RunConsole, make_adapter, settled
from tests.console.hands import in_registry, pane_of
from tests.console.waiting import wait_for
from tests.console.yard import YARD, build_yard, go_to

ACTOR = Actor(via="test", name="before")


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A folder with a registry that holds the yard."""
    await build_yard(tmp_path)
    return tmp_path


async def shows(pilot: Pilot[None], group: str, scope: Scope) -> None:
    """Wait until pane and header show that."""
    bar = pilot.app.query_one(ContextBar)
    await wait_for(
        pilot,
        lambda: (
            (pane_of(pilot).group, pane_of(pilot).scope) == (group, scope)
            and (bar.tenant_id, bar.device_id) == (scope.tenant_id, scope.device_id)
        ),
        f"{group} of {scope}",
    )
    await settled(pilot)


async def test_credentials_are_those_of_the_device_under_the_cursor(
    run_console: RunConsole, yard: Path
) -> None:
    """Not those of the device opened earlier."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "crane")
        await pilot.press("enter")
        await shows(pilot, "Credentials", Scope(YARD, "crane"))
        await pilot.press("2")
        await shows(pilot, "Devices", Scope(YARD, "crane"))
        await go_to(pilot, "pump")
        await pilot.press("3")
        await shows(pilot, "Credentials", Scope(YARD, "pump"))
        assert "pump" in str(pane_of(pilot).table.border_title)


async def test_devices_are_those_of_the_tenant_under_the_cursor(
    run_console: RunConsole, yard: Path
) -> None:
    """The tenants begin at the one in force, so a look at them changes nothing."""
    registry = await in_registry(yard)
    for name in ("aft", "zenith"):
        await registry.tenants.create(name, TenantAttributes(), actor=ACTOR)
    await registry.close()
    async with run_console(make_adapter(yard), pane="devices", tenant_id=YARD) as pilot:
        pane_of(pilot).set_filter("p")
        await wait_for(pilot, lambda: pane_of(pilot).filter_text == "p", "the filter")
        await pilot.press("1")
        await shows(pilot, "Tenants", Scope(YARD, _device(pilot)))
        await wait_for(pilot, lambda: _current(pilot) == YARD, "the tenant in force")
        await pilot.press("2")
        await shows(pilot, "Devices", Scope(YARD, _device(pilot)))
        assert pane_of(pilot).filter_text == "p"
        await pilot.press("1")
        await wait_for(pilot, lambda: _current(pilot) == YARD, "the tenant in force")
        await pilot.press("end")
        await wait_for(pilot, lambda: _current(pilot) == "zenith", "the last tenant")
        await pilot.press("2")
        await shows(pilot, "Devices", Scope("zenith"))
        assert pane_of(pilot).filter_text == ""


def _device(pilot: Pilot[None]) -> str | None:
    return pane_of(pilot).scope.device_id


def _current(pilot: Pilot[None]) -> str:
    pane = pane_of(pilot)
    return pane.row_id(pane.current) if pane.current is not None else ""
