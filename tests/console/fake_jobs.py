"""A jobs port that keeps jobs in memory and does what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from console.adapters.ports.jobs import JobAbilities
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.jobs import (
    Job,
    JobCheckpoint,
    JobCounts,
    JobError,
    JobSpec,
    JobStatus,
)
from tests.console.conftest import NOW

ABLE = JobAbilities(can_dry_run=True, containers=True)


def errors(count: int) -> tuple[JobError, ...]:
    """Failed lines of devices `dev-1`, `dev-2` and so on; every third exists already."""
    return tuple(
        JobError(
            line=10 * number,
            device_id=f"dev-{number}",
            code=409001 if number % 3 == 0 else 400004,
            message="The device exists." if number % 3 == 0 else "The status is unknown.",
        )
        for number in range(1, count + 1)
    )


class FakeJobs:
    """As JobsPort.

    Args:
        run: What a dry run finds; an error is raised instead.
    """

    def __init__(
        self, run: DryRun | RegistryError | None = None, *, abilities: JobAbilities = ABLE
    ) -> None:
        self.abilities = abilities
        self.run = run or DryRun()
        self.specs: list[JobSpec] = []
        self.tried: list[JobSpec] = []
        self.jobs: dict[str, Job] = {}
        self.failed: tuple[JobError, ...] = ()
        self.gate = asyncio.Event()
        self.gate.set()
        self.stopped = False

    def put(self, job: Job) -> Job:
        """Have a job."""
        self.jobs[job.job_id] = job
        return job

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """As JobsPort."""
        del tenant_id
        return list(reversed(self.jobs.values()))

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        if job_id not in self.jobs:
            raise NotFound(f"There is no job {job_id}.")
        return self.jobs[job_id]

    async def create(self, spec: JobSpec) -> Job:
        """As JobsPort."""
        self.specs.append(spec)
        return self.put(job(spec, JobStatus.RUNNING, job_id=f"job-{len(self.specs)}"))

    async def dry_run(
        self, spec: JobSpec, *, progress: Callable[[int], object] | None = None
    ) -> DryRun:
        """As JobsPort; waits for the gate."""
        self.tried.append(spec)
        if progress is not None:
            progress(1200)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        if isinstance(self.run, RegistryError):
            raise self.run
        return self.run

    async def cancel(self, job_id: str) -> Job:
        """As JobsPort."""
        update = {"status": JobStatus.CANCELLED, "ended_at": NOW}
        return self.put(self.jobs[job_id].model_copy(update=update))

    async def forget(self, job_id: str) -> None:
        """As JobsPort."""
        del self.jobs[job_id]

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """As JobsPort."""
        del job_id
        return self.failed[skip : skip + limit]

    def unable(self, **abilities: object) -> None:
        """Take abilities away."""
        self.abilities = replace(self.abilities, **abilities)  # type: ignore[arg-type]


def job(spec: JobSpec, status: JobStatus, *, job_id: str = "job-1", **members: object) -> Job:
    """A job that has read half of its thousand bytes."""
    base = Job(
        job_id=job_id,
        spec=spec,
        status=status,
        created_at=NOW,
        started_at=NOW,
        total_bytes=1000,
        checkpoint=JobCheckpoint(offset=500),
        counts=JobCounts(lines=100, created=100),
    )
    return base.model_copy(update=members)
