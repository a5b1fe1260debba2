"""A program on a real terminal of 120 columns and 40 rows, and the moments its output came."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

COLUMNS, ROWS = 120, 40
QUIET_SECONDS = 0.05
"""So long without a byte, a frame is over."""
END_OF_FRAME = b"\x1b[?2026l"
"""End of a synchronised update; a frame is what stands between two of these."""
_ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # synchronised output: known
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",  # resizes in band: not known
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[c": b"\x1b[?62;22c",
}
_LONGEST_QUESTION = max(map(len, _ANSWERS))
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()].|[=>78])")


@dataclass(frozen=True, slots=True)
class Paint:
    """The answer to a key, in seconds after it was written.

    Args:
        rows: When the last byte of the frame with the awaited rows came.
        settled: When the last byte of all came.
        frames: How many frames there were.
        size: How many bytes.
    """

    rows: float
    settled: float
    frames: int
    size: int


class Terminal:
    """A program started on a pseudo terminal of its own."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        self._master, slave = os.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        self._answered = 0
        self._output = bytearray()
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=dict(env),
            cwd=cwd,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        deadline = time.perf_counter() + 10
        while self.process.poll() is None and time.perf_counter() < deadline:
            self._drain()  # a program that cannot write cannot end
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def wait_for(self, text: str, *, seconds: float = 60) -> float:
        """Seconds from the start until `text` stood in the output."""
        wanted = text.encode()
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            at = self._read(0.05)
            if at is not None and wanted in _ESCAPES.sub(b"", bytes(self._output)):
                return at - self._began
        raise self._missing(f"{text!r} was not painted")

    def settle(self, *, quiet: float = 0.15) -> str:
        """Read until nothing has come for `quiet` seconds; the text that came."""
        before = len(self._output)
        while self._read(quiet) is not None:
            pass
        return self._text(before)

    def press(
        self, keys: str, shown: Callable[[str], bool], *, quiet: float = QUIET_SECONDS
    ) -> Paint:
        """Write keys at once and wait until the output shows what it should, and then stops.

        Args:
            keys: As a terminal sends them.
            shown: Whether the text that came since holds the awaited rows.
            quiet: Seconds without a byte after which nothing more is awaited.
        """
        self.settle(quiet=0)
        start = len(self._output)
        chunks: list[tuple[float, int]] = []
        pressed = time.perf_counter()
        os.write(self._master, keys.encode())
        while not chunks or not shown(self._text(start)):
            if time.perf_counter() - pressed > 10:
                raise self._missing(f"{keys!r} was not answered as expected")
            while (at := self._read(quiet)) is not None:
                chunks.append((at - pressed, len(self._output)))
        ends = self._frame_ends(start)
        place = next((end for end in ends if shown(self._text(start, end))), len(self._output))
        rows = next(at for at, length in chunks if length >= place)
        return Paint(rows, chunks[-1][0], len(ends), len(self._output) - start)

    def memory(self) -> int:
        """Resident bytes of the program now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def _read(self, patience: float) -> float | None:
        """Take what comes within `patience` seconds; when it came."""
        ready, _, _ = select.select([self._master], [], [], patience)
        if not ready:
            return None
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            raise self._missing("it ended") from None
        at = time.perf_counter()
        self._output += data
        self._answer()
        return at

    def _drain(self) -> None:
        ready, _, _ = select.select([self._master], [], [], 0.02)
        if ready:
            with suppress(OSError):  # the other side is closed
                os.read(self._master, 1 << 16)

    def _answer(self) -> None:
        """Answer what a program asks its terminal."""
        for question, answer in _ANSWERS.items():
            begin = max(0, self._answered - _LONGEST_QUESTION)
            place = self._output.find(question, begin)
            if place >= 0 and place + len(question) > self._answered:
                os.write(self._master, answer)
        self._answered = len(self._output)

    def _frame_ends(self, start: int) -> list[int]:
        ends = []
        place = self._output.find(END_OF_FRAME, start)
        while place >= 0:
            ends.append(place + len(END_OF_FRAME))
            place = self._output.find(END_OF_FRAME, place + 1)
        return ends

    def _text(self, start: int, end: int | None = None) -> str:
        return _ESCAPES.sub(b"", bytes(self._output[start:end])).decode("utf-8", "replace")

    def _missing(self, what: str) -> RuntimeError:
        tail = self._text(max(0, len(self._output) - 6000))[-1500:]
        return RuntimeError(f"{self.process.args!r}: {what}; the output ends: {tail}")
