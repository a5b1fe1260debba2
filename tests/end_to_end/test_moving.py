"""import and export from a shell: progress, failures by line, interruption, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from registry_backend.storage.sqlite import open_sqlite
from tests.contract.store_models import a_device
from tests.end_to_end.conftest import Call
from tests.end_to_end.program import Program, Terminal


def lines_for(count: int) -> str:
    """Good import lines with generated keys left to the registry."""
    return "".join(
        json.dumps({"id": f"new-{number:06d}", "status": "enabled"}) + "\n"
        for number in range(count)
    )


@pytest.fixture
def incoming(filled: Program) -> Path:
    """A folder with a devices.txt of five good lines."""
    folder = filled.home / "incoming"
    folder.mkdir()
    (folder / "devices.txt").write_text(lines_for(5))
    return folder


def test_an_import_ends_with_its_counts_on_stderr(filled: Program, incoming: Path) -> None:
    """Nothing on stdout; the devices are there afterwards; a second run updates them."""
    done = filled.run("import", str(incoming), "--tenant", "orchard")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        f"Import of {incoming}/devices.txt completed, 5 lines: "
        "5 created, 0 updated, 0 deleted, 0 refused.\n"
    )
    found = filled.run("count", "devices", "--tenant", "orchard", "--filter", "new-*")
    assert found.stdout == "5\n"
    again = filled.run("import", str(incoming), "--tenant", "orchard")
    assert "0 created, 5 updated" in again.stderr


def test_failed_lines_are_told_by_number_and_the_exit_code_is_one(
    filled: Program, incoming: Path
) -> None:
    """A broken line, a taken id under --mode create, a byte-order mark and CRLF around them."""
    broken = (
        '{"id": "fine", "status": "enabled"}\r\nno json\r\n{"id":"new-000001","status":"enabled"}'
    )
    assert filled.run("import", str(incoming), "--tenant", "orchard").returncode == 0
    (incoming / "devices.txt").write_bytes(b"\xef\xbb\xbf" + broken.encode())
    done = filled.run("import", str(incoming), "--tenant", "orchard", "--mode", "create")
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert told[0].startswith("line 2: ")
    assert told[1].startswith("line 3: new-000001: ")
    assert told[-1].endswith("3 lines: 1 created, 0 updated, 0 deleted, 2 refused.")


def test_many_failed_lines_are_cut_with_a_pointer_to_the_log(
    filled: Program, incoming: Path
) -> None:
    """Twenty are enough for a screen; the rest is counted."""
    (incoming / "devices.txt").write_text(lines_for(1) + "no json\n" * 50)
    done = filled.run("import", str(incoming), "--tenant", "orchard")
    assert done.returncode == 1
    assert f"… 30 more in {incoming}/importErrors.log" in done.stderr
    assert len((incoming / "importErrors.log").read_text().splitlines()) == 50


def test_a_file_can_be_named_and_its_name_tells_the_format(filled: Program) -> None:
    """Export as NDJSON, import that file into another registry."""
    folder = filled.home / "copy"
    done = filled.run("export", str(folder), "--tenant", "orchard", "--format", "ndjson")
    assert done.returncode == 0, done.stderr
    file = folder / "devices.ndjson"
    other = filled.home / "other.sqlite"
    back = filled.run("import", str(file), "--data", str(other), "--tenant", "orchard")
    assert back.returncode == 0, back.stderr
    words = ("list", "devices", "--tenant", "orchard", "--all", "--json")
    here = json.loads(filled.run(*words).stdout)
    there = json.loads(filled.run(*words, "--data", str(other)).stdout)
    assert [row["data"] for row in there] == [row["data"] for row in here]


def test_hono_files_go_out_and_come_back(filled: Program) -> None:
    """Three files, tenants named inside; --tenant makes no sense with them."""
    folder = filled.home / "hono"
    assert filled.run("export", str(folder), "--format", "hono-1.1").returncode == 0
    names = {"tenants.json", "device-identities.json", "credentials.json"}
    assert names <= {path.name for path in folder.iterdir()}
    other = str(filled.home / "other.sqlite")
    back = filled.run("import", str(folder), "--data", other)
    assert back.returncode == 0, back.stderr
    for tenant_id in ("harbour-lights", "old-depot"):
        words = ("count", "devices", "--tenant", tenant_id)
        assert filled.run(*words, "--data", other).stdout == filled.run(*words).stdout
    refused = filled.run("import", str(folder), "--tenant", "orchard")
    assert refused.returncode == 2
    assert "leave out --tenant" in refused.stderr


def test_the_counts_of_hono_files_add_up(program: Program) -> None:
    """A tenant that is made is an entry like the devices; a broken one is told."""
    devices = [{"device-id": "d1"}, {"device-id": "${x}"}]
    content = json.dumps([{"tenant": "t1", "devices": devices}])
    (program.home / "device-identities.json").write_text(content)
    done = program.run("import", str(program.home))
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert "${x}" in told[0]
    assert told[-1].endswith("3 lines: 2 created, 0 updated, 0 deleted, 1 refused.")
    again = program.run("import", str(program.home)).stderr
    assert (
        "3 lines: 0 created, 1 updated, 0 deleted, 1 refused, 1 skipped, blank or as they were."
        in again
    )


def test_a_file_of_hono_that_does_not_parse_fails_the_import(program: Program) -> None:
    """With line and column; the other files are not applied."""
    (program.home / "tenants.json").write_text('[{"tenant-id": "t1"},\n nonsense]')
    (program.home / "device-identities.json").write_text('[{"tenant": "t2", "devices": []}]')
    done = program.run("import", str(program.home))
    assert done.returncode == 1
    assert "failed, 0 lines" in done.stderr
    assert "tenants.json is not JSON" in done.stderr
    assert "line 2, column 2" in done.stderr
    assert program.run("count", "tenants").stdout == "0\n"


async def add_long_ids(path: Path, count: int) -> None:
    """Devices whose ids Hono allows and IoT Hub does not."""
    store = await open_sqlite(path)
    rows = [(a_device("orchard", f"{number:03}{'x' * 130}"), ()) for number in range(count)]
    await store.write(lambda registry: registry.put_devices(rows))
    await store.close()


def test_devices_that_an_export_cannot_write_are_told_and_counted(filled: Program) -> None:
    """They stand in the export's own log."""
    asyncio.run(add_long_ids(filled.data, 25))
    done = filled.run("export", "out", "--tenant", "orchard")
    assert done.returncode == 1
    assert "longer than 128 characters" in done.stderr
    assert f"… 5 more in {filled.home}/out/exportErrors.log" in done.stderr
    assert done.stderr.endswith(" lines, 25 failed.\n")


def test_keys_can_be_left_out_of_an_export(filled: Program) -> None:
    """A list to hand on without secrets."""
    words = ("export", "--tenant", "vaccine-chain")
    assert filled.run(*words, "with").returncode == 0
    assert filled.run(*words, "without", "--exclude-keys").returncode == 0
    with_keys = keys_in(filled.home / "with" / "devices.txt")
    assert any(with_keys)
    assert not any(keys_in(filled.home / "without" / "devices.txt"))


def keys_in(path: Path) -> list[str | None]:
    """The primary keys of an export."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    found = [(line.get("authentication") or {}).get("symmetricKey") or {} for line in lines]
    return [keys.get("primaryKey") for keys in found]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["import", "nowhere", "--tenant", "orchard"], 1, "There is nothing at"),
        (["import", "empty", "--tenant", "orchard"], 1, "no file devices.txt"),
        (["import", "incoming", "--tenant", "ghost"], 1, "no tenant 'ghost'"),
        (["import", "incoming"], 2, "Which tenant?"),
        (["import", "incoming", "--mode", "upsert"], 2, "invalid choice"),
        (["import", "incoming", "--read-only"], 1, "read-only"),
        (["--read-only", "export", "out", "--tenant", "orchard"], 1, "read-only"),
        (["export", "incoming/devices.txt", "--tenant", "orchard"], 2, "is a file"),
        (["export", "incoming/devices.txt/x", "--tenant", "orchard"], 1, "cannot be made"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_begins(
    call: Call, incoming: Path, words: list[str], code: int, message: str
) -> None:
    """One message, no job, no folder made."""
    home = incoming.parent
    (home / "empty").mkdir()
    done = call(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "out").exists()


def test_a_refusal_is_a_sentence_with_advice(call: Call, incoming: Path) -> None:
    """No field's name of ours in front."""
    (incoming.parent / "empty").mkdir()
    told = call("import", "empty", "--tenant", "orchard").stderr
    assert told == (
        f"idconsole: There is no file devices.txt in {incoming.parent}/empty. "
        "Put it there, or name the file to import.\n"
    )


@pytest.mark.parametrize("words", [("--tenant", "ghost"), ()])
def test_a_refused_export_leaves_no_folder_behind(call: Call, words: tuple[str, ...]) -> None:
    """Neither the last one nor those above it that were made for it."""
    done = call("export", "new/deep/out", *words)
    assert done.returncode != 0
    assert not Path("new").exists()


def test_a_refused_export_leaves_a_folder_that_was_there(call: Call) -> None:
    """Even an empty one."""
    Path("mine").mkdir()
    assert call("export", "mine/out", "--tenant", "ghost").returncode == 1
    assert list(Path("mine").iterdir()) == []


def test_an_export_to_a_full_disk_leaves_no_folder(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made before its room can be tried."""
    monkeypatch.setattr(
        "registry_backend.jobs.containers.tempfile.TemporaryFile",
        lambda **_: open("/dev/full", "wb", buffering=0),  # noqa: SIM115, PTH123
    )
    done = call("export", "new/out", "--tenant", "orchard")
    assert done.returncode == 1
    assert done.stderr.startswith("idconsole: The folder ")
    assert "No space left" in done.stderr
    assert not Path("new").exists()


def test_an_empty_data_file_is_no_registry_yet(call: Call) -> None:
    """A reader is told so, and an import makes it one."""
    Path("empty.sqlite").touch()
    done = call("list", "tenants", "--data", "empty.sqlite")
    assert done.returncode == 1
    assert "is empty, not a registry yet" in done.stderr
    assert "--read-only" not in done.stderr
    assert Path("empty.sqlite").read_bytes() == b""


def test_progress_is_drawn_on_a_terminal_only(filled: Program, incoming: Path) -> None:
    """And wiped away before the last line."""
    (incoming / "devices.txt").write_text(lines_for(20_000))
    with Terminal(filled, "import", str(incoming), "--tenant", "orchard") as terminal:
        assert terminal.finish() == 0
        assert b"lines, " in terminal.shown
        assert b"a second" in terminal.shown
        assert b"20,000 created" in terminal.shown.split(b"\x1b[K")[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_import_says_where_it_stopped(
    filled: Program, incoming: Path, number: signal.Signals
) -> None:
    """The job is cancelled, not torn; what was applied stays and is counted."""
    (incoming / "devices.txt").write_text(lines_for(400_000))
    words = ("import", str(incoming), "--tenant", "orchard")
    with Terminal(filled, *words) as terminal:
        terminal.read_until(b" lines, ")
        os.kill(terminal.process.pid, number)
        assert terminal.finish() == 1
        assert b"cancelled" in terminal.shown
        assert b"Lines already applied stay." in terminal.shown
        assert b"Traceback" not in terminal.shown
        jobs = json.loads(filled.run("list", "jobs", "--tenant", "orchard", "--json").stdout)
        newest = jobs[0]
        assert newest["status"] == "cancelled"
        counted = filled.run("count", "devices", "--tenant", "orchard", "--filter", "new-*")
        assert int(counted.stdout) == newest["counts"]["created"] < 400_000


def test_two_programs_work_on_one_file(filled: Program) -> None:
    """Two imports into two tenants at once, both whole; readers are not kept waiting."""
    running = []
    for tenant_id in ("orchard", "old-depot"):
        folder = filled.home / f"for-{tenant_id}"
        folder.mkdir()
        (folder / "devices.txt").write_text(lines_for(5_000))
        running.append(filled.start("import", str(folder), "--tenant", tenant_id))
    assert filled.run("count", "devices", "--tenant", "north-wind").stdout == "140\n"
    for process in running:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
        assert "5,000 created" in told
    for tenant_id in ("orchard", "old-depot"):
        found = filled.run("count", "devices", "--tenant", tenant_id, "--filter", "new-*")
        assert found.stdout == "5000\n"


def test_a_file_that_is_no_registry_is_refused(filled: Program) -> None:
    """A foreign database, a text, a folder: each with what is wrong; each is left as it is."""
    foreign = filled.home / "foreign.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    text = filled.home / "text.sqlite"
    text.write_text("this is no database " * 300)
    for path in (foreign, text, filled.home):
        held = path.read_bytes() if path.is_file() else b""
        done = filled.run("list", "tenants", "--data", str(path))
        assert (done.returncode, done.stdout) == (1, ""), path
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr
        assert path.is_dir() or path.read_bytes() == held


@pytest.mark.parametrize("words", [("list", "tenants"), ("import", "here", "--tenant", "orchard")])
def test_the_file_of_a_newer_release_is_refused(filled: Program, words: tuple[str, ...]) -> None:
    """For reading and for writing; both versions are told, and no byte of it changes."""
    folder = filled.home / "here"
    folder.mkdir()
    (folder / "devices.txt").write_text('{"id":"new-1","status":"enabled"}\n')
    with sqlite3.connect(filled.data) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    held = filled.data.read_bytes()
    done = filled.run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "has schema version 99; this release knows versions up to" in done.stderr
    assert "newer release" in done.stderr
    assert "Traceback" not in done.stderr
    assert filled.data.read_bytes() == held


def test_a_missing_registry_is_not_made_by_reading(program: Program) -> None:
    """A mistyped --data leaves nothing behind."""
    done = program.run("list", "tenants", "--data", str(program.home / "typo.sqlite"))
    assert done.returncode == 1
    assert "no registry at" in done.stderr
    assert list(program.home.iterdir()) == []
