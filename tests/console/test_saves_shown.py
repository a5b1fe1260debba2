"""A save that takes its time is told in the header, until it has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import saves_shown
from console.dialogs.form import FormScreen
from console.widgets.context_bar import ContextBar
from tests.console.conftest import RunConsole, make_adapter, settled, type_text
from tests.console.hands import Gate, dialog, until_told
from tests.console.waiting import wait_for
from tests.console.yard import build_yard


async def test_the_header_counts_the_seconds_of_a_save_that_takes_its_time(
    run_console: RunConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of `connected`, which comes back when the registry has answered."""
    monkeypatch.setattr(saves_shown, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(saves_shown, "LOOK_SECONDS", 0.01)
    await build_yard(tmp_path)
    adapter = make_adapter(tmp_path)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "create")
        adapter.devices = gate
        header = pilot.app.query_one(ContextBar)
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "hook")
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: "▶ saving, 0 s" in str(header.render()), "the sign of life")
        assert "connected" not in str(header.render())
        header.health = "no answer"
        assert "▶ saving, 0 s  ○ no answer" in str(header.render())
        header.health = "connected"
        gate.open.set()
        await until_told(pilot, "Registered hook.")
        await wait_for(pilot, lambda: header.saving is None, "the end")
        assert "● connected" in str(header.render())
