"""Keys typed ahead reach what they were meant for, in order, and act on nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from console.dialogs.confirm import ConfirmScreen
from console.dialogs.form import FormScreen
from tests.console.conftest import RunConsole, make_adapter, settled
from tests.console.hands import Gate, dialog, pane_of, until_told
from tests.console.waiting import wait_for
from tests.console.yard import build_yard, ids_in


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A folder with a registry that holds the yard."""
    await build_yard(tmp_path)
    return tmp_path


async def test_keys_typed_on_the_way_to_a_form_are_typed_into_it(
    run_console: RunConsole, yard: Path
) -> None:
    """In order; none of them acts on the list meanwhile."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "gateways")
        adapter.devices = gate
        before = pane_of(pilot).current
        await pilot.press("n", "1", "s", "t", "down")
        assert pane_of(pilot).held
        assert pane_of(pilot).current == before
        gate.open.set()
        form = await dialog(pilot, FormScreen)
        await wait_for(pilot, lambda: form.values()["device-id"] == "1st", "what was typed")
        assert pane_of(pilot).group == "Devices"
        assert pane_of(pilot).current == before
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: not pane_of(pilot).held, "the end of the action")


async def test_no_question_is_answered_before_it_can_be_seen(
    run_console: RunConsole, yard: Path
) -> None:
    """Not the one whether to delete; the key after it was shown counts."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "count")
        adapter.devices = gate
        await pilot.press("x", "y")
        gate.open.set()
        await dialog(pilot, ConfirmScreen)
        await pilot.pause()
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("escape")
        await wait_for(pilot, lambda: not pane_of(pilot).covered, "the devices")
    assert "crane" in await ids_in(yard)


async def test_keys_for_a_question_that_does_not_come_are_dropped(
    run_console: RunConsole, yard: Path
) -> None:
    """They must not act on the list when the registry refused."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="credentials") as pilot:
        await settled(pilot)
        await pilot.press("n", "1")
        await until_told(pilot, "Choose a device first")
        await pilot.pause()
        assert pane_of(pilot).group in ("Credentials", "Tenants")


async def test_while_a_form_is_saved_the_pane_begins_nothing(
    run_console: RunConsole, yard: Path
) -> None:
    """The cursor moves; what else is typed for the pane waits for the outcome, and then acts."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "update")
        adapter.devices = gate
        await pilot.press("e")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting == 1, "the save")
        await pilot.press("down", "n", "4")
        assert pane_of(pilot).table.cursor == 1
        assert len(pilot.app.screen_stack) == 1
        gate.open.set()
        form = await dialog(pilot, FormScreen)
        await wait_for(pilot, lambda: form.values()["device-id"] == "4", "the key in the form")


async def test_while_a_form_is_saved_another_pane_may_be_looked_at(
    run_console: RunConsole, yard: Path
) -> None:
    """A registry that takes its time keeps nobody where they are."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "update")
        adapter.devices = gate
        await pilot.press("e")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting == 1, "the save")
        await pilot.press("4")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Jobs", "the jobs")
        gate.open.set()


async def test_keys_typed_while_a_form_is_refused_do_not_reach_the_list(
    run_console: RunConsole, yard: Path
) -> None:
    """The form comes back with everything in it; the keys meant something else and are dropped."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "create")
        adapter.devices = gate
        await pilot.press("n")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-device-id", Input).value = "crane"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting == 1, "the save")
        await pilot.press("x", "4")
        gate.open.set()
        again = await dialog(pilot, FormScreen)
        await pilot.pause()
        assert again.values()["device-id"] == "crane"
        assert len(pilot.app.screen_stack) == 2
        assert pane_of(pilot).group == "Devices"
