"""Random keys on a registry full of hostile ids: nothing crashes, a read-only session stays so."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from pathlib import Path

import pytest

from registry_backend.domain.devices import DeviceAttributes
from tests.console.conftest import RunConsole, make_adapter
from tests.console.yard import YARD, build_yard, console_of

HOSTILE = ("x[/y]", "[@click=app.quit]go[/]", "\x1b]0;gone\x07", "left\u202eright", "[bold")
KEYS = (
    *"nesxSEawbovJyhcrRApCildDufgGjk*\\+/?:t 12345",
    *("enter", "escape", "tab", "up", "down", "pagedown", "pageup", "home", "end", "space"),
    *("ctrl+s", "ctrl+p", "left", "right", "backspace", "delete", "y"),
)
PRESSES = 120


def write_hostile_ids(file: Path) -> None:
    """Put ids into the file that no protocol would let in, as an older program might have."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT rowid, device_id FROM devices ORDER BY 2").fetchall()
        for (rowid, _), hostile in zip(rows, HOSTILE, strict=True):
            connection.execute("UPDATE devices SET device_id = ? WHERE rowid = ?", (hostile, rowid))
    connection.close()


@pytest.fixture
async def hostile(tmp_path: Path) -> Path:
    """A registry and a configuration whose names attack the terminal."""
    await build_yard(tmp_path)
    async with make_adapter(tmp_path) as adapter:
        assert adapter.devices is not None
        texts = {"ext": {text: text for text in HOSTILE}, "status-reason": HOSTILE[1]}
        await adapter.devices.update(YARD, "crane", DeviceAttributes.parse(texts), expected=None)
    (tmp_path / "config.toml").write_text(
        '[[principal]]\nname = "x[/y]"\nuid = 1\n[[principal]]\nname = "\\u001b]0;gone"\nuid = 2\n'
    )
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d/[bold.toml").write_text('[[principal]]\nname = "[@click=x]"\nuid = 3\n')
    write_hostile_ids(tmp_path / "registry.sqlite")
    return tmp_path


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file of the folder that holds data."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size and not path.name.endswith("-shm")
    }


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("pane", ["tenants", "devices", "credentials", "jobs", "principals"])
async def test_random_keys_never_crash(
    run_console: RunConsole,
    hostile: Path,
    monkeypatch: pytest.MonkeyPatch,
    pane: str,
    *,
    read_only: bool,
) -> None:
    """In bursts, as a person leaning on the keyboard over a slow line would send them."""
    monkeypatch.chdir(hostile)
    chance = random.Random(f"{pane} {read_only}")
    before = fingerprints(hostile)
    adapter = make_adapter(hostile, read_only=read_only)
    async with run_console(adapter, pane=pane, size=(80, 24)) as pilot:
        pressed = 0
        while pressed < PRESSES and console_of(pilot).is_running:
            burst = chance.choices(KEYS, k=chance.randint(1, 12))
            await pilot.press(*burst)
            pressed += len(burst)
        assert pilot.app._exception is None
    if read_only:
        assert fingerprints(hostile) == before
