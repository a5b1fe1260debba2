"""What a job is asked for: containers with their signatures, formats, keys, and cancelling it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Select

from console.adapters.base import RegistryAdapter
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.form import FormScreen
from console.dialogs.show import ShowScreen
from console.forms.jobs import import_fields, job_spec
from registry_backend.domain.errors import Invalid, Unreachable
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from tests.console.conftest import RunConsole, make_adapter
from tests.console.fake_jobs import FakeJobs, job
from tests.console.waiting import wait_for
from tests.console.yard import YARD, build_yard, dialog, no_dialog, pane_of, tells, told

CONTAINER = "https://store.example/fleet"
SIGNATURE = "sv=2025-01-05&sp=rwdl&sig=c2VjcmV0"


@pytest.fixture
async def jobs() -> FakeJobs:
    """Jobs that can do everything."""
    return FakeJobs()


@pytest.fixture
async def adapter(tmp_path: Path, jobs: FakeJobs) -> RegistryAdapter:
    """The yard with these jobs."""
    await build_yard(tmp_path)
    made: RegistryAdapter = make_adapter(tmp_path)
    made.jobs = jobs
    return made


def screen_text(pilot: Pilot[Any]) -> str:
    """All that is drawn, lines joined by blanks."""
    picture = pilot.app.export_screenshot(simplify=True)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    return " ".join(" ".join(unescape(text).split()) for text in texts)


async def test_the_signature_of_a_pasted_address_goes_where_it_cannot_be_read(
    run_console: RunConsole, adapter: RegistryAdapter, jobs: FakeJobs
) -> None:
    """The job gets it; no field, row, detail, JSON or message shows it."""
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press("i")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-folder", Input).value = f"{CONTAINER}?{SIGNATURE}"
        await wait_for(pilot, lambda: form.query_one("#field-sas", Input).value, "the signature")
        assert form.query_one("#field-folder", Input).value == CONTAINER
        assert "sig=" not in screen_text(pilot)
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        await wait_for(pilot, lambda: pane_of(pilot).current is not None, "the job")
        await pilot.pause()
        assert "https://store" in screen_text(pilot)
        assert "sig=" not in screen_text(pilot)
        await pilot.press("y")
        await dialog(pilot, ShowScreen)
        assert "sig=" not in screen_text(pilot)
        await pilot.press("escape", "i")
        again = await dialog(pilot, FormScreen)
        assert again.query_one("#field-folder", Input).value == CONTAINER
        assert again.query_one("#field-sas", Input).value == ""
        assert "sig=" not in told(pilot)
    assert jobs.specs[0].folder == f"{CONTAINER}?{SIGNATURE}"


def test_a_signature_without_a_container_is_refused_at_its_field() -> None:
    """It would otherwise become part of a path."""
    values: dict[str, str | bool] = {"folder": "/srv", "sas": "sig=x", "format": "devices.txt"}
    with pytest.raises(Invalid) as raised:
        job_spec(JobType.IMPORT, YARD, values)
    assert [problem.field for problem in raised.value.problems] == ["sas"]
    assert "sig" not in str(raised.value)


@pytest.mark.parametrize(
    ("job_format", "file"),
    [("devices.txt", "devices.txt"), ("csv", "devices.csv"), ("ndjson", "devices.ndjson")],
)
def test_each_format_has_a_file_of_its_own_where_none_is_named(job_format: str, file: str) -> None:
    """The help of the field says which."""
    spec = job_spec(JobType.IMPORT, YARD, {"folder": "/srv", "format": job_format})
    assert spec.blob_name == file
    (named,) = [
        each
        for each in import_fields("", formats=("csv", "devices.txt", "ndjson"))
        if each.name == "blob_name"
    ]
    assert file in named.help


async def test_a_form_offers_what_the_registry_can_do(
    run_console: RunConsole, adapter: RegistryAdapter, jobs: FakeJobs
) -> None:
    """No signature where there are no containers; only the formats it reads."""
    jobs.unable(containers=False, imports=("devices.txt", "csv"))
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press("i")
        form = await dialog(pilot, FormScreen)
        assert not form.query("#field-sas")
        options = form.query_one("#field-format", Select)._options
        assert [value for _, value in options] == ["told", "devices.txt", "csv"]


@pytest.mark.parametrize(
    ("ability", "key", "reason"),
    [
        ({"imports": ()}, "i", "no import jobs"),
        ({"exports": ()}, "o", "no export jobs"),
        ({"can_forget": False}, "D", "cannot be changed"),
    ],
)
async def test_what_the_registry_cannot_do_is_dimmed_and_says_why(
    run_console: RunConsole,
    adapter: RegistryAdapter,
    jobs: FakeJobs,
    ability: dict[str, object],
    key: str,
    reason: str,
) -> None:
    """The key opens nothing."""
    jobs.unable(**ability)
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press(key)
        await tells(pilot, reason)
        assert len(pilot.app.screen_stack) == 1


async def test_keys_are_exported_only_after_a_warning(
    run_console: RunConsole, adapter: RegistryAdapter, jobs: FakeJobs
) -> None:
    """Turning away leads back to the form, where they can be left out."""
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press("o")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-folder", Input).value = "/srv"
        form.query_one("#field-exclude_keys", Checkbox).value = False
        await pilot.press("ctrl+s")
        await dialog(pilot, ConfirmScreen)
        assert "Export with keys?" in screen_text(pilot)
        await pilot.press("escape")
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#field-exclude_keys", Checkbox).value is False
        assert jobs.specs == []
        await pilot.press("ctrl+s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await tells(pilot, "Started the export.")
    assert jobs.specs[0].exclude_keys is False


async def test_a_running_job_is_cancelled_by_key_after_a_question(
    run_console: RunConsole, adapter: RegistryAdapter, jobs: FakeJobs
) -> None:
    """The question says what stays; the row shows the end at once."""
    spec = JobSpec(type=JobType.IMPORT, tenant_id=YARD, folder="/srv")
    jobs.put(job(spec, JobStatus.RUNNING))
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        assert "100 lines already applied" in screen_text(pilot)
        await pilot.press("escape")
        await no_dialog(pilot)
        assert jobs.jobs["job-1"].status is JobStatus.RUNNING
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await tells(pilot, "Cancelled the job.")
        await no_dialog(pilot)
        current = pane_of(pilot).current
        assert current is not None
        assert current.status is JobStatus.CANCELLED
        assert "■ cancelled" in pane_of(pilot).table.render_line(1).text


async def test_a_job_that_still_stops_is_watched_to_its_end(
    run_console: RunConsole,
    adapter: RegistryAdapter,
    jobs: FakeJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not called cancelled before it is; then its outcome is told."""
    spec = JobSpec(type=JobType.IMPORT, tenant_id=YARD, folder="/srv")
    jobs.put(job(spec, JobStatus.RUNNING))

    async def stop(job_id: str) -> Job:
        return jobs.put(jobs.jobs[job_id].model_copy(update={"stopping": True}))

    monkeypatch.setattr(jobs, "cancel", stop)
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await tells(pilot, "Stopping the import…")
        assert "ancelled" not in told(pilot)
        jobs.put(job(spec, JobStatus.CANCELLED))
        await tells(pilot, "Import of yard was cancelled")
        assert "■ cancelled" in pane_of(pilot).table.render_line(1).text


async def test_a_job_that_could_not_be_read_for_a_moment_is_watched_on(
    run_console: RunConsole,
    adapter: RegistryAdapter,
    jobs: FakeJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The failure is told once, however often it is tried, and the outcome in the end."""
    spec = JobSpec(type=JobType.IMPORT, tenant_id=YARD, folder="/srv")
    jobs.put(job(spec, JobStatus.RUNNING))
    monkeypatch.setattr("console.panes.jobs.WATCH_SECONDS", 0.01)
    tries: list[str] = []

    async def dropped(job_id: str) -> Job:
        tries.append(job_id)
        raise Unreachable("The line is down.", layer="dropped")

    async with run_console(adapter, pane="jobs") as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "get", dropped)
            await wait_for(pilot, lambda: len(tries) > 2, "further tries")
        assert told(pilot).count("The line is down.") == 1
        jobs.put(job(spec, JobStatus.COMPLETED))
        await tells(pilot, "Import of yard is complete")
