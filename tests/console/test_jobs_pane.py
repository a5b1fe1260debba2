"""Imports and exports by keys, with real files in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from console.dialogs.confirm import ConfirmScreen
from console.dialogs.failed_lines import FailedLinesScreen
from console.dialogs.form import FormScreen
from console.dialogs.line_list import LineList
from console.panes.jobs import JobsPane
from registry_backend.domain.jobs import Job, JobStatus
from tests.console.conftest import RunConsole, make_adapter
from tests.console.waiting import wait_for
from tests.console.yard import (
    DEVICES,
    YARD,
    build_yard,
    dialog,
    go_to,
    ids_in,
    no_dialog,
    pane_of,
    tells,
    told,
)


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A file with five devices, and an empty folder `exchange` beside it."""
    await build_yard(tmp_path)
    (tmp_path / "exchange").mkdir()
    return tmp_path


async def start(pilot: Pilot[Any], key: str, folder: Path) -> None:
    """Fill in the form and start the job."""
    await pilot.press(key)
    form = await dialog(pilot, FormScreen)
    form.query_one("#field-folder", Input).value = str(folder)
    await pilot.press("ctrl+s")


def job_of(pilot: Pilot[Any]) -> Job | None:
    """The job under the cursor."""
    pane = pane_of(pilot)
    assert isinstance(pane, JobsPane)
    return pane.current


async def finished(pilot: Pilot[Any]) -> Job:
    """Wait until the job under the cursor has ended."""

    def ended() -> bool:
        job = job_of(pilot)
        return job is not None and job.status.finished

    await wait_for(pilot, ended, "the job's end")
    job = job_of(pilot)
    assert job is not None
    return job


async def test_an_export_writes_every_device_and_says_so(
    run_console: RunConsole, yard: Path
) -> None:
    """Keys are left out unless asked for."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "o", yard / "exchange")
        await no_dialog(pilot)
        job = await finished(pilot)
        assert job.status is JobStatus.COMPLETED
        await tells(pilot, "5 devices written")
        assert told(pilot).count("is complete") == 1
    lines = (yard / "exchange/devices.txt").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(DEVICES)


async def test_an_import_tells_its_failed_lines(run_console: RunConsole, yard: Path) -> None:
    """In the message that passes by, in the list, in a window, and in the log."""
    good = json.dumps({"id": "buoy", "status": "enabled"})
    (yard / "exchange/devices.txt").write_text(f"{good}\nthis is no line\n")
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "i", yard / "exchange")
        await no_dialog(pilot)
        await finished(pilot)
        await tells(pilot, "1 line refused")
        await pilot.press("l")
        window = await dialog(pilot, FailedLinesScreen)
        table = window.query_one(LineList).table
        await wait_for(pilot, lambda: table.length == 1, "the line")
        assert table.render_line(1).text.split()[0] == "2"
        await pilot.press("escape")
        await no_dialog(pilot)
    assert "buoy" in await ids_in(yard)
    assert (yard / "exchange/importErrors.log").read_text()


async def test_a_folder_that_is_not_there_is_told_in_the_form(
    run_console: RunConsole, yard: Path
) -> None:
    """What was typed stays; no job is made."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "i", yard / "nowhere")
        await wait_for(
            pilot,
            lambda: pilot.app.screen.query("#problems.-shown, FieldView.-wrong"),
            "the problem",
        )
        field = pilot.app.screen.query_one("#field-folder", Input)
        assert field.value == str(yard / "nowhere")
        assert pane_of(pilot).table.length == 0


async def test_a_working_folder_that_is_gone_is_not_suggested(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person's own folder stands in the form instead."""
    (yard / "gone").mkdir()
    monkeypatch.chdir(yard / "gone")
    (yard / "gone").rmdir()
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await pilot.press("o")
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#field-folder", Input).value == str(Path.home())


async def test_a_form_without_a_folder_says_so_at_the_field(
    run_console: RunConsole, yard: Path
) -> None:
    """The other fields keep what was chosen."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await pilot.press("o")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-format", Select).value = "ndjson"
        form.query_one("#field-folder", Input).value = ""
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("FieldView.-wrong"), "the problem")
        assert pilot.app.screen.query_one("#field-format", Select).value == "ndjson"


async def test_a_finished_job_can_be_forgotten_and_not_cancelled(
    run_console: RunConsole, yard: Path
) -> None:
    """Its files stay."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "o", yard / "exchange")
        await no_dialog(pilot)
        await finished(pilot)
        await pilot.press("x")
        await tells(pilot, "nothing to stop")
        await pilot.press("D")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await tells(pilot, "Forgot the job.")
        await wait_for(pilot, lambda: pane_of(pilot).table.length == 0, "the list without it")
    assert (yard / "exchange/devices.txt").exists()


async def test_the_progress_of_a_job_leaves_the_cursor_where_it_is(
    run_console: RunConsole, yard: Path
) -> None:
    """Looking at a running job repaints its row; the person may stand on another."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "o", yard / "exchange")
        await no_dialog(pilot)
        first = (await finished(pilot)).job_id
        await start(pilot, "o", yard / "exchange")
        await no_dialog(pilot)
        await go_to(pilot, first)
        await wait_for(pilot, lambda: told(pilot).count("is complete") == 2, "both outcomes")
        await pilot.pause()
        job = job_of(pilot)
        assert job is not None
        assert job.job_id == first


async def test_the_outcome_is_told_while_another_pane_is_in_front(
    run_console: RunConsole, yard: Path
) -> None:
    """One does not have to wait beside it."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "o", yard / "exchange")
        await no_dialog(pilot)
        await pilot.press("2")
        await tells(pilot, f"Export of {YARD} is complete")


async def test_jobs_are_filtered_by_words(run_console: RunConsole, yard: Path) -> None:
    """Every word must be in it."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        await start(pilot, "o", yard / "exchange")
        await no_dialog(pilot)
        await finished(pilot)
        pane = pane_of(pilot)
        pane.set_filter("import")
        await wait_for(pilot, lambda: pane.table.length == 0, "no import")
        pane.set_filter("export completed")
        await wait_for(pilot, lambda: pane.table.length == 1, "the export")
