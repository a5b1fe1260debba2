"""Running the program as a person would: in a process and a home of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Program:
    """idconsole in a home of its own.

    Args:
        home: Holds the XDG folders.
    """

    home: Path

    @property
    def data(self) -> Path:
        """The default data file."""
        return self.home / "data" / "idconsole" / "registry.sqlite"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.home / "config" / "idconsole" / "settings.toml"

    def environment(self, **extra: str) -> dict[str, str]:
        """Nothing of the developer's own settings."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "TMPDIR": str(self.home),
            **extra,
        }

    def command(self, *words: str) -> list[str]:
        """The command line as a process takes it."""
        return [sys.executable, "-W", "error", "-m", "console", *words]

    def run(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end, without a terminal."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(**extra),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *words: str, **extra: str) -> subprocess.Popen[str]:
        """Start it and go on."""
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(**extra),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


class Terminal:
    """The program on a real terminal of its own.

    Args:
        program: Whose home it runs in.
        words: Its arguments.
        columns: The width.
    """

    def __init__(self, program: Program, *words: str, columns: int = 80, **extra: str) -> None:
        self._master, slave = pty.openpty()
        self.shown = b""
        environment = program.environment(COLUMNS=str(columns), LINES="24", **extra)
        self.process = subprocess.Popen(
            program.command(*words),
            env=environment,
            cwd=program.home,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Whatever the test thought of it, the program does not outlive it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def read_until(self, wanted: bytes, *, seconds: float = 30) -> bytes:
        """Read until that was shown. Raises AssertionError when it never is."""
        deadline = time.monotonic() + seconds
        while wanted not in self.shown:
            assert time.monotonic() < deadline, f"{wanted!r} not in {self.shown[-3000:]!r}"
            if not self._read_some():
                break
        assert wanted in self.shown, f"{wanted!r} not in {self.shown[-3000:]!r}"
        return self.shown

    def _read_some(self) -> bool:
        """Read what there is; False once the program has let go of the terminal."""
        if not select.select([self._master], [], [], 0.2)[0]:
            return self.process.poll() is None
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += chunk
        return bool(chunk)

    def finish(self, *, seconds: float = 30) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + seconds
        while self._read_some():
            assert time.monotonic() < deadline, self.shown[-3000:]
        return self.process.wait(seconds)
