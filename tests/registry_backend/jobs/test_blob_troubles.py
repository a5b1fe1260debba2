"""What may go wrong in a real blob storage while a job runs: what is told, and what stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from registry_backend.domain.errors import VersionMismatch
from registry_backend.domain.jobs import Job, JobStatus
from registry_backend.jobs.blob_address import BlobContainer
from registry_backend.jobs.blobs import Blobs
from registry_backend.storage.base import Store
from tests.azurite import Azurite, needs_azurite
from tests.registry_backend.jobs.blob_jobs import HASTY, BlobJobs, make_containers
from tests.registry_backend.jobs.killing import TollGate, toll_gate
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line, read_fleet

pytestmark = [needs_azurite, pytest.mark.xdist_group("azurite")]


async def test_a_container_that_vanishes_fails_the_job_and_says_so(
    store: Store, tmp_path: Path, azurite: Azurite
) -> None:
    """Lines that were applied stay, and their errors can be read here."""
    jobs = Jobs(store, tmp_path, spool=tmp_path / "spool", patience=HASTY)
    source, target = make_containers(azurite)
    there = BlobJobs(jobs, azurite, source, target, tmp_path / "spool")
    there.put_lines("{broken", *(hub_line(f"d{number}") for number in range(4000)))

    job = await jobs.runner.create(there.spec(), actor=TESTER)
    azurite.remove_container(target)
    ended = await jobs.runner.wait(job.job_id)

    assert ended.status is JobStatus.FAILED
    assert "output blob container" in str(ended.failure_reason)
    assert "sig=" not in str(ended.failure_reason)
    assert ended.counts.created == 4000
    assert await jobs.codes(ended) == [(1, 400012)]
    await jobs.runner.close()


async def test_a_job_that_fails_half_way_still_leaves_its_log(blob_jobs: BlobJobs) -> None:
    """The lines before are applied, and the failed ones among them are told in the container."""
    lines = ["{broken", *(hub_line(f"d{number}") for number in range(2999))]
    content = "".join(f"{line}\n" for line in lines).encode() + b"\xff\n" * 9000
    blob_jobs.azurite.put(blob_jobs.source, "devices.txt", content)

    job = await blob_jobs.run(blob_jobs.spec())

    assert job.status is JobStatus.FAILED
    assert "devices.txt is no text" in str(job.failure_reason)
    assert blob_jobs.log().count(b"\n") == job.counts.failed
    assert json.loads(blob_jobs.log().splitlines()[0])["line"] == 1


async def test_an_input_container_that_vanishes_half_way_fails_the_job(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """No line of it is applied, and the log in the other container is empty."""
    blob_jobs.put_lines(*(hub_line(f"d{number}") for number in range(2000)))
    async with toll_gate(gate_at(blob_jobs.azurite, "/devices.txt?", number=3)) as gate:
        job = await begin(blob_jobs, gate)
        await gate.stopped.wait()
        blob_jobs.azurite.remove_container(blob_jobs.source)
        gate.go_on.set()
        ended = await blob_jobs.jobs.runner.wait(job.job_id)

    assert ended.status is JobStatus.FAILED
    assert "The input blob container does not exist." in str(ended.failure_reason)
    assert await read_fleet(store) == {}
    assert blob_jobs.log() == b""


async def test_a_blob_that_changes_half_way_is_imported_as_it_was_left(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """Each part is asked for in the state that the first one had (iothub 9.1)."""
    blob_jobs.put_lines(*(hub_line(f"old{number}") for number in range(2000)))
    async with toll_gate(gate_at(blob_jobs.azurite, "/devices.txt?", number=3)) as gate:
        job = await begin(blob_jobs, gate)
        await gate.stopped.wait()
        blob_jobs.put_lines(*(hub_line(f"new{number}") for number in range(2000)))
        gate.go_on.set()
        ended = await blob_jobs.jobs.runner.wait(job.job_id)

    assert (ended.status, ended.counts.created) == (JobStatus.COMPLETED, 2000)
    assert {device_id[:3] for device_id in await read_fleet(store)} == {"new"}


async def test_a_state_of_a_blob_that_is_gone_cannot_be_read(azurite: Azurite) -> None:
    """The storage says so, not a comparison afterwards."""
    source, _ = make_containers(azurite)
    azurite.put(source, "devices.txt", b"first")
    async with Blobs(BlobContainer.parse(azurite.sas(source, "r")), "input", HASTY) as blobs:
        state = await blobs.head("devices.txt")
        assert await blobs.read("devices.txt", state, offset=1, length=2) == b"ir"
        azurite.put(source, "devices.txt", b"other")
        with pytest.raises(VersionMismatch, match="was changed while it was read"):
            await blobs.read("devices.txt", state, offset=1, length=2)


async def test_a_signature_that_ends_half_way_fails_the_job_and_says_so(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """Who started it learns which of the two containers refused, and what to look at."""
    blob_jobs.put_lines(*(hub_line(f"d{number}") for number in range(2000)))
    gate = gate_at(blob_jobs.azurite, "/devices.txt?", number=3)
    async with toll_gate(gate):
        job = await begin(blob_jobs, gate)
        await gate.stopped.wait()
        gate.spoiling = True
        gate.go_on.set()
        ended = await blob_jobs.jobs.runner.wait(job.job_id)

    assert ended.status is JobStatus.FAILED
    told = str(ended.failure_reason)
    assert told.startswith("Unauthorized to read from input blob container.")
    assert "Check its shared access signature" in told
    assert "sig=" not in told
    assert await read_fleet(store) == {}


async def test_an_empty_blob_completes(blob_jobs: BlobJobs, store: Store) -> None:
    """With an empty log."""
    blob_jobs.azurite.put(blob_jobs.source, "devices.txt", b"")
    job = await blob_jobs.run(blob_jobs.spec())
    assert (job.status, job.counts.lines) == (JobStatus.COMPLETED, 0)
    assert await read_fleet(store) == {}
    assert blob_jobs.log() == b""


async def test_odd_endings_and_a_huge_line_come_through_as_from_a_file(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """The blocks that it is brought in end anywhere."""
    huge = json.dumps({"id": "huge", "status": "enabled", "tags": {"x": "y" * 10_000_000}})
    text = f"\ufeff{hub_line('a')}\r\n\r\n{huge}\r\n{hub_line('b')}"
    blob_jobs.azurite.put(blob_jobs.source, "devices.txt", text.encode())

    job = await blob_jobs.run(blob_jobs.spec())

    assert sorted(await read_fleet(store)) == ["a", "b"]
    assert await blob_jobs.jobs.codes(job) == [(3, 400012)]
    assert json.loads(blob_jobs.log())["line"] == 3


def gate_at(azurite: Azurite, text: str, number: int) -> TollGate:
    """Stops that read of a blob."""
    return TollGate(f"http://127.0.0.1:{azurite.port}", "GET", text, number)


async def begin(blob_jobs: BlobJobs, gate: TollGate) -> Job:
    """An import whose input lies behind the gate."""
    spec = blob_jobs.spec()
    behind = spec.model_copy(update={"folder": gate.instead_of(spec.folder)})
    return await blob_jobs.jobs.runner.create(behind, actor=TESTER)
