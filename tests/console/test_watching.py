"""A job watched from the terminal: a registry that is lost for a while, or for good."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console.adapters import iothub_jobs
from console.commands import watching
from console.commands.watching import watch
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from tests.console.fake_jobs import FakeJobs, job
from tests.console.test_hub_many import Log, log
from tests.contract.adapter_help import need
from tests.contract.hub_serving import HUB, on_hub, serving_hub
from tests.registry_backend.jobs.hostile_blobs import hostile_blobs

__all__ = ["log"]

SPEC = JobSpec(type=JobType.IMPORT, tenant_id="hub", folder="https://store.example/c?sig=secret")


class Lost(FakeJobs):
    """Jobs of a registry that cannot be reached for so many questions; then the job is done."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self.left = questions

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        if self.left:
            self.left -= 1
            raise Unreachable("The hub cannot be reached.", layer="refused")
        self.put(self.jobs[job_id].model_copy(update={"status": JobStatus.COMPLETED}))
        return await FakeJobs.get(self, job_id)

    async def cancel(self, job_id: str) -> Job:
        """As JobsPort."""
        if self.left:
            raise Unreachable("The hub cannot be reached.", layer="refused")
        return await FakeJobs.cancel(self, job_id)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    monkeypatch.setattr(watching, "_LOOK_EVERY", 0.001)
    monkeypatch.setattr(watching, "_ASK_AGAIN", 0.001)


async def test_a_registry_that_is_lost_for_a_while_is_asked_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is said once that it is lost, and once that it is back; the job ends as it did there."""
    jobs = Lost(5)
    running = jobs.put(job(SPEC, JobStatus.RUNNING, job_id="job-7"))
    ended = await watch(jobs, running, asyncio.Event())
    assert ended.status is JobStatus.COMPLETED
    told = capsys.readouterr().err
    assert told.count("The import job-7 may go on there; asking again.") == 1
    assert told.count("The registry answers again") == 1
    assert "secret" not in told


async def test_who_gives_up_names_the_job() -> None:
    """It may go on at the registry, and can be found in its list."""
    jobs = Lost(10_000)
    running = jobs.put(job(SPEC, JobStatus.RUNNING, job_id="job-7"))
    with pytest.raises(Unreachable, match=r"import job-7 may go on .*list jobs") as caught:
        await watch(jobs, running, asyncio.Event())
    assert caught.value.layer == "refused"


async def test_a_job_that_cannot_be_cancelled_is_named_at_once() -> None:
    """Who interrupts is not kept waiting."""
    jobs = Lost(3)
    interrupted = asyncio.Event()
    interrupted.set()
    running = jobs.put(job(SPEC, JobStatus.RUNNING, job_id="job-7"))
    with pytest.raises(Unreachable, match="import job-7 may go on"):
        await watch(jobs, running, interrupted)
    assert jobs.left == 3


async def test_a_hub_is_asked_for_its_own_job_no_more_often_than_it_likes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    """However often somebody looks; a cancelled one is read anew (iothub 6.6)."""
    now = 100.0
    monkeypatch.setattr(iothub_jobs, "monotonic", lambda: now)
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter, hostile_blobs() as container:
        container.faults["PUT devices.txt"] = ["stall"]
        jobs = need(adapter.jobs)
        spec = JobSpec(type=JobType.EXPORT, tenant_id=HUB, folder=container.address)
        running = await jobs.create(spec)
        await container.stalled.wait()

        async def asked() -> int:
            log.asked.clear()
            for _ in range(5):
                assert not (await jobs.get(running.job_id)).status.finished
            return len(log.asked)

        assert await asked() == 1
        assert await asked() == 0
        now += iothub_jobs.LOOK_SECONDS
        assert await asked() == 1
        await jobs.cancel(running.job_id)
        assert ("GET", f"jobs/{running.job_id}") in log.asked
