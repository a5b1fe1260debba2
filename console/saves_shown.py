"""The sign of life of a write that takes its time: the header counts its seconds."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.timer import Timer

from console.saving import Saves
from console.widgets.context_bar import ContextBar

LOOK_SECONDS = 0.5
"""How often it is looked, while something is being saved."""
QUIET_SECONDS = 1.0
"""Writes that take no longer are not told of."""


class SavingShown:
    """Tells in the header how long something has been being saved.

    Args:
        app: Its clock, and its header.
        saves: What is being written.
    """

    def __init__(self, app: App[Any], saves: Saves) -> None:
        self._app, self._saves = app, saves
        self._timer: Timer | None = None
        saves.on_begin = self._begin

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = self._app.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        pending, seconds = self._saves.pending, self._saves.seconds
        for bar in self._app.query(ContextBar):
            bar.saving = int(seconds) if pending and seconds >= QUIET_SECONDS else None
        if not pending and self._timer is not None:
            self._timer.stop()
            self._timer = None
