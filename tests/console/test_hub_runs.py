"""Jobs that this side runs for a hub: how they end where something fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from console.adapters import iothub_known, iothub_runs
from console.adapters.iothub_bulk import BulkFailure, send_bulk
from console.adapters.iothub_runs import FAULT, Run
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_together import all_or_none
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from registry_backend.domain.query import DeviceQuery
from tests.console.conftest import NOW
from tests.contract.adapter_help import finished, need
from tests.contract.hub_serving import HUB, on_hub, serving_hub


async def test_a_fault_of_the_console_ends_the_job_that_met_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not stay under way for ever; the fault itself surfaces."""

    async def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(iothub_known.KnownDevices, "begin", broken)
    (tmp_path / "devices.txt").write_text('{"id": "pump"}\n', "utf-8")
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=tmp_path.as_uri())
        run = Run(
            adapter._session, Job(job_id="1", spec=spec, status=JobStatus.ENQUEUED, created_at=NOW)
        )
        run.start()
        assert run._task is not None
        with pytest.raises(ZeroDivisionError):
            await run._task
        assert run.job.status is JobStatus.FAILED
        assert run.job.failure_reason == FAULT


async def test_requests_at_once_end_with_the_first_that_fails() -> None:
    """None goes on reading for somebody who has left."""
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("slow")

    async def refused() -> None:
        await asyncio.sleep(0)
        raise NotFound("It is gone.")

    with pytest.raises(NotFound):
        await all_or_none([slow(), refused()])
    assert ended == ["slow"]


class HeldCalls:
    """Calls with lines that reach the hub, whose answers are held back until they are let go."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self.go_on = asyncio.Event()

    async def send(self, session: HubSession, elements: Sequence[JsonObject]) -> list[BulkFailure]:
        """As send_bulk."""
        failures = await send_bulk(session, elements)
        self.done.set()
        await self.go_on.wait()
        return failures


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldCalls:
    """In the place of an import's calls."""
    calls = HeldCalls()
    monkeypatch.setattr(iothub_runs, "send_bulk", calls.send)
    return calls


def _fleet_of(folder: Path, count: int) -> JobSpec:
    lines = (f'{{"id": "d{number:03d}", "status": "enabled"}}\n' for number in range(count))
    (folder / "devices.txt").write_text("".join(lines), "utf-8")
    return JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=str(folder))


async def test_a_cancelled_import_counts_what_its_last_call_did(
    tmp_path: Path, held: HeldCalls
) -> None:
    """It ends after the lines in hand, which never count as skipped; the hub has just those."""
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        jobs = need(adapter.jobs)
        job = await jobs.create(_fleet_of(tmp_path, 250))
        await held.done.wait()
        counts = (await jobs.get(job.job_id)).counts
        assert (counts.passed_over, counts.applied) == (0, 0)
        cancelling = asyncio.create_task(jobs.cancel(job.job_id))
        await asyncio.sleep(0)
        assert (await jobs.get(job.job_id)).stopping
        held.go_on.set()
        ended = await cancelling
        assert (ended.status, ended.stopping) == (JobStatus.CANCELLED, False)
        assert (ended.counts.lines, ended.counts.created) == (100, 100)
        assert (await need(adapter.devices).count(HUB, DeviceQuery())).value == 100
        assert (tmp_path / "importErrors.log").read_text("utf-8") == ""


async def test_lines_of_a_call_without_an_answer_are_logged_as_perhaps_done(
    tmp_path: Path, held: HeldCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for the hub, and nobody says that it did nothing."""
    monkeypatch.setattr(iothub_runs, "GRACE_SECONDS", 0.0)
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        jobs = need(adapter.jobs)
        job = await jobs.create(_fleet_of(tmp_path, 130))
        await held.done.wait()
        await jobs.cancel(job.job_id)
        counts = (await finished(jobs, job.job_id)).counts
        assert (counts.lines, counts.failed, counts.passed_over) == (100, 100, 0)
        log = (tmp_path / "importErrors.log").read_text("utf-8").splitlines()
        assert len(log) == 100
        assert {json.loads(each)["errorStatus"] for each in log} == {iothub_runs.UNANSWERED}


async def test_a_line_that_is_too_long_fails_alone(tmp_path: Path) -> None:
    """The devices before and after it are written; nothing of it is held."""
    lines = [
        '{"id": "a", "status": "enabled"}',
        f'{{"id": "{"x" * (3 << 20)}"}}',
        '{"id": "b", "status": "enabled"}',
    ]
    (tmp_path / "devices.txt").write_text("\n".join(lines), "utf-8")
    spec = JobSpec(type=JobType.IMPORT, tenant_id=HUB, folder=str(tmp_path))
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        jobs = need(adapter.jobs)
        job = await jobs.create(spec)
        counts = (await finished(jobs, job.job_id)).counts
        assert (counts.created, counts.failed) == (2, 1)
        (failed,) = await jobs.errors(job.job_id, skip=0, limit=10)
        assert failed.line == 2
        assert "3,145,739 bytes, more than 1,048,576 on a line" in failed.message
        named = spec.model_copy(update={"format": "csv"})
        (tmp_path / "devices.txt").write_text("\n".join(reversed(lines[:2])), "utf-8")
        refused = await finished(jobs, (await jobs.create(named)).job_id)
        assert "too long to name columns" in str(refused.failure_reason)
