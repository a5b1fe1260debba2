"""What a record table tells its pane. Handled as `RecordTable.Highlighted` and so on."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

from console.widgets.columns import Column
from console.widgets.marks import Marks
from registry_backend.domain.errors import RegistryError

RowT = TypeVar("RowT")


class TableMessage(Message, namespace="record_table"):
    """From a record table; `table` is the one, for selectors and handlers alike."""

    def __init__(self, table: Widget) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> Widget:
        """The table, so that `@on(..., "#id")` selects."""
        return self.table


class Highlighted(TableMessage, Generic[RowT], namespace="record_table"):
    """The cursor is on another row, or its row changed; None when there is none yet."""

    def __init__(self, table: Widget, row: RowT | None) -> None:
        super().__init__(table)
        self.row = row


class Opened(TableMessage, Generic[RowT], namespace="record_table"):
    """The row was chosen by enter or a double click."""

    def __init__(self, table: Widget, row: RowT) -> None:
        super().__init__(table)
        self.row = row


class MarksChanged(TableMessage, namespace="record_table"):
    """Other rows are marked now."""

    def __init__(self, table: Widget, marks: Marks) -> None:
        super().__init__(table)
        self.marks = marks


class SortAsked(TableMessage, namespace="record_table"):
    """A heading was clicked whose column can order the list."""

    def __init__(self, table: Widget, column: Column[Any]) -> None:
        super().__init__(table)
        self.column = column


class Failed(TableMessage, namespace="record_table"):
    """Rows could not be read; what is shown stays, and `reload` tries again."""

    def __init__(self, table: Widget, error: RegistryError) -> None:
        super().__init__(table)
        self.error = error


class StatusChanged(TableMessage, namespace="record_table"):
    """The line that says where the cursor is changed, such as `12 of 1,000,000`."""

    def __init__(self, table: Widget, status: str) -> None:
        super().__init__(table)
        self.status = status
