"""What ends soon in a tenant; enter goes there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from console.dialogs.base import DialogBox
from console.dialogs.row_choice import RowChoice
from console.render import credentials as render
from console.render.detail import state
from console.widgets.columns import Column
from console.widgets.record_table import RecordTable
from console.widgets.row_source import RowSource
from console.widgets.table_messages import Failed
from registry_backend.domain.credentials import CredentialRow

SPANS = (30, 90)
"""Days to look ahead."""


class ExpiringScreen(RowChoice[CredentialRow]):
    """Returns the credential to go to, or None.

    Args:
        tenant_id: Whose credentials these are.
        ending_before: The list of those that end before a time, soonest first.
        now: The present.
    """

    BINDINGS = [
        Binding("escape,q,i", "leave", "Close", show=False),
        Binding("d", "look_further", "30 or 90 days", show=False),
    ]
    DEFAULT_CSS = """
    ExpiringScreen DialogBox { width: 96%; max-width: 120; height: 80%; padding: 0 1; }
    ExpiringScreen RecordTable { height: 1fr; }
    """

    def __init__(
        self,
        tenant_id: str,
        ending_before: Callable[[datetime], RowSource[CredentialRow]],
        now: datetime,
    ) -> None:
        super().__init__()
        self._tenant_id, self._ending_before, self._now = tenant_id, ending_before, now
        self._days = SPANS[0]

    def compose(self) -> ComposeResult:
        """A table in a frame."""
        with DialogBox():
            yield RecordTable[CredentialRow](self._columns())

    def _columns(self) -> tuple[Column[CredentialRow], ...]:
        return (
            Column(
                "device",
                "Device",
                lambda row: row.device_id,
                width=18,
                flexible=True,
                priority=9,
                cut="middle",
            ),
            Column(
                "ends",
                "Ends",
                lambda row: render.ends_cell(row, self._now),
                21,
                priority=8,
                glyph=True,
            ),
            Column("type", "Type", lambda row: row.type, 15, priority=6),
            Column(
                "auth-id",
                "Auth-id",
                lambda row: row.auth_id,
                width=12,
                flexible=True,
                priority=4,
                cut="middle",
            ),
            Column("state", "State", lambda row: state(enabled=row.enabled), 10, priority=5),
        )

    def on_mount(self) -> None:
        """Show the nearest ends first."""
        self._show()
        self.query_one(RecordTable).focus()

    def _show(self) -> None:
        box, table = self.query_one(DialogBox), self.query_one(RecordTable)
        other = SPANS[1] if self._days == SPANS[0] else SPANS[0]
        box.border_title = f"{self._tenant_id}: ended, or ends within {self._days} days"
        box.border_subtitle = f"enter go there   d {other} days   esc close"
        table.empty_text = f"Nothing has ended or ends within {self._days} days."
        table.show(self._ending_before(self._now + timedelta(days=self._days)))

    def action_look_further(self) -> None:
        """Thirty days, or ninety."""
        self._days = SPANS[1] if self._days == SPANS[0] else SPANS[0]
        self._show()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        self.app.notify(
            str(event.error), title=event.error.title, severity="error", markup=False, timeout=10
        )
