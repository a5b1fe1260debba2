"""How the console ends when nobody pressed the key for it: by a fault, or by a signal."""

from __future__ import annotations

import asyncio
import signal

from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App
from textual.driver import Driver


class OrderlyEnd(App[None]):
    """An app that hears a polite kill, and whose crash report shows no value of any variable."""

    def on_load(self) -> None:
        """Leave without a question when asked to end, or when the terminal goes away."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.call_later, self.run_action, "leave_at_once")

    def get_driver_class(self) -> type[Driver]:
        """The usual driver; where it is that of a Unix terminal, one that sees the terminal go."""
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from console.terminal import WatchedTerminal  # noqa: PLC0415 - not on every system

        return WatchedTerminal

    def _fatal_error(self) -> None:
        """Where it happened; the variables there may hold keys and passwords."""
        self.bell()
        traceback = Traceback(show_locals=False, width=None)
        options = self.console.options
        self._exit_renderables.append(Segments(self.console.render(traceback, options)))
        self._close_messages_no_wait()
