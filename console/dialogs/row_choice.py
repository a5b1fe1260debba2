"""A dialog around a table; enter returns the row under the cursor."""

from __future__ import annotations

from typing import TypeVar

from textual import on

from console.dialogs.base import Dialog
from console.widgets.table_messages import Opened, StatusChanged

RowT = TypeVar("RowT")


class RowChoice(Dialog[RowT | None]):
    """Returns the row that was opened, or None; its place in the list stands in the frame."""

    @on(Opened)
    def _choose(self, event: Opened[RowT]) -> None:
        event.stop()
        if self.is_current:
            self.dismiss(event.row)

    @on(StatusChanged)
    def _tell_place(self, event: StatusChanged) -> None:
        event.stop()
        event.table.border_subtitle = event.status

    def action_leave(self) -> None:
        """Choose none."""
        if self.is_current:
            self.dismiss(None)
