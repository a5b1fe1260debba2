"""What goes wrong beside a job: a file that is locked, a caller that goes away, parts left open."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import Job, JobStatus, JobType
from registry_backend.domain.secrets import fingerprint
from registry_backend.domain.timestamps import now
from registry_backend.jobs import owners, runner
from registry_backend.jobs.owners import is_gone, this_process
from registry_backend.jobs.parts import Part
from registry_backend.jobs.runner import JobRunner
from registry_backend.storage import sqlite_writer
from registry_backend.storage.base import Store, Transaction
from registry_backend.storage.sqlite import SqliteStore
from tests.registry_backend.jobs.support import KEYS, TESTER, Jobs, hub_line, read_fleet

ResultT = TypeVar("ResultT")


class Lock:
    """The registry's write lock in other hands."""

    def __init__(self, store: Store) -> None:
        assert isinstance(store, SqliteStore)
        self._connection = sqlite3.connect(store.path, isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """Let others write again."""
        self._connection.execute("ROLLBACK")
        self._connection.close()


class Heard(logging.Handler):
    """Tells when something was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.anything = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        del record
        self.anything.set()


async def test_a_lock_does_not_end_the_watch_for_jobs_of_others(
    store: Store, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that its program left is taken up once the file can be written again."""
    monkeypatch.setattr(runner, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(sqlite_writer, "BUSY_SECONDS", 0.01)
    (jobs.folder / "devices.txt").write_text(hub_line("a"))
    begun, later = now(), timedelta(0)

    def clock() -> datetime:
        return begun + later

    job = Job(
        job_id=generate_id(),
        spec=jobs.spec(),
        status=JobStatus.RUNNING,
        created_at=begun,
        owner="elsewhere:1:2:abc",
        heartbeat_at=begun,
    )
    await store.write(lambda transaction: transaction.put_job(job))
    watching = JobRunner(store, owner=this_process(), clock=clock)
    await watching.start()
    ended = asyncio.Event()
    stop = store.subscribe(
        lambda changes: ended.set() if any(each.resource == "device" for each in changes) else None
    )
    heard = Heard()
    logging.getLogger("idconsole.jobs").addHandler(heard)

    lock = Lock(store)
    later = timedelta(minutes=1)
    await heard.anything.wait()
    lock.release()
    await ended.wait()

    assert (await watching.wait(job.job_id)).status is JobStatus.COMPLETED
    assert list(await read_fleet(store)) == ["a"]
    logging.getLogger("idconsole.jobs").removeHandler(heard)
    stop()
    await watching.close()


async def test_a_job_runs_although_its_caller_went_away_while_it_was_written(
    store: Store, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would stand there as running, run by nobody."""
    (jobs.folder / "devices.txt").write_text(hub_line("a"))
    written = asyncio.Event()
    write = store.write

    async def noticed(work: Callable[[Transaction], ResultT]) -> ResultT:
        written.set()
        return await write(work)

    lock = Lock(store)
    monkeypatch.setattr(store, "write", noticed)
    asking = asyncio.create_task(jobs.runner.create(jobs.spec(), actor=TESTER))
    await written.wait()
    asking.cancel()
    await asyncio.wait([asking])
    lock.release()
    await asyncio.wait(list(jobs.runner._beginnings))

    (job,) = await jobs.runner.list("T")
    assert asking.cancelled()
    assert (await jobs.runner.wait(job.job_id)).status is JobStatus.COMPLETED
    assert list(await read_fleet(store)) == ["a"]


def test_a_process_that_cannot_be_looked_at_is_not_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`/proc` may hide the processes of other users."""
    mine = this_process()

    def hidden(*_: object, **__: object) -> str:
        raise PermissionError

    assert not is_gone(mine)
    monkeypatch.setattr(Path, "read_text", hidden)
    assert not is_gone(mine)
    monkeypatch.undo()
    assert not is_gone(f"{mine.rpartition(':')[0]}:{owners._UNKNOWN}")


async def test_the_journal_of_an_import_tells_secrets_apart_as_that_of_the_registry_does(
    jobs: Jobs,
) -> None:
    """One fingerprint of the key itself, so that a key that stayed looks as if it stayed."""
    await jobs.import_lines(hub_line("a", keys=(0, 1)))
    await jobs.import_lines(hub_line("a", keys=(0, 2)))

    (line,) = [each for each in await jobs.journal("a") if each.resource == "credentials"]

    assert line.before is not None
    secrets = line.before["credentials"][0]["secrets"]
    assert [secret["key"] for secret in secrets] == [fingerprint(KEYS[0]), fingerprint(KEYS[1])]


async def test_a_part_that_cannot_be_made_leaves_none_open(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job fails, and the parts before it are closed and removed."""
    made: list[Part] = []
    create = Part.create

    def second_fails(path: Path) -> Part:
        if made:
            raise OSError(24, "Too many open files", str(path))
        made.append(create(path))
        return made[0]

    monkeypatch.setattr(Part, "create", second_fails)
    job = await jobs.run(jobs.spec(JobType.EXPORT, format="hono-1.1"))

    assert job.status is JobStatus.FAILED
    assert made[0]._file.closed
    assert list(jobs.folder.iterdir()) == []
