"""The terminal the console is drawn on, and its end: a window closed, a line cut."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from threading import Thread
from typing import IO, Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

LOOK_MILLISECONDS = 500
"""How long the watch may sleep before it sees that the program has ended by itself."""


class LastingFile:
    """A terminal to write to that may go away: what nobody can see any more is dropped.

    The thread that writes would die of the error, and the queue in front of it would fill until
    the whole program stood still.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, if somebody is there."""
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        """Send, if somebody is there."""
        self._try(self._file.flush)

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    @staticmethod
    def _try(work: Callable[[], object]) -> None:
        try:
            work()
        except OSError:
            return  # the terminal is gone; whoever watches it ends the program


class WatchedTerminal(LinuxDriver):
    """A terminal that tells the app when it is gone, instead of reading nothing for ever."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file = LastingFile(self._file)  # type: ignore[assignment,arg-type]

    def run_input_thread(self) -> None:
        """Read keys until the program ends or the terminal does."""
        Thread(target=self._watch, name="terminal-watch", daemon=True).start()
        try:
            super().run_input_thread()
        except OSError:
            self._gone()

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self.fileno, 0)  # a hang-up is told in any case
        while not self.exit_event.is_set():
            for _, event in poll.poll(LOOK_MILLISECONDS):
                if event & (select.POLLHUP | select.POLLERR):
                    self._gone()
                return  # gone, or a system that cannot watch a terminal so

    def _gone(self) -> None:
        self.exit_event.set()  # ends the reading, which would find nothing again and again
        self._write_nowhere()
        self._app.call_later(self._app.run_action, "leave_at_once")

    def _write_nowhere(self) -> None:
        """Let whatever is still written as the program ends find somebody to take it."""
        terminal = os.fstat(self.fileno).st_rdev
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None and os.fstat(stream.fileno()).st_rdev == terminal:
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
