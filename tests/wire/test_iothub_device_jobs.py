"""A hub's jobs as its answers have them (iothub 4.5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from registry_backend.domain.jobs import Job, JobCounts, JobSpec, JobStatus, JobType
from registry_backend.wire.iothub_device_errors import HubInvalid
from registry_backend.wire.iothub_device_job import read_job, write_job
from registry_backend.wire.iothub_device_versions import VERSION_2016, VERSION_2021

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
    shown = write_job(job, VERSION_2021)
    assert shown["progress"] == progress
    assert shown["outputBlobContainerUri"] == "https://blobs.example/c"


@pytest.mark.parametrize("kind", JobType)
def test_the_oldest_version_names_no_blobs(kind: JobType) -> None:
    """They came later (iothub 4.5)."""
    spec = JobSpec(type=kind, tenant_id="T", folder="https://blobs.example/c", blob_name="x.txt")
    job = Job(job_id="j", spec=spec, status=JobStatus.RUNNING, created_at=NOW)
    later, oldest = write_job(job, VERSION_2021), write_job(job, VERSION_2016)
    name = "inputBlobName" if kind is JobType.IMPORT else "outputBlobName"
    assert later.pop(name) == "x.txt"
    assert oldest == later


@pytest.mark.parametrize("given", [True, "True"])
@pytest.mark.parametrize("kind", JobType)
def test_configurations_are_refused_and_not_left_out(kind: JobType, given: object) -> None:
    """This registry has none, so a job that asks for them would do less than it says."""
    container = "https://blobs.example/c"
    body = {
        "type": kind.value,
        "inputBlobContainerUri": container,
        "outputBlobContainerUri": container,
        "includeConfigurations": given,
    }
    with pytest.raises(HubInvalid, match="keeps no configurations"):
        read_job(body, VERSION_2021, tenant_id="T")
    read_job({**body, "includeConfigurations": False}, VERSION_2021, tenant_id="T")
