"""The whole history of one record, in a window of its own."""

from __future__ import annotations

from datetime import datetime

from console.adapters.ports.journal import JournalPort
from console.dialogs.show import ShowScreen
from console.panes.asking import AskingPane
from console.render.journal import history_text

MAX_ENTRIES = 200


def show_history(
    pane: AskingPane, journal: JournalPort, tenant_id: str, resource_id: str, now: datetime
) -> None:
    """Read the latest entries and show them; a failure is told by the pane."""

    async def read() -> None:
        entries = await journal.page(
            tenant_id, resource_id=resource_id, before=None, limit=MAX_ENTRIES
        )
        title = f"History of {resource_id}"
        if len(entries) == MAX_ENTRIES:
            title += f" (the latest {MAX_ENTRIES})"
        pane.show_window(ShowScreen(title, history_text(entries, now)))

    pane.begin(read(), name="history")
