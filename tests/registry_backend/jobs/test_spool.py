"""What jobs with blob containers keep on this machine, and for how long."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from registry_backend.domain.errors import Fault, Invalid
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from registry_backend.domain.timestamps import now
from registry_backend.jobs.work import Spool
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.support import TESTER, Jobs

ADDRESS = "https://account.example/container?sig=secret"
SPEC = JobSpec(type=JobType.IMPORT, tenant_id="T", folder=ADDRESS)


def a_job(status: JobStatus) -> Job:
    """A job between containers."""
    return Job(job_id=generate_id(), spec=SPEC, status=status, created_at=now(), owner="x:1:1:y")


def leave(spool: Path, name: str) -> None:
    """What a program that was killed leaves of a job."""
    for file in ("in/devices.txt", "out/importErrors.log", "out/.devices.txt.part"):
        path = spool / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content")


async def test_leftovers_go_at_the_next_start(store: Store, tmp_path: Path) -> None:
    """Those of ended jobs but for their errors; those of nobody once they are a day old."""
    spool = tmp_path / "spool"
    ended, waiting = a_job(JobStatus.COMPLETED), a_job(JobStatus.RUNNING)
    alive = waiting.model_copy(update={"owner": "elsewhere:1:1:y", "heartbeat_at": now()})
    for job in (ended, alive):
        await store.write(lambda transaction, job=job: transaction.put_job(job))  # type: ignore[misc]
    for name in (ended.job_id, alive.job_id, "old", "new"):
        leave(spool, name)
    os.utime(spool / "old", (0, 0))

    jobs = Jobs(store, tmp_path, spool=spool)
    await jobs.runner.start()
    await jobs.runner.close()

    kept = {str(path.relative_to(spool)) for path in spool.rglob("*") if path.is_file()}
    assert kept == {
        f"{ended.job_id}/out/importErrors.log",
        *(
            f"{name}/{file}"
            for name in (alive.job_id, "new")
            for file in ("in/devices.txt", "out/importErrors.log", "out/.devices.txt.part")
        ),
    }


async def test_without_a_spool_there_are_no_blob_containers(jobs: Jobs) -> None:
    """They are refused when a job is asked for, and told of when one is taken up."""
    with pytest.raises(Invalid, match="It takes folders by their path or file: addresses"):
        await jobs.runner.create(SPEC, actor=TESTER)
    with pytest.raises(Fault, match="no place to keep"):
        Spool(None).work(SPEC, "job")


@pytest.mark.parametrize(
    ("blob", "file"),
    [
        ("a/b.txt", "b.txt"),
        ("a/..", "devices.txt"),
        ("x" * 300, "devices.txt"),
        (".", "devices.txt"),
        ("a/.complete", "devices.txt"),
        ("a/importErrors.log", "devices.txt"),
    ],
)
def test_a_blobs_name_never_leads_out_of_the_spool(tmp_path: Path, blob: str, file: str) -> None:
    """Only its last part names the file."""
    work = Spool(tmp_path).work(SPEC.model_copy(update={"blob_name": blob}), "job")
    assert work.inputs() == {blob: file}
    assert work.source.path == tmp_path / "job/in"
