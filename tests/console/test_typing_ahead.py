"""Keys typed while an action is on its way to its question act on nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.dialogs.form import FormScreen
from tests.console.conftest import RunConsole, make_adapter, settled
from tests.console.hands import Gate, dialog, pane_of
from tests.console.waiting import wait_for
from tests.console.yard import build_yard


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A folder with a registry that holds the yard."""
    await build_yard(tmp_path)
    return tmp_path


async def test_digits_and_letters_wait_for_the_form(run_console: RunConsole, yard: Path) -> None:
    """While the known gateways are read, `1` shows no other pane and `s` switches no device."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "gateways")
        adapter.devices = gate
        before = pane_of(pilot).current
        await pilot.press("n", "1", "s", "t")
        assert pane_of(pilot).held
        gate.open.set()
        await dialog(pilot, FormScreen)
        assert pane_of(pilot).group == "Devices"
        assert pane_of(pilot).current == before
        await pilot.press("escape")
        await wait_for(pilot, lambda: not pane_of(pilot).held, "the end of the action")
