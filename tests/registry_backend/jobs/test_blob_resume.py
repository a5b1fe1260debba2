"""Jobs between containers whose program was killed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from registry_backend.jobs.work import spool_beside
from registry_backend.storage.base import Store
from registry_backend.storage.sqlite import open_sqlite
from tests.azurite import Azurite, needs_azurite
from tests.registry_backend.jobs.blob_jobs import SMALL_BLOCKS, BlobJobs, make_containers
from tests.registry_backend.jobs.killing import TollGate, kill_at, kill_at_request, toll_gate
from tests.registry_backend.jobs.support import TESTER, Jobs, add_tenant, hub_line, read_fleet
from tests.registry_backend.jobs.test_resume import essence, fleet_lines, only_job

pytestmark = [needs_azurite, pytest.mark.xdist_group("azurite")]


@dataclass(slots=True)
class Yard:
    """A registry whose job another program begins, and containers for it."""

    store: Store
    registry: Path
    there: BlobJobs

    @property
    def jobs(self) -> Jobs:
        """Of this program."""
        return self.there.jobs

    async def go_on(self) -> tuple[Job, Job]:
        """The job as the killed program left it, and at its end."""
        left = await only_job(self.jobs.runner)
        assert left.status is JobStatus.RUNNING
        await self.jobs.runner.start()
        return left, await self.jobs.runner.wait(left.job_id)


@pytest.fixture
async def yard(store: Store, tmp_path: Path, azurite: Azurite) -> AsyncIterator[Yard]:
    """Two containers; the runner has not looked at its jobs yet."""
    registry = tmp_path / "registry.sqlite"
    spool = spool_beside(registry)
    jobs = Jobs(store, tmp_path, spool=spool, patience=SMALL_BLOCKS)
    there = BlobJobs(jobs, azurite, *make_containers(azurite), spool)
    yield Yard(store, registry, there)
    await jobs.runner.close()


def through(gate: TollGate, spec: JobSpec) -> JobSpec:
    """The job, with its containers behind the gate."""
    output = None if spec.output_folder is None else gate.instead_of(spec.output_folder)
    return spec.model_copy(update={"folder": gate.instead_of(spec.folder), "output_folder": output})


def gate_before(azurite: Azurite, method: str, text: str, number: int = 1) -> TollGate:
    """Stops that request."""
    return TollGate(f"http://127.0.0.1:{azurite.port}", method, text, number)


@pytest.mark.parametrize(
    ("method", "text", "number"),
    [
        ("GET", "/devices.txt?", 4),
        (None, "progress", 1),
        (None, "progress", 2),
        ("PUT", "/importErrors.log?", 1),
    ],
    ids=["while the blob is read", "after a stretch", "after another", "after the last line"],
)
async def test_a_killed_import_from_a_container_ends_as_if_undisturbed(
    tmp_path: Path, yard: Yard, method: str | None, text: str, number: int
) -> None:
    """Each line is applied once or reported once, and the log in the container says so."""
    lines = fleet_lines(3300)
    yard.there.put_lines(*lines)
    async with toll_gate(gate_before(yard.there.azurite, method or "", text, number)) as gate:
        spec = through(gate, yard.there.spec())
        if method is None:
            await kill_at(yard.registry, spec, "progress", number)
        else:
            await kill_at_request(yard.registry, spec, gate)
        left, ended = await yard.go_on()

    found = essence(await read_fleet(yard.store))
    log, kept = yard.there.log(), ended.counts
    assert (ended.status, ended.resumed) == (JobStatus.COMPLETED, 1)
    assert "sig=" not in ended.model_dump_json()
    assert (found, log, kept) == await undisturbed(tmp_path, lines)
    if method is not None:
        assert left.counts.lines == (0 if method == "GET" else len(lines))


async def undisturbed(folder: Path, lines: list[str]) -> tuple[object, bytes, object]:
    """What an import of the lines leaves where nothing happens to it."""
    store = await open_sqlite(folder / "reference.sqlite")
    await add_tenant(store, "T")
    job = await Jobs(store, folder).import_lines(*lines)
    left = essence(await read_fleet(store))
    await store.close()
    return left, (folder / "importErrors.log").read_bytes(), job.counts


@pytest.mark.parametrize(
    ("text", "number", "passing"),
    [
        ("comp=block&", 1, False),
        ("comp=block&", 5, False),
        ("comp=blocklist", 1, False),
        ("comp=blocklist", 1, True),
    ],
    ids=["first block", "a later block", "list of blocks", "the answer to the list is lost"],
)
async def test_a_killed_export_to_a_container_goes_on_to_the_same_blob(
    yard: Yard, text: str, number: int, passing: bool
) -> None:
    """No line is missing or doubled, and the older blob stays until the new one is whole."""
    jobs = yard.jobs
    await jobs.import_lines(*[hub_line(f"d{number:05}") for number in range(3000)])
    await jobs.run(jobs.spec(JobType.EXPORT))
    expected = (jobs.folder / "devices.txt").read_bytes()
    for job in await jobs.runner.list(None):
        await jobs.runner.forget(job.job_id, actor=TESTER)
    azurite, target = yard.there.azurite, yard.there.target
    azurite.put(target, "devices.txt", b"old")
    gate = gate_before(azurite, "PUT", text, number)
    gate.passing = passing

    async with toll_gate(gate):
        await kill_at_request(yard.registry, through(gate, yard.there.spec(JobType.EXPORT)), gate)
        before = azurite.get(target, "devices.txt")
        _, ended = await yard.go_on()

    assert before == (expected if passing else b"old")
    assert (ended.status, ended.counts.lines) == (JobStatus.COMPLETED, 3000)
    assert azurite.get(target, "devices.txt") == expected
    assert not list(yard.there.spool.iterdir())
