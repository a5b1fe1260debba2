"""A disk that fills up while a job runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobStatus, JobType
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.blob_jobs import HASTY
from tests.registry_backend.jobs.hostile_blobs import hostile_blobs
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line, read_fleet

LINES = [hub_line(f"d{number:05}") for number in range(3000)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, which only root can make."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_an_export_fails_with_the_reason_and_leaves_nothing(
    jobs: Jobs, small_disk: Path
) -> None:
    """The room it took is free again."""
    await jobs.import_lines(*LINES)
    jobs.folder = small_disk

    job = await jobs.run(jobs.spec(JobType.EXPORT))

    assert job.status is JobStatus.FAILED
    assert job.failure_reason is not None
    assert "No space left on device" in job.failure_reason
    assert list(small_disk.iterdir()) == []


async def test_a_job_in_a_folder_without_room_is_refused_with_advice(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the folder, in a sentence that stands for itself."""
    monkeypatch.setattr(
        "registry_backend.jobs.containers.tempfile.TemporaryFile",
        lambda **_: open("/dev/full", "wb", buffering=0),  # noqa: SIM115, PTH123
    )

    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(jobs.spec(JobType.EXPORT), actor=TESTER)

    assert [problem.field for problem in refused.value.problems] == ["folder"]
    told = str(refused.value)
    assert told.startswith(f"The folder {jobs.folder} cannot be written to: No space left")
    assert "make room" in told


async def test_a_hono_export_fails_alike(jobs: Jobs, small_disk: Path) -> None:
    """None of its three files is left."""
    await jobs.import_lines(*LINES)
    jobs.folder = small_disk

    job = await jobs.run(jobs.spec(JobType.EXPORT, format="hono-1.1"))

    assert job.status is JobStatus.FAILED
    assert list(small_disk.iterdir()) == []


async def test_an_import_that_cannot_log_its_errors_applies_no_line_unreported(
    jobs: Jobs, store: Store, small_disk: Path
) -> None:
    """What failed before the disk was full is in the log; what is in neither was not applied."""
    content = "\n".join([*LINES[:200], *["{"] * 700])
    (small_disk / "devices.txt").write_text(content)
    jobs.folder = small_disk

    job = await jobs.run(jobs.spec())

    assert job.status is JobStatus.FAILED
    assert "No space left on device" in str(job.failure_reason)
    assert job.counts.created == len(await read_fleet(store))
    assert job.counts.failed == len(await jobs.codes(job))


async def test_the_reason_of_a_failed_write_is_told_without_root(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's always full device stands in for the unfinished file."""
    await jobs.import_lines(*LINES)
    real = os.open

    def open_full(path: str | Path, flags: int, mode: int = 0o777) -> int:
        return real("/dev/full" if str(path).endswith(".part") else path, flags & ~os.O_EXCL, mode)

    monkeypatch.setattr("registry_backend.jobs.parts.os.open", open_full)
    job = await jobs.run(jobs.spec(JobType.EXPORT))

    assert job.status is JobStatus.FAILED
    assert "No space left on device" in str(job.failure_reason)


async def test_a_spool_without_room_fails_the_import_and_tells_where(
    store: Store, small_disk: Path
) -> None:
    """No line was applied, and what was brought goes again."""
    async with hostile_blobs() as storage:
        storage.blobs["devices.txt"] = "\n".join(LINES).encode()
        jobs = Jobs(store, small_disk, spool=small_disk / "spool", patience=HASTY)
        job = await jobs.run(storage.spec())
        await jobs.runner.close()

    assert job.status is JobStatus.FAILED
    reason = str(job.failure_reason)
    assert reason.startswith(f"{small_disk}/spool/{job.job_id}/in/")
    assert "No space left on device. Make room there, then start the job again." in reason
    assert storage.blobs["importErrors.log"] == b""
    assert await read_fleet(store) == {}
    assert not list((small_disk / "spool").iterdir())


async def test_a_spool_without_room_fails_the_export_and_keeps_the_older_blob(
    store: Store, tmp_path: Path, small_disk: Path
) -> None:
    """Nothing was sent."""
    await Jobs(store, tmp_path).import_lines(*LINES)
    async with hostile_blobs() as storage:
        storage.blobs["devices.txt"] = b"old"
        jobs = Jobs(store, small_disk, spool=small_disk / "spool", patience=HASTY)
        job = await jobs.run(storage.spec(JobType.EXPORT))
        await jobs.runner.close()

    assert job.status is JobStatus.FAILED
    assert "No space left on device. Make room there" in str(job.failure_reason)
    assert storage.blobs["devices.txt"] == b"old"
    assert not list((small_disk / "spool").iterdir())
