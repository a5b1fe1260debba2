"""Ids from an import's files, remembered for a registry that cannot list them."""

from __future__ import annotations

import asyncio
import fcntl
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.adapters.hono_known import MOST_DEVICES, KnownIds
from console.cli import main
from console.contexts import known_ids_path
from registry_backend.domain.tenants import TenantAttributes
from tests.contract.adapter_help import fill, need
from tests.contract.hono_serving import connected, serving

HUB_LINES = '{"id":"pump","status":"enabled"}\n{"id":"valve","status":"disabled"}\n'
COPY_LINES = (
    '{"format":"idconsole-1","tenant-id":"yard","tenant":{}}\n'
    '{"device-id":"pump","attributes":{},"credentials":[]}\n'
)
TENANTS = [{"tenant-id": "yard"}, {"tenant-id": "dock"}]
DEVICES = [{"tenant": "yard", "devices": [{"device-id": "pump", "data": {}}]}]

Learn = Callable[..., tuple[int, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a user of their own, and the context `old`."""
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["context", "add", "old", "--url", "http://localhost:1"]) == 0
    return tmp_path


@pytest.fixture
def learn(home: Path, capsys: pytest.CaptureFixture[str]) -> Learn:
    """Runs the command on files of these contents: its exit code and what it says."""

    def run(name: str, content: str | bytes, *words: str) -> tuple[int, str]:
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        capsys.readouterr()
        return main(["context", "learn", "old", str(path), *words]), capsys.readouterr().err

    return run


def known() -> KnownIds:
    """What is remembered of the context."""
    return KnownIds(known_ids_path("old"))


def test_lines_of_a_hub_belong_to_the_tenant_named(learn: Learn) -> None:
    """They name none themselves; a line that deletes a device makes it unknown."""
    lines = HUB_LINES + '{"id":"pump","status":"enabled","importMode":"delete"}\n'
    assert learn("devices.txt", lines, "--tenant", "yard")[0] == 0
    assert known().tenants == ["yard"]
    assert known().devices("yard") == ["valve"]
    code, said = learn("devices.txt", HUB_LINES)
    assert (code, "--tenant" in said) == (1, True)


def test_a_whole_copy_says_its_tenant(learn: Learn) -> None:
    """In its first line; another one may be named instead."""
    code, said = learn("copy.ndjson", COPY_LINES)
    assert (code, "1 tenant, 1 device." in said) == (0, True)
    assert known().devices("yard") == ["pump"]
    assert learn("copy.ndjson", COPY_LINES, "--tenant", "dock")[0] == 0
    assert known().devices("dock") == ["pump"]


def test_honos_files_name_tenants_and_devices(learn: Learn, home: Path) -> None:
    """Singly or as a folder; tenants without devices are remembered too."""
    assert learn("device-identities.json", json.dumps(DEVICES))[0] == 0
    assert (known().tenants, known().devices("yard")) == (["yard"], ["pump"])
    assert learn("tenants.json", json.dumps(TENANTS))[0] == 0
    assert known().tenants == ["dock", "yard"]
    known_ids_path("old").unlink()
    folder = home / "hono"
    folder.mkdir()
    (folder / "tenants.json").write_text(json.dumps(TENANTS))
    (folder / "device-identities.json").write_text(json.dumps(DEVICES))
    assert main(["context", "learn", "old", str(folder)]) == 0
    assert (known().tenants, known().devices("yard")) == (["dock", "yard"], ["pump"])


@pytest.mark.parametrize(
    ("name", "content", "words", "code", "told"),
    [
        ("devices.txt", b"\x1f\x8b\x08", ["--tenant", "yard"], 1, "compressed with gzip"),
        ("tenants.json", "[{", [], 1, "tenants.json"),
        ("tenants.json", "{}", [], 1, "no list"),
        ("credentials.json", "[]", [], 1, "neither tenants nor devices"),
        ("tenants.json", "[]", ["--tenant", "yard"], 2, "leave out --tenant"),
        ("copy.ndjson", '{"device-id":"pump"}\n', [], 1, "--tenant"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    name: str, content: str | bytes, words: list[str], code: int, told: str, learn: Learn
) -> None:
    """With what is wrong; nothing is remembered of it."""
    answered, said = learn(name, content, *words)
    assert (answered, told in said) == (code, True), said
    assert not known_ids_path("old").exists()


def test_lines_that_cannot_be_read_are_told_and_the_others_remembered(learn: Learn) -> None:
    """Each with its number; the command fails, so that a script notices."""
    code, said = learn("devices.txt", HUB_LINES + '{"id":\n' * 7, "--tenant", "yard")
    assert code == 1
    assert "line 3: " in said
    assert "2 more entries" in said
    assert known().devices("yard") == ["pump", "valve"]


def test_no_more_ids_are_kept_than_can_be_used(learn: Learn) -> None:
    """The last ones; the others still open when they are typed."""
    lines = "".join(
        f'{{"id":"d{number}","status":"enabled"}}\n' for number in range(MOST_DEVICES + 5)
    )
    code, said = learn("devices.txt", lines, "--tenant", "yard")
    assert (code, f"last {MOST_DEVICES:,}" in said) == (0, True)
    assert "d4" not in known().devices("yard")
    assert "d5" in known().devices("yard")


def test_what_cannot_be_remembered_is_told(
    learn: Learn, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No such file, a registry that lists, a state folder that is none."""
    assert main(["context", "learn", "old", str(home / "none.txt")]) == 1
    assert "There is nothing at" in capsys.readouterr().err
    (home / "devices.txt").write_text(HUB_LINES)
    assert main(["context", "learn", "local", str(home / "devices.txt")]) == 1
    assert "lists its devices itself" in capsys.readouterr().err
    (home / "state").write_text("in the way")
    code, said = learn("devices.txt", HUB_LINES, "--tenant", "yard")
    assert (code, "cannot be written" in said) == (1, True)


@pytest.mark.usefixtures("home")
async def test_what_was_learned_is_listed_from_a_registry_that_cannot_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the ids in the file, those that the registry has."""

    async def run(*words: str) -> str:
        assert await asyncio.to_thread(main, words) == 0
        return capsys.readouterr().out

    async with serving(tmp_path / "r.sqlite", compat="1.1") as endpoint:
        async with connected(endpoint) as adapter:
            await need(adapter.tenants).create("yard", TenantAttributes())
            await fill(need(adapter.devices), "yard", "pump", "other")
        await run("context", "add", "lab", "--url", endpoint.url, "--tenant", "yard")
        assert json.loads(await run("list", "devices", "--json", "--context", "lab")) == []
        (tmp_path / "devices.txt").write_text(HUB_LINES)
        await run("context", "learn", "lab", str(tmp_path / "devices.txt"))
        listed = json.loads(await run("list", "devices", "--json", "--context", "lab"))
        assert [each["device-id"] for each in listed] == ["pump"]


def test_two_programs_keep_their_ids_in_one_file(tmp_path: Path) -> None:
    """Each writes only what it saw itself, and sees what the other wrote."""
    path = tmp_path / "known.json"
    console, command = KnownIds(path), KnownIds(path)
    console.add_devices("yard", ["pump"])
    command.add_devices("yard", ["valve"])
    command.add_devices("dock", ["crane"])
    command.write()
    console.write()
    assert KnownIds(path).devices("yard") == ["pump", "valve"]
    assert console.tenants == ["dock", "yard"]
    assert command.devices("yard") == ["pump", "valve"]
    console.forget_device("yard", "valve")
    command.add_devices("yard", ["tank"])
    console.write()
    command.write()
    assert KnownIds(path).devices("yard") == ["pump", "tank"]


async def test_ids_seen_are_saved_without_waiting_for_another_program(tmp_path: Path) -> None:
    """As soon as that has let go of the file."""
    path = tmp_path / "known.json"
    mine = KnownIds(path)
    mine.add_devices("yard", ["pump"])
    with path.with_name("known.json.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mine.save()
        mine.save()
        assert not path.exists()
    async with asyncio.timeout(30):
        while not path.exists():  # noqa: ASYNC110 - a file tells nobody that it is there
            await asyncio.sleep(0.01)
    assert KnownIds(path).devices("yard") == ["pump"]


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """They take turns at the file."""
    path = tmp_path / "known.json"

    def write(number: int) -> None:
        mine = KnownIds(path)
        mine.add_devices("yard", [f"d{number:02d}"])
        mine.write()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert KnownIds(path).devices("yard") == [f"d{number:02d}" for number in range(40)]
