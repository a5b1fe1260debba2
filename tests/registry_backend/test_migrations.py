"""Older files are upgraded after a backup; what is not ours is refused and left as it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied, Fault, RegistryError, Unreachable
from registry_backend.domain.modules import Module
from registry_backend.storage.base import Transaction
from registry_backend.storage.migrations import APPLICATION_ID, MIGRATIONS
from registry_backend.storage.sqlite import open_sqlite
from registry_backend.storage.sqlite_open import connect_writer, prepare
from registry_backend.storage.sqlite_snapshot import SqliteTransaction
from tests.contract.store_models import START, a_credential, a_device, a_tenant

NEXT = (*MIGRATIONS, ("ALTER TABLE devices ADD COLUMN colour TEXT DEFAULT 'grey'",))
BROKEN = (*MIGRATIONS, ("CREATE TABLE half (a)", "INSERT INTO nowhere VALUES (1)"))


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A registry of this release that holds a device."""
    path = tmp_path / "registry.db"
    store = await open_sqlite(path)
    await store.write(lambda registry: registry.insert_device(a_device("t", "d")))
    await store.close()
    return path


def ask(path: Path, sql: str) -> object:
    """One value of a file, read past the store."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()


def test_an_older_file_is_upgraded_after_a_backup(path: Path) -> None:
    """Its rows get the new shape, and the backup has the old one, for its owner alone."""
    prepare(path, read_only=False, migrations=NEXT)
    backup = path.with_name(f"registry.db.v{len(MIGRATIONS)}.bak")
    assert ask(path, "PRAGMA user_version") == len(NEXT)
    assert ask(path, "SELECT colour FROM devices WHERE device_id = 'd'") == "grey"
    assert ask(backup, "PRAGMA user_version") == len(MIGRATIONS)
    assert ask(backup, "SELECT count(*) FROM devices") == 1
    assert backup.stat().st_mode & 0o777 == 0o600


def test_upgrading_twice_changes_nothing(path: Path) -> None:
    """The second opening finds the last version."""
    prepare(path, read_only=False, migrations=NEXT)
    before = path.read_bytes()
    prepare(path, read_only=False, migrations=NEXT)
    assert path.read_bytes() == before


def test_a_failing_upgrade_leaves_the_old_version(path: Path) -> None:
    """All steps or none."""
    with pytest.raises(Fault):
        prepare(path, read_only=False, migrations=BROKEN)
    assert ask(path, "PRAGMA user_version") == len(MIGRATIONS)
    assert ask(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0
    prepare(path, read_only=False, migrations=NEXT)
    assert ask(path, "PRAGMA user_version") == len(NEXT)


def test_an_older_file_is_not_upgraded_for_a_reader(path: Path) -> None:
    """Reading only means changing nothing."""
    before = path.read_bytes()
    with pytest.raises(Denied, match="upgraded") as refused:
        prepare(path, read_only=True, migrations=NEXT)
    assert "--read-only" not in str(refused.value), "nobody may have said so"
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.glob("*.bak*")) == []


def test_an_empty_file_is_no_registry_to_a_reader(tmp_path: Path) -> None:
    """It says so and how to make it one, and leaves it empty."""
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(Unreachable, match="is empty, not a registry yet") as refused:
        prepare(path, read_only=True)
    assert "import into it" in refused.value.hint
    assert path.read_bytes() == b""
    prepare(path, read_only=False)
    prepare(path, read_only=True)


async def test_a_file_without_modules_gets_room_for_them(tmp_path: Path) -> None:
    """What the first version held is as it was, and modules go with a device from then on."""
    path = tmp_path / "registry.db"
    prepare(path, read_only=False, migrations=MIGRATIONS[:1])
    connection = connect_writer(path)
    connection.execute("BEGIN IMMEDIATE")
    fleet = [(a_device("t", each), [a_credential(each)]) for each in ("a", "b")]
    written = SqliteTransaction(connection)
    written.insert_tenant(a_tenant("t"))
    written.put_devices(fleet)
    connection.execute("COMMIT")
    connection.close()
    assert ask(path, "PRAGMA user_version") == 1

    store = await open_sqlite(path)
    module = Module(
        tenant_id="t", device_id="a", module_id="m", generation_id="1", created_at=START
    )

    def work(registry: Transaction) -> list[object]:
        registry.put_module(module)
        there = list(registry.list_modules("t", "a"))
        before = [registry.get_tenant("t"), registry.get_device("t", "a")]
        deleted = registry.delete_device("t", "a", expected="v1")
        return [before, there, deleted, registry.list_modules("t", "a")]

    assert await store.write(work) == [[a_tenant("t"), fleet[0][0]], [module], True, []]
    assert await store.read(lambda registry: registry.owner_of("t", "psk", "b")) == "b"
    await store.close()
    backup = path.with_name("registry.db.v1.bak")
    assert ask(backup, "SELECT count(*) FROM devices") == 2
    assert ask(backup, "SELECT count(*) FROM sqlite_schema WHERE name = 'modules'") == 0


async def refused(path: Path) -> RegistryError:
    """What both ways of opening say, after checking that the file is as it was."""
    before, beside = path.read_bytes(), sorted(path.parent.iterdir())
    errors: list[RegistryError] = []
    for read_only in (True, False):
        with pytest.raises(RegistryError, match="registry") as caught:
            await open_sqlite(path, read_only=read_only)
        errors.append(caught.value)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside
    assert errors[0].message == errors[1].message
    assert str(path) in errors[0].message
    return errors[0]


async def test_a_newer_file_is_refused(path: Path) -> None:
    """Naming both versions."""
    prepare(path, read_only=False, migrations=NEXT)
    error = await refused(path)
    assert isinstance(error, Unreachable)
    assert f"version {len(NEXT)}" in error.message
    assert error.hint


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """With or without an application id of its own."""
    for number, application_id in enumerate([0, APPLICATION_ID + 1]):
        path = tmp_path / f"{number}.db"
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE devices (id)")
        other.execute(f"PRAGMA application_id = {application_id}")
        other.commit()
        other.close()
        assert "another program" in (await refused(path)).message


@pytest.mark.parametrize("content", [b"x", b"# notes\n" * 100, b"SQLite format 3\0", b"\0" * 4096])
async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """Text, zeros, and a header that breaks off."""
    path = tmp_path / "registry.db"
    path.write_bytes(content)
    assert "not an SQLite database" in (await refused(path)).message


async def test_a_file_cut_off_is_refused(path: Path) -> None:
    """Its header promises more pages than there are."""
    path.write_bytes(path.read_bytes()[:-5000])
    error = await refused(path)
    assert isinstance(error, Fault)
    assert "cut off" in error.message


async def test_an_empty_file_becomes_a_registry(tmp_path: Path) -> None:
    """As a file just made is; nothing can be lost in it."""
    path = tmp_path / "registry.db"
    path.touch()
    store = await open_sqlite(path)
    await store.write(lambda registry: registry.insert_device(a_device("t", "d")))
    await store.close()
    assert ask(path, "PRAGMA application_id") == APPLICATION_ID
