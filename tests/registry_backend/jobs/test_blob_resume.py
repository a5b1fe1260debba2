"""Jobs between containers whose program was killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from registry_backend.domain.jobs import JobSpec, JobStatus, JobType
from registry_backend.jobs.work import spool_beside
from registry_backend.storage.sqlite import open_sqlite
from tests.azurite import Azurite, needs_azurite
from tests.registry_backend.jobs.blob_jobs import SMALL_BLOCKS, BlobJobs, make_containers
from tests.registry_backend.jobs.support import TESTER, Jobs, add_tenant, hub_line, read_fleet
from tests.registry_backend.jobs.test_resume import essence, fleet_lines, only_job

pytestmark = [needs_azurite, pytest.mark.xdist_group("azurite")]


def kill_while_running(registry: Path, spec: JobSpec) -> None:
    """Start a program that runs a job, and kill it at its first word."""
    command = [sys.executable, "-m", "tests.registry_backend.jobs.blob_process"]
    arguments = [str(registry), spec.model_dump_json()]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "progress\n"
        child.kill()
        child.wait()


async def test_a_killed_import_from_a_container_ends_as_if_undisturbed(
    tmp_path: Path, azurite: Azurite
) -> None:
    """Each line is applied once or reported once, and the log in the container says so."""
    lines = fleet_lines(6000)
    reference = await open_sqlite(tmp_path / "reference.sqlite")
    await add_tenant(reference, "T")
    expected = await Jobs(reference, tmp_path).import_lines(*lines)
    log = (tmp_path / "importErrors.log").read_bytes()
    registry = tmp_path / "registry.sqlite"
    first = await open_sqlite(registry)
    await add_tenant(first, "T")
    await first.close()
    source, target = make_containers(azurite)
    azurite.put(source, "devices.txt", "".join(f"{line}\n" for line in lines).encode())
    store = await open_sqlite(registry)
    jobs = Jobs(store, tmp_path, spool=spool_beside(registry), patience=SMALL_BLOCKS)
    spec = BlobJobs(jobs, azurite, source, target, tmp_path).spec()

    await asyncio.to_thread(kill_while_running, registry, spec)
    interrupted = await only_job(jobs.runner)
    assert interrupted.status is JobStatus.RUNNING
    await jobs.runner.start()
    finished = await jobs.runner.wait(interrupted.job_id)

    assert (finished.status, finished.resumed) == (JobStatus.COMPLETED, 1)
    assert finished.counts == expected.counts
    assert essence(await read_fleet(store)) == essence(await read_fleet(reference))
    assert azurite.get(target, "importErrors.log") == log
    assert "sig=" not in finished.model_dump_json()
    await jobs.runner.close()
    await store.close()
    await reference.close()


async def test_a_killed_export_to_a_container_goes_on_to_the_same_blob(
    tmp_path: Path, azurite: Azurite
) -> None:
    """No line is missing or doubled."""
    registry = tmp_path / "registry.sqlite"
    store = await open_sqlite(registry)
    await add_tenant(store, "T")
    jobs = Jobs(store, tmp_path, spool=spool_beside(registry), patience=SMALL_BLOCKS)
    await jobs.import_lines(*[hub_line(f"d{number:05}") for number in range(6000)])
    await jobs.run(jobs.spec(JobType.EXPORT))
    for job in await jobs.runner.list(None):
        await jobs.runner.forget(job.job_id, actor=TESTER)
    source, target = make_containers(azurite)
    spec = BlobJobs(jobs, azurite, source, target, tmp_path).spec(JobType.EXPORT)

    await asyncio.to_thread(kill_while_running, registry, spec)
    interrupted = await only_job(jobs.runner)
    await jobs.runner.start()
    finished = await jobs.runner.wait(interrupted.job_id)

    assert (finished.status, finished.counts.lines) == (JobStatus.COMPLETED, 6000)
    written = azurite.get(target, "devices.txt")
    assert written == (tmp_path / "devices.txt").read_bytes()
    assert not list(spool_beside(registry).iterdir())
    await jobs.runner.close()
    await store.close()
