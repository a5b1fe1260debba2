"""What the service writes to its log, to be waited for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOG = logging.getLogger("idconsole.identity")


class Heard(logging.Handler):
    """Remembers lines, and lets tests wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._more = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        """One more line."""
        with self._more:
            self.lines.append(record.getMessage())
            self._more.notify_all()

    def wait_for(self, text: str) -> str:
        """The first line not waited for before that has the text in it; it and those before go."""
        with self._more:
            assert self._more.wait_for(lambda: self._has(text), 30), f"{text!r} not in {self.lines}"
            number = next(at for at, line in enumerate(self.lines) if text in line)
            found = self.lines[number]
            del self.lines[: number + 1]
            return found

    def _has(self, text: str) -> bool:
        return any(text in line for line in self.lines)


@contextmanager
def hearing() -> Iterator[Heard]:
    """Listen to the service's log until the block ends."""
    heard, level = Heard(), LOG.level
    LOG.addHandler(heard)
    LOG.setLevel(logging.INFO)
    try:
        yield heard
    finally:
        LOG.removeHandler(heard)
        LOG.setLevel(level)
