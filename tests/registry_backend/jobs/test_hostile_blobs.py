"""Containers that fail, stall, change, lie, or lead elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import Job, JobStatus, JobType
from registry_backend.domain.journal import Change
from registry_backend.jobs.blob_address import CONTAINER_REFUSED, BlobContainer
from registry_backend.jobs.blobs import Patience
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.hostile_blobs import SECRET, Faults, HostileBlobs, hostile_blobs
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line, read_fleet

PATIENCE = Patience(
    attempts=3, first_pause=0.01, longest_pause=0.02, request_seconds=2.0, block_bytes=100_000
)
LINES = "".join(f"{hub_line(f'd{number}')}\n" for number in range(2000)).encode()


@pytest.fixture
async def storage() -> AsyncIterator[HostileBlobs]:
    """A container with a blob of 2000 lines, over three blocks long."""
    async with hostile_blobs() as made:
        made.blobs["devices.txt"] = LINES
        yield made


@pytest.fixture
async def jobs(store: Store, tmp_path: Path) -> AsyncIterator[Jobs]:
    """A runner of little patience."""
    made = Jobs(store, tmp_path, spool=tmp_path / "spool", patience=PATIENCE)
    yield made
    await made.runner.close()
    assert not [path for path in (tmp_path / "spool").rglob("devices.txt*") if path.is_file()]


async def ended_job(jobs: Jobs, storage: HostileBlobs, faults: Faults) -> Job:
    """A job at its end, whose faults began once it was accepted."""
    job = await jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults.update(faults)
    return await jobs.runner.wait(job.job_id)


def again(status: int) -> web.Response:
    """A failure that may pass."""
    return web.Response(status=status, headers={"x-ms-error-code": "ServerBusy"}, text=SECRET)


async def test_failures_that_pass_are_sat_out(jobs: Jobs, storage: HostileBlobs) -> None:
    """A 500, a 503 and a connection that drops, while reading and while writing."""
    faults: Faults = {
        "HEAD devices.txt": [again(503), "drop"],
        "GET devices.txt": [again(500), "drop"],
        "PUT importErrors.log": ["drop", again(503)],
    }
    job = await ended_job(jobs, storage, faults)
    assert (job.status, job.counts.created) == (JobStatus.COMPLETED, 2000)
    assert storage.blobs["importErrors.log"] == b""
    assert not any(faults.values())


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_failures_that_stay_end_the_job_with_their_reason(
    jobs: Jobs, storage: HostileBlobs, store: Store, status: int
) -> None:
    """Before any line is applied, where the input cannot be had."""
    job = await ended_job(jobs, storage, {"GET devices.txt": [again(status) for _ in range(3)]})
    assert job.status is JobStatus.FAILED
    where = f"http://127.0.0.1:{storage.port}/account/container/devices.txt"
    assert job.failure_reason == (
        f"The input blob container failed: {where} answered {status} ServerBusy. "
        "Start the job again once the storage is well."
    )
    assert await read_fleet(store) == {}


async def test_a_container_that_stalls_ends_the_job(jobs: Jobs, storage: HostileBlobs) -> None:
    """After so many seconds for each of its attempts."""
    impatient = Patience(attempts=2, first_pause=0.01, request_seconds=0.2)
    jobs.runner._run.patience = impatient
    job = await ended_job(jobs, storage, {"GET devices.txt": ["stall", "stall"]})
    assert job.status is JobStatus.FAILED
    assert "took more than 0.2 seconds" in str(job.failure_reason)
    assert SECRET not in str(job.failure_reason)


async def test_a_stalled_job_can_be_cancelled_at_once(jobs: Jobs, storage: HostileBlobs) -> None:
    """It does not wait for the container."""
    jobs.runner._run.patience = Patience(request_seconds=3600)
    job = await jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults["GET devices.txt"] = ["stall"]
    await storage.stalled.wait()
    cancelled = await jobs.runner.cancel(job.job_id, actor=TESTER)
    assert await jobs.runner.wait(job.job_id) == cancelled
    assert cancelled.status is JobStatus.CANCELLED


async def test_how_much_was_brought_is_told_meanwhile(
    jobs: Jobs, storage: HostileBlobs, store: Store
) -> None:
    """No line is read before the blob is here, so lines would show no progress."""
    jobs.runner._run.patience = Patience(request_seconds=3600, block_bytes=100_000)
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Sequence[Change]) -> None:
        loop.call_soon_threadsafe(told.set)

    stop = store.subscribe(tell)
    job = await jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults["GET devices.txt"] = ["none", "none", "stall"]
    await storage.stalled.wait()
    while (found := await jobs.runner.get(job.job_id)).moved_bytes is None:
        told.clear()
        await told.wait()
    stop()
    assert (found.moved_bytes, found.counts.lines) == (200_000, 0)
    cancelled = await jobs.runner.cancel(job.job_id, actor=TESTER)
    assert (await jobs.runner.wait(job.job_id)).moved_bytes is cancelled.moved_bytes is None


async def test_closing_lets_go_of_a_stalled_job(
    jobs: Jobs, storage: HostileBlobs, store: Store, tmp_path: Path
) -> None:
    """The next runner goes on, with what was brought already."""
    jobs.runner._run.patience = Patience(request_seconds=3600, block_bytes=100_000)
    job = await jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults["GET devices.txt"] = ["stall"]
    await storage.stalled.wait()
    await jobs.runner.close()
    assert (await jobs.runner.get(job.job_id)).status is JobStatus.ENQUEUED

    later = Jobs(store, tmp_path, spool=tmp_path / "spool", patience=PATIENCE)
    await later.runner.start()
    ended = await later.runner.wait(job.job_id)
    await later.runner.close()

    assert (ended.status, ended.counts.created) == (JobStatus.COMPLETED, 2000)
    assert ended.resumed == 1


async def test_a_blob_that_changes_while_it_is_read_is_begun_anew(
    jobs: Jobs, storage: HostileBlobs
) -> None:
    """No line was applied yet, so no two states of it are mixed."""
    job = await ended_job(jobs, storage, {"GET devices.txt": ["change"]})
    assert (job.status, job.counts.created) == (JobStatus.COMPLETED, 2000)
    assert job.counts.passed_over == 1
    reads = [each for each in storage.requests if each.method == "GET"]
    assert all("If-Match" in each.headers for each in reads)


async def test_a_blob_that_never_stays_as_it_is_fails_the_job(
    jobs: Jobs, storage: HostileBlobs, store: Store
) -> None:
    """After a few beginnings."""
    job = await ended_job(jobs, storage, {"GET devices.txt": ["change"] * 9})
    assert job.status is JobStatus.FAILED
    assert "was changed while it was read" in str(job.failure_reason)
    assert await read_fleet(store) == {}


async def test_a_container_is_read_and_written_in_bounded_pieces(
    jobs: Jobs, storage: HostileBlobs
) -> None:
    """However long the blob is."""
    imported = await jobs.run(storage.spec())
    exported = await jobs.run(storage.spec(JobType.EXPORT))
    assert [imported.status, exported.status] == [JobStatus.COMPLETED] * 2
    assert storage.blobs["devices.txt"].count(b"\n") == 2000
    assert len(LINES) > 2 * PATIENCE.block_bytes >= 2 * storage.largest


@pytest.mark.parametrize("method", ["PUT", "HEAD"])
async def test_redirects_are_not_followed(jobs: Jobs, storage: HostileBlobs, method: str) -> None:
    """A container is where its address says, or nowhere."""
    elsewhere = f"http://127.0.0.1:{storage.port}/account/container/elsewhere"
    storage.faults[f"{method} *"] = [web.Response(status=307, headers={"Location": elsewhere})]
    with pytest.raises(Invalid, match="answered 307") as refused:
        await jobs.runner.create(storage.spec(), actor=TESTER)
    assert refused.value.code == CONTAINER_REFUSED
    assert SECRET not in str(refused.value)
    assert "elsewhere" not in {request.blob for request in storage.requests}


async def test_what_a_container_says_is_not_repeated(jobs: Jobs, storage: HostileBlobs) -> None:
    """Its texts may hold anything; only a plain word is taken over."""
    odd = web.Response(status=403, text=SECRET, headers={"x-ms-error-code": f"<{SECRET}>"})
    storage.faults["HEAD devices.txt"] = [odd]
    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(storage.spec(), actor=TESTER)
    assert refused.value.message == "Unauthorized to read from input blob container."
    assert "answered 403." in refused.value.hint
    assert SECRET not in str(refused.value)


async def test_a_compressed_blob_is_refused_at_once(jobs: Jobs, storage: HostileBlobs) -> None:
    """As a compressed file is."""
    storage.blobs["devices.txt"] = b"\x1f\x8b" + bytes(100)
    with pytest.raises(Invalid, match="compressed with gzip"):
        await jobs.runner.create(storage.spec(), actor=TESTER)


async def test_nobody_at_the_address_is_told_as_such(jobs: Jobs) -> None:
    """By layer and address."""
    async with hostile_blobs() as gone:
        spec = gone.spec()
    with pytest.raises(Invalid, match=r"cannot be reached|broke off") as refused:
        await jobs.runner.create(spec, actor=TESTER)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://host/container?sig=1",
        "http://host",
        "http://host/?sig=1",
        "http://user:sig=1@host/container",
        "http://169.254.169.254/latest/meta-data?sig=1",
        "http://[fe80::1]/container?sig=1",
        "http://[::ffff:169.254.169.254]/container?sig=1",
        "http://0.0.0.0/container?sig=1",
        "http://host:port/container?sig=1",
        "http://[half/container?sig=1",
    ],
)
def test_addresses_that_are_no_containers(address: str) -> None:
    """Nor are those where clouds keep a machine's credentials."""
    with pytest.raises(Invalid) as refused:
        BlobContainer.parse(address)
    assert "sig=1" not in str(refused.value)


def test_a_blobs_name_goes_before_the_query() -> None:
    """And the signature stays byte for byte as it was (iothub 9.1)."""
    container = BlobContainer.parse("HTTPS://Host.example:8443/c/?sv=1&sig=a%2Bb%3D")
    assert container.shown == "https://host.example:8443/c"
    assert container.blob("a b/ü") == ("https://host.example:8443/c/a%20b/%C3%BC?sv=1&sig=a%2Bb%3D")
    assert container.blob("x", "comp=block").endswith("?sv=1&sig=a%2Bb%3D&comp=block")
    assert "sig" not in repr(container)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("se=2026-11-21T12%3A00%3A00Z&sig=1", "ended at 2026-11-21T12:00:00Z"),
        ("se=2026-11-21&sig=1", "ended at 2026-11-21T00:00:00Z"),
        ("st=2026-11-23T00:00Z&se=2027-01-01&sig=1", "holds from 2026-11-23T00:00:00Z on"),
        ("st=2026-11-22&se=2026-11-22T12:00:01Z&sig=1", None),
        ("se=soon&sig=1", None),
        ("sig=1", None),
    ],
)
def test_a_signature_says_when_it_holds(query: str, told: str | None) -> None:
    """As far as it can be read."""
    container = BlobContainer.parse(f"https://host.example/container?{query}")
    said = container.untimely(datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert said is None if told is None else told in str(said)
    assert "sig" not in str(said).replace("signature", "")


async def test_the_spool_is_for_its_owner_alone(
    jobs: Jobs, storage: HostileBlobs, tmp_path: Path
) -> None:
    """It holds keys: folders 0700, files 0600."""
    jobs.runner._run.patience = Patience(request_seconds=3600, block_bytes=100_000)
    job = await jobs.runner.create(storage.spec(), actor=TESTER)
    storage.faults["PUT importErrors.log"] = ["stall"]
    await storage.stalled.wait()
    paths = [tmp_path / "spool", *(tmp_path / "spool").rglob("*")]
    folders = {path.stat().st_mode & 0o777 for path in paths if path.is_dir()}
    files = {path.stat().st_mode & 0o777 for path in paths if path.name == "devices.txt"}
    assert (folders, files) == ({0o700}, {0o600})
    await jobs.runner.cancel(job.job_id, actor=TESTER)
    await asyncio.wait_for(jobs.runner.wait(job.job_id), 30)
