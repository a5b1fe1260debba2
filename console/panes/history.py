"""The whole history of one record, in a window of its own."""

from __future__ import annotations

from datetime import datetime

from textual.widget import Widget

from console.adapters.base import JournalPort
from console.dialogs.show import ShowScreen
from console.render.journal import history_text
from registry_backend.domain.errors import RegistryError

MAX_ENTRIES = 200


def show_history(
    pane: Widget, journal: JournalPort, tenant_id: str, resource_id: str, now: datetime
) -> None:
    """Read the latest entries and show them; a failure is told instead."""

    async def read() -> None:
        try:
            entries = await journal.page(
                tenant_id, resource_id=resource_id, before=None, limit=MAX_ENTRIES
            )
        except RegistryError as error:
            pane.app.notify(str(error), title=error.title, severity="error", markup=False)
            return
        title = f"History of {resource_id}"
        if len(entries) == MAX_ENTRIES:
            title += f" (the latest {MAX_ENTRIES})"
        pane.app.push_screen(ShowScreen(title, history_text(entries, now)))

    pane.run_worker(read(), exit_on_error=False)
