"""Past jobs of the sample: good, partly failed, cancelled and failed ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from registry_backend.domain.jobs import Job, JobCounts, JobFormat, JobSpec, JobStatus, JobType
from registry_backend.sample.credentials import make_uuid
from registry_backend.sample.exchange import FAILED_LINES
from registry_backend.sample.material import seeded_random

_IMPORT, _EXPORT = JobType.IMPORT, JobType.EXPORT


@dataclass(frozen=True, slots=True)
class _Past:
    """What sets one past job apart; `seconds` is how long it ran."""

    tenant_id: str
    type: JobType
    subfolder: str
    days_ago: float
    counts: JobCounts
    seconds: int
    status: JobStatus = JobStatus.COMPLETED
    format: JobFormat = "devices.txt"
    failure_reason: str | None = None


_FAILED = len(FAILED_LINES)
_PAST = (
    _Past(
        *("harbour-lights", _IMPORT, "new-lamps", 3.1),
        counts=JobCounts(lines=43, created=40, failed=_FAILED),
        seconds=2,
    ),
    _Past("north-wind", _EXPORT, "audit", 8.4, JobCounts(lines=600), 7),
    _Past(
        *("vaccine-chain", _IMPORT, "recall", 15.0),
        counts=JobCounts(lines=119, updated=119),
        seconds=4,
        status=JobStatus.CANCELLED,
    ),
    _Past(
        *("vaccine-chain", _EXPORT, "before-recall", 15.2),
        counts=JobCounts(lines=780),
        seconds=9,
        format="ndjson",
    ),
    _Past(
        *("orchard", _IMPORT, "spring-probes", 61.0),
        counts=JobCounts(),
        seconds=0,
        status=JobStatus.FAILED,
        failure_reason="The folder holds no file devices.txt.",
    ),
    _Past(
        *("old-depot", _IMPORT, "depot-files", 340.0),
        counts=JobCounts(lines=150, created=150),
        seconds=3,
        format="hono-1.1",
    ),
)


def make_jobs(*, now: datetime, seed: int, folder: str) -> tuple[Job, ...]:
    """Jobs newest first; their folders lie in `folder`."""
    random = seeded_random(seed, "jobs")
    return tuple(_make_job(make_uuid(random), now, folder, past) for past in _PAST)


def _make_job(job_id: str, now: datetime, folder: str, past: _Past) -> Job:
    created_at = (now - timedelta(days=past.days_ago)).replace(microsecond=0)
    return Job(
        job_id=job_id,
        spec=JobSpec(
            type=past.type,
            tenant_id=past.tenant_id,
            folder=f"{folder}/{past.subfolder}",
            format=past.format,
            exclude_keys=past.subfolder == "audit",
        ),
        status=past.status,
        counts=past.counts,
        total_lines=past.counts.lines if past.type is _EXPORT else None,
        created_at=created_at,
        started_at=created_at + timedelta(seconds=1),
        ended_at=created_at + timedelta(seconds=1 + past.seconds),
        failure_reason=past.failure_reason,
    )
