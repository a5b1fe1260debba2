"""An import is tried before it is made: what it would do, shown, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from console.adapters.base import RegistryAdapter
from console.dialogs.dry_run import DryRunScreen
from console.dialogs.form import FormScreen
from console.dialogs.line_list import LineList
from console.dialogs.working import WorkingScreen
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobType
from tests.console.conftest import RunConsole, make_adapter
from tests.console.fake_jobs import FakeJobs, errors
from tests.console.waiting import wait_for
from tests.console.yard import DEVICES, YARD, build_yard, dialog, ids_in, no_dialog, tells

RUN = DryRun(
    lines=5000,
    effects={"create": 4200, "update": 730, "delete": 58, "refuse": 12},
    by_mode={
        "createOrUpdate": {"create": 4200, "update": 730, "refuse": 12},
        "delete": {"delete": 58},
    },
    refused=errors(12),
    warnings=("3 ids stand in the file more than once.",),
)


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A registry with five devices."""
    await build_yard(tmp_path)
    return tmp_path


def adapter_with(yard: Path, jobs: FakeJobs) -> RegistryAdapter:
    """The registry of the yard, with jobs that do as they are told."""
    adapter: RegistryAdapter = make_adapter(yard)
    adapter.jobs = jobs
    return adapter


async def try_first(pilot: Pilot[Any], folder: str = "/srv/exchange") -> None:
    """Fill in the form and ask for a dry run."""
    await pilot.press("i")
    form = await dialog(pilot, FormScreen)
    form.query_one("#field-folder", Input).value = folder
    await pilot.pause()
    await pilot.press("ctrl+t")


def shown(pilot: Pilot[Any]) -> str:
    """All text of the screen in front."""
    return "\n".join(str(each.render()) for each in pilot.app.screen.query("Static"))


async def test_a_dry_run_counts_by_effect_and_mode_and_lists_what_is_refused(
    run_console: RunConsole, yard: Path
) -> None:
    """With the line, the device and the reason of each refused line."""
    jobs = FakeJobs(RUN)
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        screen = await dialog(pilot, DryRunScreen)
        await wait_for(pilot, lambda: screen.query_one(LineList).table.length == 12, "the lines")
        text = shown(pilot)
        assert "4,200 create" in text
        assert "58 delete" in text
        assert "12 of 5,000 lines would be refused" in text
        assert "createOrUpdate  4,200 create, 730 update, 12 refused" in text
        assert "more than once" in text
        table = screen.query_one(LineList).table
        assert "10" in table.render_line(1).text
        assert "dev-1" in table.render_line(1).text
        assert "status is unknown" in text
    assert jobs.specs == []


async def test_import_now_starts_the_very_job_that_was_tried(
    run_console: RunConsole, yard: Path
) -> None:
    """Nothing has to be typed again."""
    jobs = FakeJobs(RUN)
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        await dialog(pilot, DryRunScreen)
        await pilot.press("y")
        await tells(pilot, "Started the import.")
        await no_dialog(pilot)
    assert jobs.specs == jobs.tried
    assert jobs.specs[0].type is JobType.IMPORT
    assert jobs.specs[0].tenant_id == YARD


async def test_back_leads_to_the_form_with_everything_kept(
    run_console: RunConsole, yard: Path
) -> None:
    """Without a problem, since there was none."""
    jobs = FakeJobs(RUN)
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        await dialog(pilot, DryRunScreen)
        await pilot.press("escape")
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#field-folder", Input).value == "/srv/exchange"
        assert not form.query("#problems.-shown")
    assert jobs.specs == []


async def test_a_dry_run_shows_how_far_it_is_and_can_be_stopped(
    run_console: RunConsole, yard: Path
) -> None:
    """Stopping it ends the reading and leads back to the form."""
    jobs = FakeJobs(RUN)
    jobs.gate.clear()
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        await dialog(pilot, WorkingScreen)
        await wait_for(pilot, lambda: "1,200 lines read" in shown(pilot), "the progress")
        await pilot.press("escape")
        await dialog(pilot, FormScreen)
        await wait_for(pilot, lambda: jobs.stopped, "the end of the reading")


async def test_what_keeps_it_from_being_tried_is_told_in_the_form(
    run_console: RunConsole, yard: Path
) -> None:
    """At the field that is to blame."""
    jobs = FakeJobs(Invalid.at("folder", "is not there"))
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        await wait_for(pilot, lambda: pilot.app.screen.query("FieldView.-wrong"), "the problem")
        assert "is not there" in shown(pilot)


async def test_a_registry_that_cannot_try_says_so_and_its_button_is_dead(
    run_console: RunConsole, yard: Path
) -> None:
    """The key does nothing either."""
    jobs = FakeJobs()
    jobs.unable(can_dry_run=False)
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#other", Button).disabled
        assert "cannot try an import first" in shown(pilot)
    assert jobs.tried == []


async def test_refused_lines_are_saved_as_a_file(run_console: RunConsole, yard: Path) -> None:
    """Those that match the filter; afterwards the dry run is in front again."""
    async with run_console(adapter_with(yard, FakeJobs(RUN)), pane="jobs") as pilot:
        await try_first(pilot)
        await dialog(pilot, DryRunScreen)
        await pilot.press("slash", *"409001", "enter", "s")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-path", Input).value = str(yard / "refused.csv")
        await pilot.press("ctrl+s")
        again = await dialog(pilot, DryRunScreen)
        assert again.query_one(LineList).filter_text == "409001"
        await tells(pilot, "Saved 4 lines.")
    rows = (yard / "refused.csv").read_text().splitlines()
    assert rows[:2] == ["line,device,code,reason", "30,dev-3,409001,The device exists."]
    assert len(rows) == 5


async def test_a_dry_run_without_faults_says_so(run_console: RunConsole, yard: Path) -> None:
    """And stands on the button that changes nothing."""
    jobs = FakeJobs(DryRun(lines=2, effects={"create": 2}, exact=False))
    async with run_console(adapter_with(yard, jobs), pane="jobs") as pilot:
        await try_first(pilot)
        screen = await dialog(pilot, DryRunScreen)
        assert "Every line would be applied" in shown(pilot)
        assert "estimate" in shown(pilot)
        assert screen.focused is screen.query_one("#back")


async def test_the_bundled_registry_does_what_its_dry_run_said(
    run_console: RunConsole, yard: Path
) -> None:
    """Trying writes nothing; importing then does just that."""
    lines = (
        '{"id": "buoy", "status": "enabled"}',
        '{"id": "pump", "status": "disabled"}',
        '{"id": "lamp", "status": "enabled", "importMode": "delete"}',
        "this is no line",
    )
    (yard / "exchange").mkdir()
    (yard / "exchange/devices.txt").write_text("\n".join(lines) + "\n")
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await try_first(pilot, str(yard / "exchange"))
        await dialog(pilot, DryRunScreen)
        text = shown(pilot)
        assert "+ 1 create" in text
        assert "~ 1 update" in text
        assert "1 delete" in text
        assert "✗ 1 refused" in text
        assert sorted(await ids_in(yard)) == sorted(DEVICES)
        assert not (yard / "exchange/importErrors.log").exists()
        await pilot.press("y")
        await tells(pilot, "1 created, 1 updated, 1 deleted. 1 line refused")
    assert sorted(await ids_in(yard)) == ["buoy", "crane", "gate", "mast", "pump"]
