"""What a running job needs of its runner: the store, its ownership, its say to watchers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from registry_backend.domain.jobs import Job, JobSpec, JobStatus, without_query
from registry_backend.domain.journal import Change
from registry_backend.jobs.blobs import Patience
from registry_backend.jobs.preparing import Preparation
from registry_backend.storage.base import Snapshot, Store, Transaction

NOTE_SECONDS = 0.3
"""Watchers are told of progress no more often than this."""


@dataclass(slots=True)
class Run:
    """The runner's side of every job it runs.

    Args:
        store: Where jobs and devices are.
        owner: This runner, unlike any other.
        preparation: The registry's rules for what files bring.
        max_devices: For tenants that set no limit of their own; -1: none.
        clock: What time it is.
        patience: How long blob containers are waited for.
    """

    store: Store
    owner: str
    preparation: Preparation
    max_devices: int
    clock: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)
    closing: bool = False
    _last_note: float = field(default=0.0)

    def note_due(self) -> bool:
        """Whether it is time to tell watchers; the next time is then later."""
        present = time.monotonic()
        if present - self._last_note < NOTE_SECONDS:
            return False
        self._last_note = present
        return True

    def owns(self, snapshot: Snapshot, job_id: str) -> bool:
        """Whether the job is to go on here: not cancelled, not taken over."""
        job = self._own(snapshot, job_id)
        return job is not None and not job.stopping

    def note(self, transaction: Transaction, job: Job) -> None:
        """Tell watchers of the job, and of the devices it wrote."""
        tenant_id = job.spec.tenant_id
        change = Change(
            resource="job", action="updated", tenant_id=tenant_id, resource_id=job.job_id
        )
        transaction.note(change)
        if job.spec.type == "import" and job.counts.applied:
            devices = Change(
                resource="device", action="updated", tenant_id=tenant_id, resource_id=""
            )
            transaction.note(devices)

    async def save(self, job: Job) -> Job | None:
        """Store the job with a fresh heartbeat if it is still ours; None if not."""

        def work(transaction: Transaction) -> Job | None:
            if not self.owns(transaction, job.job_id):
                return None
            saved = job.model_copy(update={"heartbeat_at": self.clock()})
            transaction.put_job(saved)
            self.note(transaction, saved)
            return saved

        return await self.store.write(work)

    async def finish(self, job: Job) -> Job | None:
        """Store the job as completed if it is still ours; None if not."""
        done = {
            "moved_bytes": None,
            "spec": without_secrets(job.spec),
            "status": JobStatus.COMPLETED,
            "ended_at": self.clock(),
            "owner": None,
        }
        return await self.save(job.model_copy(update=done))

    async def release(self, job_id: str) -> None:
        """Let go of a job at its checkpoint, so that the next runner goes on there."""
        await self._part_with(
            job_id, lambda job: job.model_copy(update={"status": JobStatus.ENQUEUED})
        )

    async def end(self, job_id: str, reason: str | None) -> None:
        """End a job that is still ours: cancelled if that was asked for, else failed.

        Args:
            job_id: Which job.
            reason: What went wrong; None: nothing did.
        """

        def ended(job: Job) -> Job:
            status = JobStatus.CANCELLED if job.stopping else JobStatus.FAILED
            return job.model_copy(
                update={
                    "status": status,
                    "stopping": False,
                    "failure_reason": reason,
                    "ended_at": self.clock(),
                    "spec": without_secrets(job.spec),
                }
            )

        await self._part_with(job_id, ended)

    async def _part_with(self, job_id: str, change: Callable[[Job], Job]) -> None:
        def work(transaction: Transaction) -> None:
            job = self._own(transaction, job_id)
            if job is not None:
                parted = change(job).model_copy(update={"owner": None, "moved_bytes": None})
                transaction.put_job(parted)
                self.note(transaction, parted)

        await self.store.write(work)

    def _own(self, snapshot: Snapshot, job_id: str) -> Job | None:
        """The job if it is still running and this runner's."""
        job = snapshot.get_job(job_id)
        if job is None or job.status is not JobStatus.RUNNING or job.owner != self.owner:
            return None
        return job


def without_secrets(spec: JobSpec) -> JobSpec:
    """What is kept of a finished job: nothing that would let anybody into its containers."""
    output = spec.output_folder
    return spec.model_copy(
        update={
            "folder": spec.shown_folder,
            "output_folder": None if output is None else without_query(output),
        }
    )
