"""The record table: a list of any length, held only near the view, with a cursor and marks."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias, TypeVar

from textual import events
from textual.binding import Binding
from textual.geometry import Offset

from console.widgets import table_messages
from console.widgets.columns import Cell, Column
from console.widgets.marks import Marks
from console.widgets.row_cache import BLOCK_ROWS
from console.widgets.row_loader import RowLoader, block_of
from console.widgets.row_painter import COMPONENTS
from console.widgets.row_source import RowSource
from console.widgets.rows_view import RowsView
from registry_backend.domain.errors import LimitReached, RegistryError

__all__ = ["Cell", "Column", "Marks", "RecordTable", "RowSource"]

RowT = TypeVar("RowT")

RANGE_LIMIT = 10_000
"""Rows one range mark may take in; beyond that, marking all matching rows is meant."""


class RecordTable(RowsView[RowT], can_focus=True, inherit_bindings=False):
    """A table over a RowSource of any length.

    It holds at most 64 blocks of 128 rows, reads by key, and never waits in a key handler. The
    pane calls `show`, `reload`, `replace_row`, `move_to`, and hears the messages below.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES = COMPONENTS

    DEFAULT_CSS = """
    RecordTable {
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .record-table--header { background: $panel; color: $foreground; text-style: bold; }
        & > .record-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        & > .record-table--cursor-blurred { background: $boost 60%; text-style: bold; }
        & > .record-table--marked { color: $text-accent; text-style: bold; }
        & > .record-table--placeholder { color: $text-muted; }
        & > .record-table--message { color: $text-muted; }
        & > .record-table--good { color: $text-success; }
        & > .record-table--warning { color: $text-warning; }
        & > .record-table--bad { color: $text-error; }
        & > .record-table--muted { color: $text-muted; }
        & > .record-table--accent { color: $text-accent; }
        & > .record-table--strong { text-style: bold; }
    }
    """

    BINDINGS = [
        Binding("up,k", "cursor_up", "Up", show=False, id="table.up"),
        Binding("down,j", "cursor_down", "Down", show=False, id="table.down"),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False, id="table.page_up"),
        Binding("pagedown,ctrl+f", "page_down", "Page down", show=False, id="table.page_down"),
        Binding("home,g", "first", "First row", show=False, id="table.first"),
        Binding("end,G", "last", "Last row", show=False, id="table.last"),
        Binding("left", "scroll_left", "Scroll left", show=False, id="table.left"),
        Binding("right", "scroll_right", "Scroll right", show=False, id="table.right"),
        Binding("enter", "open", "Open", show=False, id="table.open"),
        Binding("space", "mark", "Mark", show=False, id="table.mark"),
        Binding("v", "mark_range", "Mark a range", show=False, id="table.mark_range"),
        Binding("escape", "cancel_range", "Leave the range", show=False, id="table.cancel_range"),
    ]

    Highlighted: TypeAlias = table_messages.Highlighted
    Opened: TypeAlias = table_messages.Opened
    MarksChanged: TypeAlias = table_messages.MarksChanged
    SortAsked: TypeAlias = table_messages.SortAsked
    Failed: TypeAlias = table_messages.Failed
    StatusChanged: TypeAlias = table_messages.StatusChanged

    # Marks

    @property
    def marks(self) -> Marks:
        """Which rows are marked."""
        return self._marks

    @property
    def marked(self) -> frozenset[str]:
        """Keys of the marked rows; with `marks.all_matching`, those of the rows left out."""
        return self._marks.keys

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        row = self.current
        if row is not None and self._source is not None:
            self._set_marks(self._marks.toggled(self._source.key(row)))

    def mark_all_matching(self) -> None:
        """Mark every row of the list, read or not; later toggles are exceptions."""
        self._set_marks(Marks(all_matching=True))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._set_marks(Marks())

    def _set_marks(self, marks: Marks) -> None:
        changed = marks != self._marks
        super()._set_marks(marks)
        if changed:
            self.refresh()
            self.post_message(self.MarksChanged(self, marks))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is the table's only while a range is being marked."""
        if action == "cancel_range":
            return self._range_start is not None
        return super().check_action(action, parameters)

    def action_cursor_up(self) -> None:
        """One row up."""
        self._set_cursor(self._cursor - 1)

    def action_cursor_down(self) -> None:
        """One row down."""
        self._set_cursor(self._cursor + 1)

    def action_page_up(self) -> None:
        """One view up; the cursor keeps its place in the view."""
        self._page(-self.page_height)

    def action_page_down(self) -> None:
        """One view down; the cursor keeps its place in the view."""
        self._page(self.page_height)

    def _page(self, rows: int) -> None:
        self._scroll_rows_to(self._top + rows)
        self._set_cursor(self._cursor + rows)

    def action_first(self) -> None:
        """The first row."""
        self._set_cursor(0)

    def action_last(self) -> None:
        """The last row; while the length is not known yet, as soon as it is."""
        self._set_cursor(self.length - 1)
        self._at_end = self.total is None

    def action_open(self) -> None:
        """Tell the pane that the row was chosen."""
        row = self.current
        if row is not None:
            self.post_message(self.Opened(self, row))

    def action_mark(self) -> None:
        """Mark the row and go on to the next; while a range is being marked, end it."""
        if self._range_start is not None:
            self.action_mark_range()
        else:
            self.toggle_mark()
            self.action_cursor_down()

    def action_mark_range(self) -> None:
        """Begin a range at the cursor, or mark all rows from its beginning to the cursor."""
        if self._list is None or self.length == 0:
            return
        if self._range_start is None:
            self._range_start = self._cursor
        else:
            first, last = sorted((self._range_start, self._cursor))
            self._range_start = None
            self._start("range", partial(self._mark_between, self._list, first, last))
        self.refresh()

    def action_cancel_range(self) -> None:
        """Forget the beginning of the range."""
        self._range_start = None
        self.refresh()

    async def _mark_between(self, loader: RowLoader[RowT], first: int, last: int) -> None:
        if last - first >= RANGE_LIMIT:
            message = f"A range of {last - first + 1:,} rows is more than {RANGE_LIMIT:,}."
            hint = "Narrow the list by a filter and mark all matching rows instead."
            self.post_message(self.Failed(self, LimitReached(message, hint=hint)))
            return
        keys: list[str] = []
        cache = loader.cache
        try:
            for number in range(block_of(first), block_of(last) + 1):
                if not cache.complete(number):
                    await loader.load(number)
                begin = max(first, number * BLOCK_ROWS)
                end = min(last + 1, (number + 1) * BLOCK_ROWS)
                rows = [cache.row(position) for position in range(begin, end)]
                keys.extend(loader.source.key(row) for row in rows if row is not None)
        except RegistryError as error:
            self.post_message(self.Failed(self, error))
            return
        if loader is self._list:
            self._set_marks(self._marks.with_marked(keys))

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Select a row, open it on the second click, or ask for an order at the heading."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        if offset.y == 0:
            self._ask_sort(offset)
            return
        position = self._top + offset.y - 1
        if position < self.length:
            self._set_cursor(position)
            if event.chain == 2:
                self.action_open()

    def _ask_sort(self, offset: Offset) -> None:
        placed = self._painter.placed
        scrolled = int(self.scroll_offset.x)
        x = offset.x if placed and offset.x <= placed[0].end else offset.x + scrolled
        for place in placed:
            if place.start <= x < place.end and place.column.sort is not None:
                self.post_message(self.SortAsked(self, place.column))
