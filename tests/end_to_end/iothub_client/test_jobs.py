"""Import and export jobs between folders, as the library starts and follows them (iothub 6)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.iothub_client.authority import Trust
from tests.end_to_end.iothub_client.client import MODELS, Hub, refused
from tests.end_to_end.iothub_client.conftest import KEY, serving

ENDED = {"completed", "failed", "cancelled"}


@pytest.fixture(scope="module")
def served(trust: Trust, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub of its own: a thousand devices more would fill the lists of others."""
    with serving(trust, tmp_path_factory.mktemp("jobs") / "registry.sqlite") as found:
        yield found


@pytest.fixture
def jobs(hub: Hub) -> Any:
    """The library's manager of jobs, with the owner's policy."""
    return hub.jobs()


def exporting(folder: Path, **members: object) -> Any:
    """An export into a folder."""
    given = {"exclude_keys_in_export": False, **members}
    return MODELS.JobProperties(type="export", output_blob_container_uri=folder.as_uri(), **given)


def importing(folder: Path) -> Any:
    """An import of a folder's devices.txt; its results go to the same folder."""
    uri = folder.as_uri()
    return MODELS.JobProperties(
        type="import", input_blob_container_uri=uri, output_blob_container_uri=uri
    )


def ended(jobs: Any, job: Any) -> Any:
    """The job once it has ended."""
    deadline = time.monotonic() + 30
    while job.status.lower() not in ENDED:
        assert time.monotonic() < deadline, job.status
        job = jobs.get_import_export_job(job.job_id)
    return job


def lines(path: Path) -> list[Any]:
    """The JSON objects of a file, one a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_was_exported_can_be_imported_again(
    jobs: Any, registry: Any, device_id: str, tmp_path: Path
) -> None:
    """Keys and state come back with the device."""
    made = registry.create_device_with_sas(
        device_id, KEY, KEY, "disabled", status_reason="on its way"
    )
    done = ended(jobs, jobs.create_import_export_job(exporting(tmp_path)))
    assert (done.status, done.progress, done.failure_reason) == ("completed", 100, None)
    assert done.end_time_utc >= done.start_time_utc
    (line,) = [each for each in lines(tmp_path / "devices.txt") if each["id"] == device_id]
    assert line["eTag"] == made.etag
    assert line["authentication"]["symmetricKey"]["primaryKey"] == KEY

    registry.delete_device(device_id)
    assert ended(jobs, jobs.create_import_export_job(importing(tmp_path))).status == "completed"
    again = registry.get_device(device_id)
    assert (again.status, again.status_reason) == ("disabled", "on its way")
    assert again.authentication.symmetric_key.primary_key == KEY
    assert (tmp_path / "importErrors.log").read_bytes() == b""


def test_an_export_leaves_keys_out_when_asked(
    jobs: Any, registry: Any, device_id: str, tmp_path: Path
) -> None:
    """Nothing in the folder has them."""
    registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    job = jobs.create_import_export_job(exporting(tmp_path, exclude_keys_in_export=True))
    assert ended(jobs, job).exclude_keys_in_export is True
    text = (tmp_path / "devices.txt").read_text("utf-8")
    assert device_id in text
    assert KEY not in text


def test_an_import_ends_well_and_tells_which_lines_failed(
    jobs: Any, registry: Any, device_id: str, tmp_path: Path
) -> None:
    """In the error log; the other lines are applied."""
    good = {"id": device_id, "status": "enabled", "importMode": "create"}
    bad = {"id": f"{device_id}-none", "status": "enabled", "importMode": "delete"}
    text = "\n".join([json.dumps(good), json.dumps(bad), "no device at all"])
    (tmp_path / "devices.txt").write_text(text, encoding="utf-8")
    done = ended(jobs, jobs.create_import_export_job(importing(tmp_path)))
    assert (done.status, done.failure_reason) == ("completed", None)
    assert registry.get_device(device_id).status == "enabled"
    codes = [line["errorCode"] for line in lines(tmp_path / "importErrors.log")]
    assert codes == [404001, 400012]


def test_jobs_are_listed_and_show_no_secret(jobs: Any, tmp_path: Path) -> None:
    """Newest of all is the one just made."""
    job = ended(jobs, jobs.create_import_export_job(exporting(tmp_path)))
    listed = {each.job_id: each for each in jobs.get_import_export_jobs()}
    assert listed[job.job_id].as_dict() == job.as_dict()
    assert job.type == "export"
    assert "?" not in (job.output_blob_container_uri or "")


def test_a_job_that_ended_is_not_cancelled(jobs: Any, tmp_path: Path) -> None:
    """Nor one that never was."""
    job = ended(jobs, jobs.create_import_export_job(exporting(tmp_path)))
    assert refused(jobs.cancel_import_export_job, job.job_id) == (
        405,
        "OperationNotAllowedInCurrentState",
    )
    unknown = str(uuid4())
    assert refused(jobs.get_import_export_job, unknown) == (404, "JobNotFound")
    assert refused(jobs.cancel_import_export_job, unknown) == (404, "JobNotFound")


def test_a_running_import_is_cancelled_and_holds_up_others(
    jobs: Any, device_id: str, tmp_path: Path
) -> None:
    """One job at a time; after the cancel the next may start."""
    many = "".join(
        json.dumps({"id": f"{device_id}-{number}", "status": "enabled"}) + "\n"
        for number in range(20_000)
    )
    (tmp_path / "devices.txt").write_text(many, encoding="utf-8")
    first = jobs.create_import_export_job(importing(tmp_path))
    assert refused(jobs.create_import_export_job, exporting(tmp_path)) == (403, "JobQuotaExceeded")
    jobs.cancel_import_export_job(first.job_id)
    assert ended(jobs, jobs.get_import_export_job(first.job_id)).status == "cancelled"
    ended(jobs, jobs.create_import_export_job(exporting(tmp_path)))


def test_a_container_that_cannot_be_used_makes_no_job(jobs: Any, tmp_path: Path) -> None:
    """It is tried before the job is accepted (iothub 6.2)."""
    before = len(jobs.get_import_export_jobs())
    missing = refused(jobs.create_import_export_job, exporting(tmp_path / "missing"))
    assert missing == (400, "BlobContainerValidationError")
    empty = refused(jobs.create_import_export_job, importing(tmp_path))
    assert empty == (400, "BlobContainerValidationError")
    assert len(jobs.get_import_export_jobs()) == before


def test_a_policy_that_may_read_starts_no_job(hub: Hub, tmp_path: Path) -> None:
    """But it sees them."""
    reading = hub.jobs("registryRead")
    assert refused(reading.create_import_export_job, exporting(tmp_path)) == (
        401,
        "IotHubUnauthorized",
    )
    assert isinstance(reading.get_import_export_jobs(), list)


def test_there_are_no_scheduled_jobs(jobs: Any) -> None:
    """Asked for one, the hub says that it does not know it; clients then ask for the other kind."""
    assert jobs.get_scheduled_job("nobody").status == "unknown"
