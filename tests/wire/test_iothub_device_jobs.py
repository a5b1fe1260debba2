"""A hub's jobs as its answers have them (iothub 4.5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from registry_backend.domain.jobs import Job, JobCounts, JobSpec, JobStatus, JobType
from registry_backend.wire.iothub_device_job import write_job

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "progress"),
    [(JobStatus.RUNNING, 99), (JobStatus.CANCELLED, 99), (JobStatus.COMPLETED, 100)],
)
def test_a_hundred_percent_is_said_of_completed_jobs_alone(
    status: JobStatus, progress: int
) -> None:
    """Every line is written, and the blob may still be on its way to the container."""
    spec = JobSpec(type=JobType.EXPORT, tenant_id="T", folder="https://blobs.example/c?sig=secret")
    counts = JobCounts(lines=7)
    job = Job(job_id="j", spec=spec, status=status, created_at=NOW, counts=counts, total_lines=7)
    shown = write_job(job)
    assert shown["progress"] == progress
    assert shown["outputBlobContainerUri"] == "https://blobs.example/c"
