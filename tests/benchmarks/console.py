"""The console on a terminal, over one registry file, and what it should be showing."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from pathlib import Path

from tests.benchmarks.fleet import TENANT, open_plain
from tests.benchmarks.terminal import Paint, Terminal

ROOT = Path(__file__).parents[2]
_ID_SHOWN = 20
"""Characters of an id that the table always has room for."""
_STATUS = re.compile(r"([\d,]+) of ~?[\d,…]+")


def quiet_environment(home: Path) -> dict[str, str]:
    """The environment of a user without settings, on a capable terminal."""
    return {
        **{name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONPATH": str(ROOT),
    }


def empty_terminal(home: Path) -> Terminal:
    """The emptiest Textual application."""
    script = Path(__file__).with_name("empty_app.py")
    return Terminal([sys.executable, str(script)], env=quiet_environment(home), cwd=home)


class Console:
    """The console as a user starts it, its devices in front.

    Args:
        data: The registry.
        home: A folder for the settings.
        context: The name of a saved connection to that registry; opened as a file without one.
    """

    def __init__(self, data: Path, home: Path, context: str = "") -> None:
        self._rows: sqlite3.Connection = open_plain(data)
        self.first_id = self.id_at(0)
        opened = ["--context", context] if context else ["--data", str(data)]
        command = [sys.executable, "-m", "console", *opened, "--tenant", TENANT]
        self.terminal = Terminal(command, env=quiet_environment(home), cwd=home)

    def close(self) -> None:
        """End the program."""
        self.terminal.__exit__()
        self._rows.close()

    def started(self) -> float:
        """Seconds from the start until the first row was painted."""
        return self.terminal.wait_for(self.first_id[:_ID_SHOWN])

    def id_at(self, position: int) -> str:
        """The id at a position of the unfiltered list."""
        return self.first_where("1", skip=position)

    def first_where(self, condition: str, *, order: str = "device_id", skip: int = 0) -> str:
        """The first id of a filtered list."""
        sql = f"""SELECT device_id FROM devices WHERE tenant_id = ? AND {condition}
            ORDER BY {order} LIMIT 1 OFFSET ?"""  # noqa: S608 - constants of this package
        return str(self._rows.execute(sql, (TENANT, skip)).fetchone()[0])

    def count(self) -> int:
        """How many devices there are."""
        return int(self._rows.execute("SELECT devices FROM counts").fetchone()[0])

    def move(self, keys: str) -> Paint:
        """Press keys that move the cursor, until the row it is said to be on is painted."""
        return self.terminal.press(keys, self._row_shown)

    def expect(self, keys: str, device_id: str) -> Paint:
        """Press keys that change the list, until its first row is painted."""
        return self.terminal.press(keys, lambda text: device_id[:_ID_SHOWN] in text, quiet=0.08)

    def type(self, *keys: str) -> None:
        """Write each without measuring, and let everything settle in between."""
        for each in keys:
            self.terminal.press(each, bool, quiet=0.2)

    def _row_shown(self, text: str) -> bool:
        said = _STATUS.findall(text)
        return bool(said) and self._id_said(said[-1])[:_ID_SHOWN] in text

    def _id_said(self, position: str) -> str:
        return self.id_at(int(position.replace(",", "")) - 1)
