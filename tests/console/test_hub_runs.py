"""Jobs that this side runs for a hub: how they end where something fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console.adapters import iothub_known
from console.adapters.iothub_runs import FAULT, Run
from console.adapters.iothub_together import all_or_none
from registry_backend.domain.errors import NotFound
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from tests.console.conftest import NOW
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
