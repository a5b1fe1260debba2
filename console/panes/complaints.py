"""Errors and warnings of a pane: they stay for a while, but not over what is begun next."""

from __future__ import annotations

from textual.app import App
from textual.notifications import Notification, Notify

from registry_backend.domain.errors import RegistryError

SECONDS = 10.0
"""How long an error can be read, unless the person goes on before."""
SHORTER = 5.0
"""The same of a warning."""


class Complaints:
    """The errors and warnings of one pane that are still shown."""

    def __init__(self) -> None:
        self._shown: list[Notification] = []

    def tell(self, app: App[None], error: RegistryError) -> None:
        """Show what went wrong and what to do next."""
        self._show(app, Notification(str(error), error.title, "error", SECONDS, markup=False))

    def warn(self, app: App[None], text: str, title: str) -> None:
        """Show why a key did nothing."""
        self._show(app, Notification(text, title, "warning", SHORTER, markup=False))

    def _show(self, app: App[None], found: Notification) -> None:
        self._shown.append(found)
        app.post_message(Notify(found))

    def drop(self, app: App[None]) -> None:
        """Take away those that are still there: the person has gone on to something else."""
        shown, self._shown = self._shown, []
        for found in shown:
            if found in app._notifications:  # noqa: SLF001 - Textual can only clear all of them
                app._unnotify(found)  # noqa: SLF001 - as above
