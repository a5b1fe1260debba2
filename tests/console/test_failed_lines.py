"""Failed lines of a job: found, copied, saved, and followed to their devices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.adapters.base import RegistryAdapter
from console.dialogs.failed_lines import FailedLinesScreen
from console.dialogs.form import FormScreen
from console.dialogs.line_list import LineList
from console.panes import line_files
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.jobs import JobCounts, JobError, JobSpec, JobStatus, JobType
from tests.console.conftest import RunConsole, make_adapter
from tests.console.fake_jobs import FakeJobs, errors, job
from tests.console.waiting import wait_for
from tests.console.yard import YARD, build_yard, dialog, no_dialog, pane_of, tells

SPEC = JobSpec(type=JobType.IMPORT, tenant_id=YARD, folder="/srv/exchange")


@pytest.fixture
async def adapter(tmp_path: Path) -> RegistryAdapter:
    """The yard, and an import into it of which thirteen lines failed, the last one of `pump`."""
    await build_yard(tmp_path)
    jobs = FakeJobs()
    counts = JobCounts(lines=5000, created=4987, failed=13)
    jobs.put(job(SPEC, JobStatus.COMPLETED, counts=counts))
    last = JobError(line=900, device_id="pump", code=412002, message="The ETag does not match.")
    jobs.failed = (*errors(12), last)
    adapter: RegistryAdapter = make_adapter(tmp_path)
    adapter.jobs = jobs
    return adapter


async def lines(pilot: Pilot[Any]) -> LineList:
    """Open the failed lines of the job under the cursor."""
    await pilot.press("l")
    screen = await dialog(pilot, FailedLinesScreen)
    found = screen.query_one(LineList)
    await wait_for(pilot, lambda: found.table.current is not None, "the lines")
    return found


async def test_the_table_never_says_completed_without_the_failed_lines(
    run_console: RunConsole, adapter: RegistryAdapter
) -> None:
    """Neither does the detail."""
    async with run_console(adapter, pane="jobs") as pilot:
        row = pane_of(pilot).table.render_line(1).text
        assert "! 13 of 5k refused" in row
        assert "completed" not in row


async def test_lines_are_filtered_by_device_code_and_reason(
    run_console: RunConsole, adapter: RegistryAdapter
) -> None:
    """Escape drops the filter before it closes the window."""
    async with run_console(adapter, pane="jobs") as pilot:
        found = await lines(pilot)
        await pilot.press("slash", *"exists")
        await wait_for(pilot, lambda: found.table.length == 4, "the matching lines")
        await pilot.press("escape")
        await wait_for(pilot, lambda: found.table.length == 13, "all lines")
        await pilot.press("escape")
        await no_dialog(pilot)


async def test_a_line_is_copied_as_text(run_console: RunConsole, adapter: RegistryAdapter) -> None:
    """With everything one would paste into a message to a colleague."""
    async with run_console(adapter, pane="jobs") as pilot:
        await lines(pilot)
        await pilot.press("c")
        assert pilot.app.clipboard == "line 10, dev-1: 400004 The status is unknown."


async def test_enter_goes_to_the_device_of_a_line(
    run_console: RunConsole, adapter: RegistryAdapter
) -> None:
    """Whatever filter the devices had."""
    async with run_console(adapter, pane="devices") as pilot:
        pane_of(pilot).set_filter("crane")
        await wait_for(pilot, lambda: pane_of(pilot).table.length == 1, "the filter")
        await pilot.press("4")
        await wait_for(pilot, lambda: pane_of(pilot).current is not None, "the job")
        found = await lines(pilot)
        await pilot.press("end")
        await wait_for(
            pilot, lambda: found.current is not None and found.current.line == 900, "the last line"
        )
        await pilot.press("enter")
        await no_dialog(pilot)
        await wait_for(pilot, lambda: pane_of(pilot).group == "Devices", "the devices")

        def there() -> bool:
            row = pane_of(pilot).current
            return row is not None and pane_of(pilot).row_id(row) == "pump"

        await wait_for(pilot, there, "the device")
        assert pane_of(pilot).filter_text == ""


async def test_a_line_whose_device_was_never_made_says_so(
    run_console: RunConsole, adapter: RegistryAdapter
) -> None:
    """The lines are in front again, at the same one."""
    async with run_console(adapter, pane="jobs") as pilot:
        await lines(pilot)
        await pilot.press("down", "enter")
        await tells(pilot, "There is no device dev-2 in yard.")
        again = (await dialog(pilot, FailedLinesScreen)).query_one(LineList)
        await wait_for(
            pilot, lambda: again.current is not None and again.current.line == 20, "the same line"
        )


async def test_failed_lines_are_saved_but_never_over_a_file(
    run_console: RunConsole, adapter: RegistryAdapter, tmp_path: Path
) -> None:
    """The form says that the file exists; another name will do."""
    taken = tmp_path / "taken.csv"
    taken.write_text("mine")
    async with run_console(adapter, pane="jobs") as pilot:
        await lines(pilot)
        await pilot.press("s")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-path", Input).value = str(taken)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("FieldView.-wrong"), "the problem")
        pilot.app.screen.query_one("#field-path", Input).value = str(tmp_path / "new.csv")
        await pilot.press("ctrl+s")
        await tells(pilot, "Saved 13 lines.")
    assert taken.read_text() == "mine"
    assert len((tmp_path / "new.csv").read_text().splitlines()) == 14


async def test_a_read_that_breaks_leaves_no_half_file_behind(
    run_console: RunConsole,
    adapter: RegistryAdapter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form says why, and its second request writes all lines to the same place."""
    monkeypatch.setattr(line_files, "AT_ONCE", 5)
    assert adapter.jobs is not None
    whole = adapter.jobs.errors
    broken = [True]

    async def errors_of(job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        if skip and broken:
            raise Unreachable("The registry hung up.", layer="dropped")
        return await whole(job_id, skip=skip, limit=limit)

    monkeypatch.setattr(adapter.jobs, "errors", errors_of)
    target = tmp_path / "lines.csv"
    async with run_console(adapter, pane="jobs") as pilot:
        await lines(pilot)
        await pilot.press("s")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-path", Input).value = str(target)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("#problems.-shown"), "the problem")
        assert not target.exists()
        broken.clear()
        await pilot.press("ctrl+s")
        await tells(pilot, "Saved 13 lines.")
    assert len(target.read_text().splitlines()) == 14
