"""Jobs for pictures: one that is forever half done, and the failed lines of one that is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from console.adapters.ports.jobs import JobsPort
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.jobs import (
    Job,
    JobCheckpoint,
    JobCounts,
    JobError,
    JobSpec,
    JobStatus,
    JobType,
)
from registry_backend.sample.exchange import FAILED_LINES

RUNNING = "0f6c1d2e-53a7-4b58-9c0e-7d1b6a2f4e90"


class StagedJobs:
    """A port with one running import before the jobs it has; as JobsPort.

    Args:
        port: The real one.
        present: The time in the picture.
    """

    def __init__(self, port: JobsPort, present: datetime) -> None:
        self._port = port
        self.abilities = port.abilities
        spec = JobSpec(
            type=JobType.IMPORT, tenant_id="harbour-lights", folder="/srv/exchange/new-lamps"
        )
        started = present - timedelta(seconds=38)
        self._running = Job(
            job_id=RUNNING,
            spec=spec,
            status=JobStatus.RUNNING,
            counts=JobCounts(lines=612_480, created=598_112, updated=14_356, failed=12),
            checkpoint=JobCheckpoint(offset=612),
            total_bytes=1000,
            created_at=started,
            started_at=started,
        )

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """As JobsPort."""
        return [self._running, *await self._port.list(tenant_id)]

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        return self._running if job_id == RUNNING else await self._port.get(job_id)

    async def create(self, spec: JobSpec) -> Job:
        """As JobsPort."""
        return await self._port.create(spec)

    async def dry_run(
        self, spec: JobSpec, *, progress: Callable[[int], object] | None = None
    ) -> DryRun:
        """As JobsPort."""
        return await self._port.dry_run(spec, progress=progress)

    async def cancel(self, job_id: str) -> Job:
        """As JobsPort."""
        return await self._port.cancel(job_id)

    async def forget(self, job_id: str) -> None:
        """As JobsPort."""
        await self._port.forget(job_id)

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """As JobsPort."""
        del job_id
        return [error for _, error in FAILED_LINES][skip : skip + limit]
