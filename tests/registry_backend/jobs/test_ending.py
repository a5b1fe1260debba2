"""The log of a job that failed or was cancelled: always written, before the job has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from registry_backend.domain.errors import Invalid, LimitReached
from registry_backend.domain.jobs import Job, JobStatus, JobType
from registry_backend.domain.timestamps import now
from registry_backend.jobs.blobs import Patience
from registry_backend.storage.base import Store
from registry_backend.wire.iothub_device_job import write_job
from registry_backend.wire.iothub_device_versions import VERSION_2021
from tests.azurite import Azurite, needs_azurite
from tests.registry_backend.jobs.blob_jobs import SMALL_BLOCKS, BlobJobs, make_containers
from tests.registry_backend.jobs.hostile_blobs import HostileBlobs, hostile_blobs
from tests.registry_backend.jobs.killing import TollGate, toll_gate
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line, read_fleet

LINES = ["{broken", *(hub_line(f"d{number}") for number in range(5000))]
CONTENT = "".join(f"{line}\n" for line in LINES).encode()
PATIENT = Patience(request_seconds=3600, first_pause=0.01, block_bytes=100_000)


@pytest.fixture
async def storage() -> AsyncIterator[HostileBlobs]:
    """A container of lines, the first of which fails."""
    async with hostile_blobs() as made:
        made.blobs["devices.txt"] = CONTENT
        yield made


@pytest.fixture
async def blob_jobs(store: Store, tmp_path: Path) -> AsyncIterator[Jobs]:
    """A runner that waits for containers as long as they like."""
    made = Jobs(store, tmp_path, spool=tmp_path / "spool", patience=PATIENT)
    yield made
    await made.runner.close()


async def stored(store: Store, job_id: str) -> Job:
    """The job as watchers see it in this moment."""
    job = await store.read(lambda snapshot: snapshot.get_job(job_id))
    assert job is not None
    return job


@needs_azurite
@pytest.mark.xdist_group("azurite")
@pytest.mark.parametrize(
    ("method", "text", "number", "failed"),
    [("GET", "/devices.txt?", 3, 0), ("PUT", "/importErrors.log?", 1, 1)],
    ids=["while the blob is read", "while the log is written"],
)
async def test_a_cancelled_import_leaves_its_log_in_the_container(
    store: Store,
    tmp_path: Path,
    azurite: Azurite,
    *,
    method: str,
    text: str,
    number: int,
    failed: int,
) -> None:
    """With the lines that had failed by then; it is there once the job is said to have ended."""
    jobs = Jobs(store, tmp_path, spool=tmp_path / "spool", patience=SMALL_BLOCKS)
    there = BlobJobs(jobs, azurite, *make_containers(azurite), tmp_path / "spool")
    azurite.put(there.source, "devices.txt", CONTENT)
    gate = TollGate(f"http://127.0.0.1:{azurite.port}", method, text, number)
    async with toll_gate(gate):
        spec = there.spec()
        behind = {
            "folder": gate.instead_of(spec.folder),
            "output_folder": gate.instead_of(spec.written_folder),
        }
        job = await jobs.runner.create(spec.model_copy(update=behind), actor=TESTER)
        await gate.stopped.wait()
        ended = await jobs.runner.cancel(job.job_id, actor=TESTER)

    assert (ended.status, ended.failure_reason) == (JobStatus.CANCELLED, None)
    assert ended == await jobs.runner.get(job.job_id)
    assert ended.counts.failed == failed == there.log().count(b"\n")
    assert len(await jobs.codes(ended)) == failed
    assert len(await read_fleet(store)) == ended.counts.created
    assert "sig=" not in ended.model_dump_json()
    await jobs.runner.close()


async def test_an_import_that_is_being_cancelled_is_told_as_running(
    blob_jobs: Jobs, store: Store, storage: HostileBlobs
) -> None:
    """Clients know no other word, and its end is known by the log (iothub 6.1)."""
    job = await blob_jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults["GET devices.txt"] = ["stall"]
    await storage.stalled.wait()
    storage.stalled.clear()
    storage.faults["PUT importErrors.log"] = ["stall"]

    cancelling = asyncio.create_task(blob_jobs.runner.cancel(job.job_id, actor=TESTER))
    await storage.stalled.wait()
    meanwhile = await stored(store, job.job_id)
    with pytest.raises(LimitReached, match="is being cancelled"):
        await blob_jobs.runner.create(storage.spec(), actor=TESTER)
    await blob_jobs.runner.close()
    left = await stored(store, job.job_id)
    await cancelling

    assert meanwhile.stopping
    assert write_job(meanwhile, VERSION_2021)["status"] == "running"
    assert (left.status, left.stopping, left.owner) == (JobStatus.ENQUEUED, True, None)
    assert "importErrors.log" not in storage.blobs


async def test_a_cancelled_job_whose_program_ended_is_cancelled_by_the_next(
    blob_jobs: Jobs, store: Store, storage: HostileBlobs
) -> None:
    """It applies no further line, and its log is written then."""
    left = Job(
        job_id="9b9e0f4e-55a8-4d6a-a3a0-3b1f6c3a4a10",
        spec=storage.spec(),
        status=JobStatus.RUNNING,
        stopping=True,
        created_at=now(),
        owner="elsewhere:1:1:y",
        heartbeat_at=now() - timedelta(minutes=1),
    )
    await store.write(lambda transaction: transaction.put_job(left))

    await blob_jobs.runner.start()
    ended = await blob_jobs.runner.wait(left.job_id)

    assert (ended.status, ended.stopping) == (JobStatus.CANCELLED, False)
    assert storage.blobs["importErrors.log"] == b""
    assert await read_fleet(store) == {}
    with pytest.raises(Invalid, match="cancelled already"):
        await blob_jobs.runner.cancel(left.job_id, actor=TESTER)


@pytest.mark.parametrize("kind", JobType)
async def test_a_job_that_nobody_runs_is_cancelled_at_once(
    jobs: Jobs, store: Store, kind: JobType
) -> None:
    """Who cancels it then writes its log, and removes what it had begun to write."""
    (jobs.folder / "devices.txt").write_bytes(CONTENT)
    waiting = Job(
        job_id="9b9e0f4e-55a8-4d6a-a3a0-3b1f6c3a4a10",
        spec=jobs.spec(kind),
        status=JobStatus.ENQUEUED,
        created_at=now(),
    )
    part = jobs.folder / f".devices.txt.{waiting.job_id[:8]}.part"
    if kind is JobType.EXPORT:
        part.write_bytes(b"half")
    await store.write(lambda transaction: transaction.put_job(waiting))

    ended = await jobs.runner.cancel(waiting.job_id, actor=TESTER)

    assert ended.status is JobStatus.CANCELLED
    assert (jobs.folder / "importErrors.log").exists() == (kind is JobType.IMPORT)
    assert not part.exists()
    assert await read_fleet(store) == {}


async def test_an_import_cancelled_at_its_beginning_leaves_its_log_in_the_folder(
    jobs: Jobs,
) -> None:
    """Not the one that an earlier import left there."""
    (jobs.folder / "devices.txt").write_bytes(CONTENT)
    (jobs.folder / "importErrors.log").write_text('{"errorCode":1}\n')
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)
    ended = await jobs.runner.cancel(job.job_id, actor=TESTER)
    logged = (jobs.folder / "importErrors.log").read_text().splitlines()
    assert ended.status is JobStatus.CANCELLED
    assert [json.loads(line)["errorCode"] for line in logged] == [400012] * ended.counts.failed


async def test_a_container_that_stalls_holds_up_no_end(
    blob_jobs: Jobs, storage: HostileBlobs
) -> None:
    """After a time the job ends without its log there, says so, and has it here."""
    blob_jobs.runner._run.patience = replace(PATIENT, last_seconds=0.2)
    job = await blob_jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults["PUT importErrors.log"] = ["stall"] * 9
    await storage.stalled.wait()
    ended = await blob_jobs.runner.cancel(job.job_id, actor=TESTER)

    assert ended.status is JobStatus.CANCELLED
    assert ended.failure_reason == (
        "importErrors.log could not be written: the output blob container took more than "
        "0.2 seconds."
    )
    assert await blob_jobs.codes(ended) == [(1, 400012)]


async def test_an_import_whose_input_cannot_be_had_leaves_an_empty_log(
    blob_jobs: Jobs, storage: HostileBlobs
) -> None:
    """No line failed; the job itself did, and says why."""
    job = await blob_jobs.runner.create(storage.spec(), actor=TESTER)
    del storage.blobs["devices.txt"]
    ended = await blob_jobs.runner.wait(job.job_id)

    assert ended.status is JobStatus.FAILED
    assert "has no blob devices.txt any more" in str(ended.failure_reason)
    assert storage.blobs["importErrors.log"] == b""


async def test_who_cancelled_is_told_once(jobs: Jobs, store: Store) -> None:
    """However often a person asked meanwhile."""
    (jobs.folder / "devices.txt").write_bytes(CONTENT)
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)
    asked = [jobs.runner.cancel(job.job_id, actor=TESTER) for _ in range(3)]
    ended = await asyncio.gather(*asked)

    lines = await store.read(
        lambda snapshot: snapshot.page_journal("T", resource_id=job.job_id, before=None, limit=9)
    )
    assert {each.status for each in ended} == {JobStatus.CANCELLED}
    assert [(line.action, (line.after or {})["status"]) for line in lines] == [
        ("updated", "cancelled"),
        ("created", "running"),
    ]


async def test_an_export_whose_beginnings_cannot_be_removed_ends_all_the_same(
    jobs: Jobs, store: Store
) -> None:
    """And says what it left."""
    waiting = Job(
        job_id="9b9e0f4e-55a8-4d6a-a3a0-3b1f6c3a4a10",
        spec=jobs.spec(JobType.EXPORT),
        status=JobStatus.ENQUEUED,
        created_at=now(),
    )
    part = jobs.folder / f".devices.txt.{waiting.job_id[:8]}.part"
    part.mkdir()
    await store.write(lambda transaction: transaction.put_job(waiting))

    ended = await jobs.runner.cancel(waiting.job_id, actor=TESTER)

    assert ended.status is JobStatus.CANCELLED
    assert f"An unfinished file was left behind: {part}: " in str(ended.failure_reason)
