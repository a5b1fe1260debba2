"""How the console reports a fault of its own: where it happened, and no value of any variable."""

from __future__ import annotations

from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App


class DiscreetCrash(App[None]):
    """An app whose crash report shows no local variables: they may hold keys and passwords."""

    def _fatal_error(self) -> None:
        self.bell()
        traceback = Traceback(show_locals=False, width=None)
        options = self.console.options
        self._exit_renderables.append(Segments(self.console.render(traceback, options)))
        self._close_messages_no_wait()
