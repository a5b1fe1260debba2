"""Jobs that were interrupted, and jobs that another program runs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from registry_backend.domain.timestamps import now
from registry_backend.jobs.owners import is_gone, this_process
from registry_backend.jobs.runner import JobRunner
from registry_backend.storage.base import Store, Transaction
from registry_backend.storage.sqlite import open_sqlite
from tests.registry_backend.jobs.killing import Point, kill_at
from tests.registry_backend.jobs.support import (
    TESTER,
    Fleet,
    Jobs,
    add_tenant,
    hub_line,
    keys_in,
    read_fleet,
)


def fleet_lines(size: int) -> list[str]:
    """Lines of which each would fail, or succeed otherwise, if it were applied a second time."""
    lines = []
    for number in range(size):
        lines.append(hub_line(f"d{number:05}", importMode="create"))
        if number % 7 == 0:
            lines.append(hub_line(f"d{number:05}", importMode="create", keys=(2, 3)))
        if number % 11 == 0:
            etag = "MA=="
            lines.append(
                hub_line(f"d{number:05}", importMode="updateIfMatchETag", eTag=etag, keys=(4, 5))
            )
        if number % 13 == 0:
            lines.append("{ broken")
    return lines


def essence(fleet: Fleet) -> dict[str, object]:
    """What two imports of one file must agree on."""
    return {
        device_id: (device.revision, device.attributes, keys_in(fleet, device_id))
        for device_id, (device, _) in fleet.items()
    }


async def only_job(runner: JobRunner) -> Job:
    """The one job there is."""
    (job,) = await runner.list(None)
    return job


@pytest.mark.parametrize(
    ("point", "number"),
    [("progress", 1), ("progress", 2), ("logged", 1), ("logged", 3)],
    ids=["after a stretch", "after another", "before any is stored", "between log and store"],
)
async def test_a_killed_import_goes_on_and_ends_as_if_undisturbed(
    tmp_path: Path, point: Point, number: int
) -> None:
    """Each line is applied exactly once or reported exactly once."""
    lines = fleet_lines(3300)
    undisturbed, disturbed = tmp_path / "one", tmp_path / "two"
    for folder in (undisturbed, disturbed):
        folder.mkdir()
        (folder / "devices.txt").write_text("\n".join(lines))
    reference = await open_sqlite(tmp_path / "reference.sqlite")
    await add_tenant(reference, "T")
    expected = await Jobs(reference, undisturbed).run(Jobs(reference, undisturbed).spec())
    registry = tmp_path / "registry.sqlite"
    first = await open_sqlite(registry)
    await add_tenant(first, "T")
    await first.close()

    await kill_at(registry, Jobs(first, disturbed).spec(), point, number)

    store = await open_sqlite(registry)
    jobs = Jobs(store, disturbed)
    interrupted = await only_job(jobs.runner)
    assert interrupted.status is JobStatus.RUNNING
    assert interrupted.standing == "interrupted"
    assert interrupted.counts.lines < len(lines)
    assert len(await read_fleet(store)) == interrupted.counts.created
    told = (disturbed / "importErrors.log").stat().st_size
    assert (told > interrupted.checkpoint.error_bytes) == (point == "logged")
    await jobs.runner.start()
    finished = await jobs.runner.wait(interrupted.job_id)

    assert finished.status is JobStatus.COMPLETED
    assert finished.resumed == 1
    assert finished.counts == expected.counts
    assert essence(await read_fleet(store)) == essence(await read_fleet(reference))
    logs = [(folder / "importErrors.log").read_bytes() for folder in (undisturbed, disturbed)]
    assert logs[0] == logs[1]
    await jobs.runner.close()
    await store.close()
    await reference.close()


@pytest.mark.parametrize("point", ["progress", "published"])
async def test_a_killed_export_goes_on_to_the_same_file(tmp_path: Path, point: Point) -> None:
    """Bytes after the checkpoint are cut, none is missing or doubled."""
    registry, folder = tmp_path / "registry.sqlite", tmp_path / "folder"
    folder.mkdir()
    store = await open_sqlite(registry)
    await add_tenant(store, "T")
    jobs = Jobs(store, folder)
    await jobs.import_lines(*[hub_line(f"d{number:05}") for number in range(3000)])
    await jobs.run(jobs.spec(JobType.EXPORT))
    expected = (folder / "devices.txt").read_bytes()
    for job in await jobs.runner.list(None):
        await jobs.runner.forget(job.job_id, actor=TESTER)
    await jobs.runner.close()
    await store.close()
    (folder / "devices.txt").write_text("old")

    await kill_at(registry, jobs.spec(JobType.EXPORT), point)

    store = await open_sqlite(registry)
    jobs = Jobs(store, folder)
    interrupted = await only_job(jobs.runner)
    assert interrupted.status is JobStatus.RUNNING
    assert ((folder / "devices.txt").read_bytes() == expected) == (point == "published")
    for part in folder.glob(".*.part"):
        with part.open("ab") as file:
            file.write(b"half a line")
    await jobs.runner.start()
    finished = await jobs.runner.wait(interrupted.job_id)

    assert finished.status is JobStatus.COMPLETED
    assert finished.counts.lines == 3000
    assert (folder / "devices.txt").read_bytes() == expected
    assert not list(folder.glob(".*.part"))
    await jobs.runner.close()
    await store.close()


async def test_closing_stops_at_a_checkpoint_and_the_next_runner_goes_on(
    jobs: Jobs, store: Store
) -> None:
    """A clean end of the program needs no takeover."""
    (jobs.folder / "devices.txt").write_text("\n".join(fleet_lines(6000)))
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)
    await jobs.runner.close()
    let_go = await jobs.runner.get(job.job_id)

    later = Jobs(store, jobs.folder)
    await later.runner.start()
    finished = await later.runner.wait(job.job_id)
    await later.runner.close()

    assert (let_go.status, let_go.owner) == (JobStatus.ENQUEUED, None)
    assert finished.status is JobStatus.COMPLETED
    assert finished.counts.created == 6000 == len(await read_fleet(store))


async def test_a_changed_input_is_not_mixed_with_the_old_one(jobs: Jobs, store: Store) -> None:
    """The job fails and says after which line."""
    (jobs.folder / "devices.txt").write_text("\n".join(fleet_lines(3000)))
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)
    await jobs.runner.close()
    stopped = await jobs.runner.get(job.job_id)
    stamped = stopped.model_copy(update={"input_stamp": "other"})
    await store.write(lambda transaction: transaction.put_job(stamped))

    later = Jobs(store, jobs.folder)
    await later.runner.start()
    finished = await later.runner.wait(job.job_id)
    await later.runner.close()

    assert finished.status is JobStatus.FAILED
    assert f"after line {stopped.counts.lines}" in str(finished.failure_reason)
    assert "changed" in str(finished.failure_reason)


def running_job(folder: Path, owner: str, *, silent_for: timedelta) -> Job:
    """A job that some program says it runs."""
    present = now()
    return Job(
        job_id=generate_id(),
        spec=JobSpec(type=JobType.IMPORT, tenant_id="T", folder=str(folder)),
        status=JobStatus.RUNNING,
        created_at=present,
        started_at=present,
        owner=owner,
        heartbeat_at=present - silent_for,
    )


@pytest.mark.parametrize(
    ("owner", "silent_for", "taken"),
    [
        ("elsewhere:1:2:abc", timedelta(seconds=1), False),
        ("elsewhere:1:2:abc", timedelta(seconds=60), True),
        (f"{this_process()}:abc", timedelta(seconds=1), False),
        (f"{this_process().rpartition(':')[0]}:1:abc", timedelta(seconds=1), True),
    ],
    ids=["alive elsewhere", "silent elsewhere", "this program", "an earlier program of this id"],
)
async def test_a_running_job_is_taken_over_only_from_the_dead(
    jobs: Jobs, store: Store, owner: str, silent_for: timedelta, taken: bool
) -> None:
    """By the heartbeat, or because its process has ended."""
    (jobs.folder / "devices.txt").write_text(hub_line("a"))
    job = running_job(jobs.folder, owner, silent_for=silent_for)
    await store.write(lambda transaction: transaction.put_job(job))

    await jobs.runner.start()
    after = await jobs.runner.wait(job.job_id)

    assert (after.status is JobStatus.COMPLETED) == taken
    assert (list(await read_fleet(store)) == ["a"]) == taken


async def test_two_runners_on_one_registry_do_not_run_a_job_twice(jobs: Jobs, store: Store) -> None:
    """The second leaves it alone, sees it, and can cancel it."""
    (jobs.folder / "devices.txt").write_text("\n".join(fleet_lines(6000)))
    second = Jobs(store, jobs.folder)
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)

    await second.runner.start()
    assert (await second.runner.get(job.job_id)).resumed == 0
    cancelled = await second.runner.cancel(job.job_id, actor=TESTER)
    final = await jobs.runner.wait(job.job_id)
    await second.runner.close()

    assert final == cancelled
    assert len(await read_fleet(store)) == final.counts.created


async def test_a_job_taken_over_is_dropped_by_the_runner_before(jobs: Jobs, store: Store) -> None:
    """It writes nothing more once the job has another owner."""
    (jobs.folder / "devices.txt").write_text("\n".join(fleet_lines(6000)))
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)

    def steal(transaction: Transaction) -> Job:
        current = transaction.get_job(job.job_id)
        assert current is not None
        stolen = current.model_copy(update={"owner": "thief:1:1:x"})
        transaction.put_job(stolen)
        return stolen

    stolen = await store.write(steal)
    after = await jobs.runner.wait(job.job_id)

    assert after == stolen
    assert len(await read_fleet(store)) == stolen.counts.created


def test_a_process_that_ended_is_gone() -> None:
    """And this one is not."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()

    assert is_gone(f"{os.uname().nodename}:{child.pid}:1")
    assert not is_gone(this_process())
    assert not is_gone("elsewhere:1:1")
    assert not is_gone("nonsense")
