"""An answer that takes its time: how long it has been awaited, and a way to wait no longer."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Button, Static

from console.dialogs.base import Dialog, DialogBox

LOOK_SECONDS = 0.5
"""How often the figure is painted."""


class WaitingScreen(Dialog[None]):
    """Closes when the call has ended, by itself or because the person stopped it.

    Args:
        title: What is being done.
        text: What may take so long.
        call: Cancelled when the person stops it; whoever asked reads its outcome.
    """

    takes_typed_ahead: ClassVar[bool] = False
    BINDINGS = [Binding("escape,q", "stop", "Stop", show=False)]
    DEFAULT_CSS = """
    WaitingScreen #figure { color: $text-accent; margin-top: 1; }
    """

    def __init__(self, title: str, text: str, call: asyncio.Future[Any]) -> None:
        super().__init__()
        self._title, self._text, self._call = title, text, call
        self._began = monotonic()

    def compose(self) -> ComposeResult:
        """A sentence, the figure, a button."""
        with DialogBox() as box:
            box.border_title = self._title
            box.border_subtitle = "esc stop waiting"
            yield Static(self._text, classes="dialog--text", markup=False)
            yield Static(self._figure(), id="figure", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Stop waiting", id="stop", compact=True)

    def on_mount(self) -> None:
        """Wait, and say so."""
        self.set_interval(LOOK_SECONDS, self._look)
        self.query_one("#stop").focus()
        self._wait()

    @work(exit_on_error=False)
    async def _wait(self) -> None:
        await asyncio.wait({self._call})
        self.dismiss(None)

    def _figure(self) -> str:
        return f"▶ {monotonic() - self._began:,.0f} s"

    def _look(self) -> None:
        self.query_one("#figure", Static).update(self._figure())

    @on(Button.Pressed, "#stop")
    def action_stop(self) -> None:
        """Wait no longer."""
        self._call.cancel()
