"""Errors of a pane: they stay for a while, but not over what is begun next."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.notifications import Notification, Notify

from registry_backend.domain.errors import RegistryError

SECONDS = 10.0
"""How long an error can be read, unless the person goes on before."""


class Complaints:
    """The errors of one pane that are still shown."""

    def __init__(self) -> None:
        self._shown: list[Notification] = []

    def tell(self, app: App[None], error: RegistryError) -> None:
        """Show what went wrong and what to do next."""
        found = Notification(str(error), error.title, "error", SECONDS, markup=False)
        self._shown.append(found)
        app.post_message(Notify(found))

    def drop(self, app: App[None]) -> None:
        """Take away those that are still there: the person has gone on to something else."""
        shown, self._shown = self._shown, []
        for found in shown:
            if found in app._notifications:  # noqa: SLF001 - Textual can only clear all of them
                app._unnotify(found)  # noqa: SLF001 - as above


def warn_once(app: App[Any], text: str, *, title: str = "") -> None:
    """Say why a key did nothing; the same words that are still shown give way."""
    for shown in list(app._notifications):  # noqa: SLF001 - as above
        if (shown.message, shown.title, shown.severity) == (text, title, "warning"):
            app._unnotify(shown)  # noqa: SLF001 - as above
    app.notify(text, title=title, severity="warning", markup=False)
