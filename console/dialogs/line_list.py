"""Failed lines in a dialog: a filter, a table, and the reason of the line under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from console.render import job_errors as render
from console.render.text import sanitise
from console.widgets.columns import Column
from console.widgets.record_table import RecordTable
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Highlighted, StatusChanged
from registry_backend.domain.jobs import JobError


@dataclass(frozen=True, slots=True)
class FailedLine:
    """A failed line and its place among them: line numbers may be missing or double."""

    place: int
    error: JobError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person was in a list of lines, to come back to."""

    filter_text: str = ""
    line: int = 0


class LineList(Vertical):
    """Shows failed lines; hides the filter until it is asked for.

    Args:
        lines: In the order of the file.
        place: Where to begin.
        more: How many there are beyond these.
    """

    DEFAULT_CSS = """
    LineList { height: 1fr; }
    LineList RecordTable { height: 1fr; min-height: 4; }
    LineList Input, LineList Input:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $panel; }
    LineList Input.-shown { display: block; }
    LineList #reason { height: 3; color: $foreground; padding: 0 1; background: $panel; }
    LineList #where { height: 1; color: $text-muted; padding: 0 1; background: $panel; }
    """

    def __init__(
        self, lines: Sequence[JobError], *, place: Place | None = None, more: int = 0
    ) -> None:
        super().__init__()
        self._lines = tuple(FailedLine(index, error) for index, error in enumerate(lines))
        self._place, self._more = place or Place(), more
        self.filter_text = self._place.filter_text

    def compose(self) -> ComposeResult:
        """Filter, table, reason."""
        shown = "-shown" if self.filter_text else ""
        help_text = "part of the device, the code or the reason"
        yield Input(self.filter_text, placeholder=help_text, id="lines-filter", classes=shown)
        yield RecordTable[FailedLine](
            _columns(), empty_text="No failed line matches. esc drops it."
        )
        yield Static("", id="reason", markup=False)
        yield Static("", id="where", markup=False)

    def on_mount(self) -> None:
        """Show the lines, and begin where the person was."""
        self._show(at=str(self._place.line))
        self.table.focus()

    @property
    def table(self) -> RecordTable[FailedLine]:
        """The table of lines."""
        return self.query_one(RecordTable)

    @property
    def current(self) -> JobError | None:
        """The line under the cursor."""
        row = self.table.current
        return None if row is None else row.error

    @property
    def place(self) -> Place:
        """Where the person is."""
        row = self.table.current
        return Place(self.filter_text, 0 if row is None else row.place)

    def _show(self, *, at: str | None = None) -> None:
        passes = render.parse_line_filter(self.filter_text)
        matching = [line for line in self._lines if passes(line.error)]

        async def read() -> Sequence[FailedLine]:
            return matching

        self.table.show(ShortList(read, lambda line: str(line.place)), at=at)

    def open_filter(self) -> None:
        """Put the cursor in the filter."""
        entry = self.query_one("#lines-filter", Input)
        entry.add_class("-shown")
        entry.focus()

    def close_filter(self) -> bool:
        """Drop the filter; whether there was one."""
        entry = self.query_one("#lines-filter", Input)
        if not entry.has_class("-shown"):
            return False
        entry.value = ""
        entry.remove_class("-shown")
        self.table.focus()
        return True

    @on(Input.Changed, "#lines-filter")
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.filter_text:
            self.filter_text = event.value
            self._show()

    @on(Input.Submitted, "#lines-filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()

    @on(Highlighted)
    def _highlighted(self, event: Highlighted[FailedLine]) -> None:
        event.stop()
        error = self.current
        reason = "" if error is None else f"{error.device_id or '–'}: {error.message}"
        self.query_one("#reason", Static).update(sanitise(reason))

    @on(StatusChanged)
    def _status(self, event: StatusChanged) -> None:
        event.stop()
        more = f" · {self._more:,} more are in the log" if self._more else ""
        self.query_one("#where", Static).update(f"{event.status}{more}")


def _columns() -> tuple[Column[FailedLine], ...]:
    return (
        Column(
            "line", "Line", lambda row: render.line_cell(row.error), 9, priority=9, align="right"
        ),
        Column(
            "device",
            "Device",
            lambda row: render.device_cell(row.error),
            width=16,
            flexible=True,
            priority=8,
            cut="middle",
        ),
        Column("code", "Code", lambda row: render.code_cell(row.error), 7, priority=6),
        Column(
            "reason",
            "Why",
            lambda row: render.reason_cell(row.error),
            width=24,
            flexible=True,
            priority=7,
        ),
    )
