"""import and export after another program was killed in the middle of one, and closed streams."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from registry_backend.domain.timestamps import now
from registry_backend.storage.sqlite import open_sqlite
from tests.end_to_end.program import Program

LEFT = "7b1f0c52-91f5-4a04-8a3a-0d7a1f6f2f0b"


async def leave_job(data: Path, folder: Path) -> None:
    """An import whose program is gone; it had not come to any line yet."""
    job = Job(
        job_id=LEFT,
        spec=JobSpec(type=JobType.IMPORT, tenant_id="orchard", folder=str(folder)),
        status=JobStatus.RUNNING,
        created_at=now(),
    )
    store = await open_sqlite(data)
    await store.write(lambda transaction: transaction.put_job(job))
    await store.close()


@pytest.fixture
def folders(filled: Program) -> tuple[Path, Path]:
    """The file of a job that was interrupted, and that of the next one."""
    for name, lines in (("first", '{"id":"one","status":"enabled"}\n{broken\n'), ("next", "")):
        (filled.home / name).mkdir()
        (filled.home / name / "devices.txt").write_text(lines)
    return filled.home / "first", filled.home / "next"


def test_an_interrupted_job_goes_on_before_the_next_one_begins(
    filled: Program, folders: tuple[Path, Path]
) -> None:
    """Nobody is told to wait for a job that only this command could finish."""
    first, following = folders
    asyncio.run(leave_job(filled.data, first))
    done = filled.run("import", str(following), "--tenant", "orchard")
    assert (done.returncode, done.stdout) == (0, "")
    named = f"The import {LEFT} of tenant orchard"
    assert done.stderr.splitlines() == [
        f"{named} was interrupted, and goes on first.",
        f"{named} completed, 1 refused.",
        (
            f"Import of {following}/devices.txt completed, 0 lines: "
            "0 created, 0 updated, 0 deleted, 0 refused."
        ),
    ]
    assert (first / "importErrors.log").read_text().count("\n") == 1


def test_a_job_that_nobody_runs_is_listed_as_interrupted(
    filled: Program, folders: tuple[Path, Path]
) -> None:
    """A list only looks, so the job stays as it is; in JSON it is told by the same word."""
    asyncio.run(leave_job(filled.data, folders[0]))
    for _ in range(2):
        listed = filled.run("list", "jobs")
        (row,) = [row for row in listed.stdout.splitlines() if row.startswith(LEFT)]
        assert row.split()[2] == "interrupted"
    assert '"status": "interrupted"' in filled.run("get", "job", LEFT).stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "code"),
    [("list tenants", 0), ("--version", 0), ("list nothing", 2), ("get device none", 2)],
)
def test_a_stream_that_the_caller_closed_is_none_of_the_registrys_files(
    filled: Program, closed: str, words: str, code: int
) -> None:
    """What would be said there is said nowhere, and the exit code is as ever."""
    command = f"{sys.executable} -W error -m console {words} {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=filled.environment(),
        cwd=filled.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
