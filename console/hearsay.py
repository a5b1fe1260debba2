"""What others wrote, gathered for a moment: a busy registry must not repaint at every write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App

from registry_backend.domain.journal import Change

SETTLE_SECONDS = 0.1
"""Changes by others are shown together, at most ten times a second."""
MOST_CHANGES = 1000
"""Of one write; more than a screen can show means reading again all the same."""


class Hearsay:
    """Hears of changes one by one and tells of them together.

    Args:
        app: Its clock; nothing is told once it has ended.
        tell: Told all changes of the last moment.
    """

    def __init__(self, app: App[Any], tell: Callable[[Sequence[Change]], None]) -> None:
        self._app = app
        self._tell = tell
        self._heard: list[Change] = []

    def hear(self, changes: Sequence[Change]) -> None:
        """Take note; may be called from outside the app's own context, which timers need."""
        self._app.call_later(self._gather, tuple(changes[:MOST_CHANGES]))

    def _gather(self, changes: Sequence[Change]) -> None:
        if not self._heard:
            self._app.set_timer(SETTLE_SECONDS, self._pass_on)
        self._heard.extend(changes)

    def _pass_on(self) -> None:
        changes, self._heard = tuple(self._heard), []
        self._tell(changes)
