"""Journal lines of jobs: that one was asked for, stopped or forgotten, and by whom."""

from __future__ import annotations

from datetime import datetime

from registry_backend.domain.jobs import Job, JobStatus
from registry_backend.domain.journal import Action, Actor, Change, JournalEntry
from registry_backend.storage.base import Transaction


def record(
    transaction: Transaction, job: Job, actor: Actor, action: Action, *, at: datetime
) -> None:
    """Append a line on a job and tell watchers of it; the secrets of its containers stay out."""
    tenant_id = job.spec.tenant_id
    entry = JournalEntry(
        sequence=0,  # given by the store
        at=at,
        actor=str(actor),
        action=action,
        resource="job",
        tenant_id=tenant_id,
        resource_id=job.job_id,
        after=None if action == "deleted" else _summary(job),
    )
    transaction.add_journal(actor, at, [entry])
    change = Change(resource="job", action=action, tenant_id=tenant_id, resource_id=job.job_id)
    transaction.note(change)


def _summary(job: Job) -> dict[str, object]:
    return {
        "type": job.spec.type.value,
        "format": job.spec.format,
        "folder": job.spec.shown_folder,
        "status": (JobStatus.CANCELLED if job.stopping else job.status).value,
    }
