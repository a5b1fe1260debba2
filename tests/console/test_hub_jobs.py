"""Imports into a remote hub from files of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.adapters import iothub_known, iothub_lists, iothub_runs
from console.adapters.iothub import IotHubAdapter
from console.commands.moving import summary
from console.panes import jobs as panes_jobs
from console.panes.jobs import JobsPane
from console.render import jobs as render
from registry_backend.domain.dry_run import Effect
from registry_backend.domain.jobs import ImportMode, Job, JobFormat, JobSpec, JobStatus, JobType
from tests.console.conftest import RunConsole
from tests.console.hands import at_rest, pane_of, table_lines, until_told
from tests.console.waiting import wait_for
from tests.contract.adapter_help import device, fill, need, run_job
from tests.contract.hub_serving import HUB, on_hub, serving_hub
from tests.registry_backend.jobs.hostile_blobs import hostile_blobs

SOURCES: dict[JobFormat, tuple[str, str]] = {
    "devices.txt": (
        "devices.txt",
        '{"id": "pump", "status": "enabled"}\n{"id": "valve", "status": "disabled"}\n',
    ),
    "ndjson": ("fleet.ndjson", '{"device-id": "pump"}\n{"device-id": "valve"}\n'),
    "csv": ("fleet.csv", "id,status\npump,enabled\nvalve,disabled\n"),
}
EFFECTS: tuple[Effect, ...] = ("create", "update", "delete", "refuse")
OUTCOMES = {
    ImportMode.CREATE_OR_UPDATE: (1, 1, 0, 0),
    ImportMode.CREATE: (1, 0, 0, 1),
    ImportMode.UPDATE: (0, 1, 0, 1),
    ImportMode.DELETE: (0, 0, 1, 1),
}
"""Of one device that is there and one that is not: created, updated, deleted, refused."""


@pytest.mark.parametrize("mode", OUTCOMES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("source", SOURCES)
async def test_a_dry_run_says_of_each_mode_and_source_what_the_import_then_does(
    tmp_path: Path, source: JobFormat, mode: ImportMode
) -> None:
    """The same figures before, while nothing is written, and after."""
    name, text = SOURCES[source]
    (tmp_path / name).write_text(text, "utf-8")
    spec = JobSpec(
        type=JobType.IMPORT,
        tenant_id=HUB,
        folder=tmp_path.as_uri(),
        format=source,
        blob_name=name,
        default_mode=mode,
    )
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        await fill(need(adapter.devices), HUB, "pump")
        jobs = need(adapter.jobs)
        tried = await jobs.dry_run(spec)
        would = tuple(tried.count(each) for each in EFFECTS)
        assert would == OUTCOMES[mode]
        counts = (await run_job(jobs, spec)).counts
        done = (counts.created, counts.updated, counts.deleted, counts.failed)
        assert done == OUTCOMES[mode]


@pytest.mark.parametrize("listed", [1_000, 1])
async def test_a_dry_run_tells_what_a_table_would_take_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    """Of devices that the hub lists, and of those that only a query shows."""
    monkeypatch.setattr(iothub_lists, "AT_MOST", listed)
    monkeypatch.setattr(iothub_known, "AT_MOST", listed)
    (tmp_path / "fleet.csv").write_text("id,status\na,enabled\nedge,enabled\nleaf,enabled\n")
    spec = JobSpec(
        type=JobType.IMPORT,
        tenant_id=HUB,
        folder=str(tmp_path),
        format="csv",
        blob_name="fleet.csv",
    )
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        devices = need(adapter.devices)
        await fill(devices, HUB, "a")
        await devices.create(HUB, "edge", device(iothub={"capabilities": {"iotEdge": True}}))
        await devices.create(HUB, "leaf", device(**{"status-reason": "lent out"}))
        warnings = (await need(adapter.jobs).dry_run(spec)).warnings
        (told,) = [each for each in warnings if "leave out" in each]
        assert told.startswith("2 lines leave out capabilities, scopes or a status reason")


async def test_lines_of_a_hub_in_a_file_called_ndjson_are_read_as_what_they_are(
    tmp_path: Path,
) -> None:
    """They are JSON, one to a line; who wrote them with `id` need not know of another format."""
    (tmp_path / "fleet.ndjson").write_text(
        '{"id": "pump", "status": "disabled"}\n{"device-id": "valve"}\n{"name": "neither"}\n',
        "utf-8",
    )
    spec = JobSpec(
        type=JobType.IMPORT,
        tenant_id=HUB,
        folder=str(tmp_path),
        format="ndjson",
        blob_name="fleet.ndjson",
    )
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        jobs = need(adapter.jobs)
        job = await run_job(jobs, spec)
        assert (job.counts.created, job.counts.failed) == (2, 1)
        assert not (await need(adapter.devices).get(HUB, "pump")).enabled
        (error,) = await jobs.errors(job.job_id, skip=0, limit=10)
        assert error.line == 3
        assert "device-id" in error.message


@pytest.mark.parametrize("singly", [100, 1])
async def test_an_import_needs_no_right_to_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, singly: int
) -> None:
    """Beyond what a hub lists devices are asked for one by one; counts may be off beyond that."""
    monkeypatch.setattr(iothub_known, "AT_MOST", 1)
    monkeypatch.setattr(iothub_known, "MOST_READ_SINGLY", singly)
    text = "".join(f'{{"id": "{name}", "status": "enabled"}}\n' for name in ("a", "b", "c"))
    (tmp_path / "devices.txt").write_text(text, "utf-8")
    spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=str(tmp_path))
    async with serving_hub(tmp_path) as hub, on_hub(hub, "registryReadWrite") as adapter:
        await fill(need(adapter.devices), HUB, "pump")
        jobs = need(adapter.jobs)
        tried = await jobs.dry_run(spec)
        assert (tried.count("create"), tried.exact) == (3, singly == 100)
        assert (await run_job(jobs, spec)).counts.created == 3


async def test_an_export_that_the_policy_does_not_allow_names_one_that_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub writes into a container by itself, without a query of ours."""
    monkeypatch.setattr(iothub_runs, "AT_MOST", 1)
    (tmp_path / "out").mkdir()
    spec = JobSpec(type=JobType.EXPORT, tenant_id=HUB, folder=str(tmp_path / "out"))
    async with serving_hub(tmp_path) as hub, on_hub(hub, "registryReadWrite") as adapter:
        await fill(need(adapter.devices), HUB, "a", "b")
        job = await run_job(need(adapter.jobs), spec)
        assert job.status is JobStatus.FAILED
        assert "Export into a blob container" in (job.failure_reason or "")
        assert list((tmp_path / "out").iterdir()) == []


async def test_an_import_that_the_policy_does_not_allow_names_the_right(tmp_path: Path) -> None:
    """Not as a connection string that was mistyped."""
    (tmp_path / "devices.txt").write_text('{"id": "a", "status": "enabled"}\n', "utf-8")
    spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=str(tmp_path))
    async with serving_hub(tmp_path) as hub, on_hub(hub, "registryRead") as adapter:
        job = await run_job(need(adapter.jobs), spec)
        assert job.status is JobStatus.FAILED
        assert "may not do this" in (job.failure_reason or "")
        assert "it lacks RegistryWrite" in (job.failure_reason or "")


async def test_a_job_of_the_hub_is_not_said_to_have_done_what_nobody_told(tmp_path: Path) -> None:
    """It names the lines that failed: whether others created or updated, only it knows."""
    async with hostile_blobs() as container, serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        container.blobs["devices.txt"] = b'{"id": "a", "status": "enabled"}\nno json\n'
        spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=container.address)
        job = await run_job(need(adapter.jobs), spec)
        assert "2 lines: 1 applied, 1 refused." in summary(job)
        lines = [line for section in render.detail(job, job.created_at) for line in section.lines]
        told = {line.label: line.value for line in lines if line.label}
        assert told["applied"] == "1"
        assert "updated" not in told
        assert "1 applied" in render.outcome(job).text


async def test_failed_lines_that_nobody_told_are_never_shown_as_none(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """Of a hub's own job, after a restart of the console: neither good nor a count of zero."""
    async with hostile_blobs() as container, serving_hub(tmp_path) as hub:
        container.blobs["devices.txt"] = b'{"id": "a", "status": "enabled"}\nno json\n'
        spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=container.address)
        async with on_hub(hub) as before:
            jobs = need(before.jobs)
            await run_job(jobs, spec)
            await run_job(jobs, spec.model_copy(update={"type": JobType.EXPORT}))
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="jobs") as pilot:
            await at_rest(pilot)
            rows = table_lines(pilot)[1:]
            assert len([row for row in rows if "? completed, untold" in row]) == 2
            assert not any("✓" in row or "0 lines" in row for row in rows)
            for job in await need(adapter.jobs).list(HUB):
                assert render.status_text(job)[1] == "warning"
                told = _told(job)
                assert "not told" in told["status"]
                _, counts, *_ = render.detail(job, job.created_at)
                assert {line.value for line in counts.lines} == {"not told"}
                assert "holds a secret" in told["why"]
                assert "0 refused" not in summary(job)
                assert render.outcome(job).severity == "warning"
            pane_of(pilot).table.focus()
            await pilot.press("end", "l")
            await until_told(pilot, "importErrors.log")


async def test_devices_are_listed_anew_when_a_job_of_the_hub_has_ended(
    tmp_path: Path, run_console: RunConsole
) -> None:
    """Nobody need press r to see what it made."""
    async with hostile_blobs() as container, serving_hub(tmp_path) as hub:
        container.blobs["devices.txt"] = b'{"id": "made-by-it", "status": "enabled"}\n'
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with run_console(adapter, pane="devices") as pilot:
            await at_rest(pilot)
            await pilot.app.run_action("show_pane('jobs')")
            await at_rest(pilot)
            pane = pane_of(pilot)
            assert isinstance(pane, JobsPane)
            spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=container.address)
            pane._tell_outcomes(pane._watched.look([await pane.start_job(spec)]))
            await until_told(pilot, "is complete")
            await pilot.app.run_action("show_pane('devices')")
            await wait_for(
                pilot,
                lambda: any("made-by-it" in line for line in table_lines(pilot)),
                "the new device",
            )


def _told(job: Job) -> dict[str, str]:
    lines = [line for section in render.detail(job, job.created_at) for line in section.lines]
    return {line.label: line.value for line in lines if line.label}


async def test_a_job_that_somebody_else_started_is_shown_without_being_asked_for(
    tmp_path: Path, run_console: RunConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its pane is in front; a hub tells nobody of what happens to it."""
    monkeypatch.setattr(panes_jobs, "NEWS_SECONDS", 0.1)
    async with hostile_blobs() as container, serving_hub(tmp_path) as hub:
        container.faults["PUT devices.txt"] = ["stall"]
        spec = JobSpec(type=JobType.EXPORT, tenant_id=HUB, folder=container.address)
        adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
        async with on_hub(hub) as other, run_console(adapter, pane="jobs") as pilot:
            await at_rest(pilot)
            assert pane_of(pilot).table.length == 0
            theirs = await need(other.jobs).create(spec)
            await wait_for(pilot, lambda: pane_of(pilot).table.length == 1, "the job of another")
            await container.stalled.wait()
            await need(other.jobs).cancel(theirs.job_id)
