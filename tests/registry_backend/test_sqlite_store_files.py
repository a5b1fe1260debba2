"""The SQLite store and its file: who may read it, full disks, locks, damage, other processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied, Fault, Unreachable
from registry_backend.domain.journal import Change
from registry_backend.domain.query import PageRequest
from registry_backend.storage import sqlite_writer
from registry_backend.storage.base import Transaction
from registry_backend.storage.sqlite import SqliteStore, open_sqlite
from registry_backend.storage.sqlite_snapshot import SqliteTransaction
from tests.contract.store_models import a_device
from tests.contract.store_suite import BY_ID, EVERYTHING

WRITER = """
import asyncio, sys
from pathlib import Path
from registry_backend.storage.sqlite import open_sqlite
from tests.contract.store_models import a_device

async def main(path: Path, name: str, count: int) -> None:
    store = await open_sqlite(path)
    async def one(number: int) -> None:
        device = a_device("t", f"{name}-{number}")
        await store.write(lambda registry: registry.insert_device(device))
        print(device.device_id, flush=True)
    for start in range(0, count, 10):
        await asyncio.gather(*(one(number) for number in range(start, start + 10)))
    await store.close()

asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the registry will be."""
    return tmp_path / "registry.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A new file."""
    store = await open_sqlite(path)
    yield store
    await store.close()


def insert(device_id: str) -> Callable[[Transaction], None]:
    """A write of one device."""
    return lambda registry: registry.insert_device(a_device("t", device_id))


def on_connection(work: Callable[[sqlite3.Connection], object]) -> Callable[[Transaction], None]:
    """A write that reaches for the writer's own connection, to set the scene."""

    def run(registry: Transaction) -> None:
        assert isinstance(registry, SqliteTransaction)
        work(registry._connection)

    return run


async def ids(store: SqliteStore) -> set[str]:
    """Every device of the tenant."""
    page = await store.read(
        lambda registry: registry.page_devices("t", EVERYTHING, BY_ID, PageRequest(limit=1000))
    )
    return {device.device_id for device in page.rows}


# The file and who may use it


async def test_a_new_file_and_its_folders_belong_to_their_owner(tmp_path: Path) -> None:
    """0600 for files, 0700 for the folders that are made."""
    path = tmp_path / "one" / "two" / "registry.db"
    store = await open_sqlite(path)
    await store.write(insert("d"))
    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    await store.close()
    assert modes
    assert set(modes.values()) == {0o600}
    assert {each.stat().st_mode & 0o777 for each in (path.parent, path.parent.parent)} == {0o700}


async def test_reading_only_makes_nothing(tmp_path: Path) -> None:
    """Where there is no registry, none appears."""
    with pytest.raises(Unreachable, match="no registry") as caught:
        await open_sqlite(tmp_path / "sub" / "registry.db", read_only=True)
    assert caught.value.layer == "file"
    assert list(tmp_path.iterdir()) == []


async def test_a_reader_sees_changes_and_makes_none(store: SqliteStore, path: Path) -> None:
    """While another one writes to the file."""
    reader = await open_sqlite(path, read_only=True)
    await store.write(insert("d"))
    assert await ids(reader) == {"d"}
    with pytest.raises(Denied, match="read-only"):
        await reader.write(insert("e"))
    await reader.close()
    assert await ids(store) == {"d"}


async def test_a_folder_is_no_registry(tmp_path: Path) -> None:
    """Nor is a path through a file."""
    (tmp_path / "file").write_text("text")
    for wrong in (tmp_path, tmp_path / "file" / "registry.db"):
        with pytest.raises(Unreachable):
            await open_sqlite(wrong)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
async def test_a_file_without_write_permission_is_refused_for_writing(path: Path) -> None:
    """And can still be read."""
    await (await open_sqlite(path)).close()
    path.chmod(0o400)
    with pytest.raises(Denied, match="not written"):
        await open_sqlite(path)
    reader = await open_sqlite(path, read_only=True)
    assert await ids(reader) == set()
    await reader.close()


async def test_odd_names_of_files_are_just_names(tmp_path: Path) -> None:
    """Blanks, percent and question marks are no part of an address."""
    path = tmp_path / "a b%20?mode=memory#ü.db"
    store = await open_sqlite(path)
    await store.write(insert("d"))
    await store.close()
    assert path.stat().st_size > 0


async def test_a_closed_store_says_so(path: Path) -> None:
    """To readers and writers; closing twice is no mistake."""
    store = await open_sqlite(path)
    await store.close()
    await store.close()
    for attempt in (
        store.read(lambda registry: registry.list_jobs(None)),
        store.write(insert("d")),
    ):
        with pytest.raises(Unreachable, match="closed"):
            await attempt


# What the disk and other programs do


async def test_a_full_disk_loses_nothing_acknowledged(store: SqliteStore) -> None:
    """The write that does not fit is refused, later ones fit again once there is room."""
    await store.write(insert("before"))
    limit = "PRAGMA max_page_count = {}".format
    pages = await store.read(lambda _: store.path.stat().st_size // 4096)
    await store.write(on_connection(lambda connection: connection.execute(limit(pages + 4))))
    big = a_device("t", "big", note="x" * 100_000)
    with pytest.raises(Fault, match="full"):
        await store.write(lambda registry: registry.insert_device(big))
    assert await ids(store) == {"before"}
    await store.write(on_connection(lambda connection: connection.execute(limit(1_000_000))))
    await store.write(lambda registry: registry.insert_device(big))
    assert await ids(store) == {"before", "big"}


async def test_when_the_commit_fails_the_whole_group_hears_of_it(store: SqliteStore) -> None:
    """Nobody is told that a write was saved that was not."""

    def refuse_commit(
        action: int, argument: str | None, _second: str | None, _base: str | None, _by: str | None
    ) -> int:
        ends = action == sqlite3.SQLITE_TRANSACTION and argument == "COMMIT"
        return sqlite3.SQLITE_DENY if ends else sqlite3.SQLITE_OK

    deny = on_connection(lambda connection: connection.set_authorizer(refuse_commit))
    outcomes = await asyncio.gather(
        store.write(deny), *(store.write(insert(f"d{n}")) for n in range(5)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {Fault}
    assert await ids(store) == set()
    store._writer._connection.set_authorizer(None)
    await store.write(insert("d"))
    assert await ids(store) == {"d"}


async def test_a_lock_that_stays_is_reported(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To everyone who waits; afterwards the store works on."""
    monkeypatch.setattr(sqlite_writer, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(
        *(store.write(insert(f"d{n}")) for n in range(3)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {Unreachable}
    assert "locked" in str(outcomes[0])
    other.execute("ROLLBACK")
    other.close()
    await store.write(insert("d"))
    assert await ids(store) == {"d"}


async def test_a_file_that_may_not_be_written_any_more_is_reported(store: SqliteStore) -> None:
    """As permission, with the way out."""
    store._writer._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(Denied, match="read-only") as caught:
        await store.write(insert("d"))
    assert "--read-only" in caught.value.hint


async def test_damage_inside_the_file_is_reported(path: Path) -> None:
    """When a page of rows is met that holds none."""
    store = await open_sqlite(path)
    rows = [(a_device("t", f"d{n}", note="x" * 500), None) for n in range(200)]
    await store.write(lambda registry: registry.put_devices(rows))
    await store.close()
    content = bytearray(path.read_bytes())
    rows_begin = len(content) - 4096 * 20
    content[rows_begin:] = b"\xff" * (len(content) - rows_begin)
    path.write_bytes(content)
    damaged = await open_sqlite(path)
    with pytest.raises(Fault, match="damaged"):
        await ids(damaged)
    await damaged.close()


# Cancelling


async def test_a_read_that_nobody_waits_for_is_stopped(store: SqliteStore) -> None:
    """An endless statement ends, and its connection reads on."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    loop = asyncio.get_running_loop()

    async def abandon() -> None:
        started = asyncio.Event()

        def scan(registry: object) -> None:
            loop.call_soon_threadsafe(started.set)
            registry._connection.execute(endless)  # type: ignore[attr-defined]

        task = asyncio.create_task(store.read(scan))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for _ in range(4):
        await abandon()
    found = await asyncio.wait_for(asyncio.gather(*(ids(store) for _ in range(4))), timeout=30)
    assert found == [set()] * 4


async def test_cancelling_the_caller_does_not_cancel_the_write(store: SqliteStore) -> None:
    """Whether it has begun or waits behind another."""
    tasks = [asyncio.create_task(store.write(insert(f"d{n}"))) for n in range(5)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await store.write(insert("last"))
    assert await ids(store) == {"d0", "d1", "d2", "d3", "d4", "last"}


async def test_closing_finishes_what_was_accepted(path: Path) -> None:
    """Every write asked for before is answered and kept."""
    store = await open_sqlite(path)
    tasks = [asyncio.create_task(store.write(insert(f"d{n}"))) for n in range(300)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*tasks)
    again = await open_sqlite(path)
    assert len(await ids(again)) == 300
    await again.close()


# Other processes


async def test_a_mark_of_an_unknown_kind_is_passed_over(store: SqliteStore) -> None:
    """Another release may know more kinds of things: watchers hear of the rest, writes go on."""
    heard: list[Change] = []
    stop = store.subscribe(heard.extend)
    other = sqlite3.connect(store.path, isolation_level=None)
    for resource, action in (("starship", "created"), ("device", "warped"), ("device", "deleted")):
        other.execute(
            "INSERT OR REPLACE INTO touched (resource, tenant_id, action, stamp) "
            "VALUES (?, ?, ?, (SELECT coalesce(max(stamp), 0) + 1 FROM touched))",
            (resource, f"t {action}", action),
        )
    other.close()

    await store.write(insert("d"))
    stop()

    assert await ids(store) == {"d"}
    assert [(change.resource, change.action) for change in heard] == [("device", "deleted")]


async def test_a_writer_that_a_fault_ended_says_so_to_all(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits forever: neither who waits at that moment nor who comes later."""
    store = await open_sqlite(path)

    def fault() -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(store._writer, "_await_others", fault)
    outcomes = await asyncio.gather(
        *(store.write(insert(f"d{n}")) for n in range(3)), return_exceptions=True
    )
    later = await asyncio.gather(store.write(insert("d")), return_exceptions=True)
    await store.close()

    assert {type(outcome) for outcome in (*outcomes, *later)} == {Fault}
    assert "RuntimeError" in str(later[0])
    assert "a mistake of ours" in caplog.text


def _start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_processes_share_a_file(store: SqliteStore, path: Path) -> None:
    """Two of them and this one write at once; all get through and nothing is lost."""
    others = [_start(path, name, 200) for name in ("a", "b")]
    for number in range(100):
        await store.write(insert(f"c-{number}"))
    for other in others:
        await asyncio.to_thread(other.communicate)
        assert other.returncode == 0
    names = {"a": 200, "b": 200, "c": 100}
    assert await ids(store) == {
        f"{name}-{n}" for name, count in names.items() for n in range(count)
    }
    kept = await store.read(lambda registry: registry.statistics("t"))
    assert kept.total == 500


async def test_processes_may_make_the_file_together(path: Path) -> None:
    """Whoever comes second finds it made."""
    others = [_start(path, name, 10) for name in ("a", "b", "c")]
    for other in others:
        await asyncio.to_thread(other.communicate)
        assert other.returncode == 0
    store = await open_sqlite(path)
    assert len(await ids(store)) == 30
    await store.close()


async def test_a_killed_process_loses_nothing_acknowledged(path: Path) -> None:
    """Everything it was told was saved is there, counted, and the file is sound."""
    process = _start(path, "a", 100_000)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.read().split("\n")[:-1]
    process.stdout.close()
    process.wait()
    store = await open_sqlite(path)
    kept = await store.read(
        lambda registry: {each for each in acknowledged if registry.get_device("t", each)}
    )
    total = await store.read(lambda registry: registry.statistics("t").total)
    await store.close()
    assert kept == set(acknowledged)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM devices").fetchone() == (total,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
