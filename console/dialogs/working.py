"""Something that takes a while: how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Button, Static

from console.dialogs.base import Dialog, DialogBox
from registry_backend.domain.errors import RegistryError

DoneT = TypeVar("DoneT")
Work = Callable[[Callable[[int], object]], Awaitable[DoneT]]
"""Told where to report how many lines it has read."""

LOOK_SECONDS = 0.2
"""How often the figure is painted."""


class WorkingScreen(Dialog[DoneT | RegistryError | None], Generic[DoneT]):
    """Returns what came of the work, the error that ended it, or None when it was stopped.

    Args:
        title: What is being done.
        text: What it means meanwhile.
        work: The work; cancelled when the person stops it.
    """

    leads_on = True
    BINDINGS = [Binding("escape", "stop", "Stop", show=False)]
    DEFAULT_CSS = """
    WorkingScreen #figure { color: $text-accent; margin-top: 1; }
    """

    def __init__(self, title: str, text: str, work: Work[DoneT]) -> None:
        super().__init__()
        self._title, self._text, self._work = title, text, work
        self._read = 0
        self._began = monotonic()

    def compose(self) -> ComposeResult:
        """A sentence, the figure, a button."""
        with DialogBox() as box:
            box.border_title = self._title
            box.border_subtitle = "esc stop"
            yield Static(self._text, classes="dialog--text", markup=False)
            yield Static(self.figure(), id="figure", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Stop", id="stop", compact=True)

    def on_mount(self) -> None:
        """Begin."""
        self.set_interval(LOOK_SECONDS, self._look)
        self.query_one("#stop").focus()
        self._begin()

    @work(exit_on_error=False)
    async def _begin(self) -> None:
        try:
            done: DoneT | RegistryError = await self._work(self._reached)
        except RegistryError as error:
            done = error
        self.dismiss(done)

    def _reached(self, lines: int) -> None:
        """Take note; may be called from any thread."""
        self._read = lines

    def figure(self) -> str:
        """`▶ 12,000 lines read, 8,000 lines/s`."""
        seconds = monotonic() - self._began
        speed = f", {self._read / seconds:,.0f} lines/s" if self._read and seconds >= 1 else ""
        return f"▶ {self._read:,} lines read{speed}"

    def _look(self) -> None:
        self.query_one("#figure", Static).update(self.figure())

    @on(Button.Pressed, "#stop")
    def action_stop(self) -> None:
        """Stop the work and close."""
        if self.is_current:
            self.workers.cancel_node(self)
            self.dismiss(None)
