"""A cursor on a row of a list of any length, and the place that the view has in it."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.geometry import Size
from textual.reactive import var
from textual.timer import Timer
from textual.worker import Worker

from console.widgets.marks import Marks
from console.widgets.row_loader import RowLoader
from console.widgets.row_source import RowSource
from console.widgets.still_scroll import StillScrollView
from console.widgets.table_messages import Highlighted, StatusChanged
from registry_backend.domain.errors import RegistryError, Unsupported
from registry_backend.domain.query import Count

RowT = TypeVar("RowT")


class ListCursor(StillScrollView, Generic[RowT]):
    """Where one is in a list, and what of it is held; another class reads it."""

    status: var[str] = var("", always_update=True)  # an empty list has none, and is told of
    """Where the cursor is, for a border subtitle: `12,345 of 1,000,000`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.error: RegistryError | None = None
        """Why rows are missing; None when nothing failed since the last reload."""
        self._source: RowSource[RowT] | None = None
        self._list: RowLoader[RowT] | None = None
        self._opening: Worker[None] | None = None
        self._reading: Worker[None] | None = None
        self._block_read: int | None = None
        self._direction = 1
        self._cursor = 0
        self._cursor_key: str | None = None
        self._at_end = False
        self._announced: RowT | None = None
        self._marks = Marks()
        self._range_start: int | None = None
        self._says_loading = False
        self._loading_timer: Timer | None = None
        self._height_shown = 1

    @property
    def worth_trying(self) -> bool:
        """Whether what failed may come off another time; what is not offered will not."""
        return not isinstance(self.error, Unsupported)

    @property
    def cursor(self) -> int:
        """The position of the cursor."""
        return self._cursor

    # What is there

    @property
    def length(self) -> int:
        """How many rows there is room for."""
        return 0 if self._list is None else self._list.cache.length

    @property
    def total(self) -> Count | None:
        """How many rows the list has; None until that is known."""
        return None if self._list is None else self._list.cache.total

    @property
    def rows_held(self) -> int:
        """How many rows are in memory."""
        return 0 if self._list is None else self._list.cache.rows_held

    @property
    def current(self) -> RowT | None:
        """The row under the cursor; None while it is being read or another list is coming."""
        if self._list is None or self._list.source is not self._source:
            return None
        return self._list.cache.row(self._cursor)

    def row_at(self, position: int) -> RowT | None:
        """The row at a position, if it is held."""
        return None if self._list is None else self._list.cache.row(position)

    @property
    def page_height(self) -> int:
        """Rows that fit under the heading."""
        return max(1, self.scrollable_content_region.height - 1)

    # Cursor and scrolling

    @property
    def _top(self) -> int:
        return int(self.scroll_offset.y)

    def _key_at(self, position: int) -> str | None:
        if self._list is None:
            return None
        row = self._list.cache.row(position)
        return None if row is None else self._list.source.key(row)

    def _set_cursor(self, position: int) -> None:
        old = self._cursor
        self._at_end = False
        self._cursor = max(0, min(position, self.length - 1))
        self._cursor_key = self._key_at(self._cursor)
        if self._range_start is None:
            self.refresh_line(old + 1)
            self.refresh_line(self._cursor + 1)
        else:
            self.refresh()
        self._show_cursor()
        self._announce()

    def _show_cursor(self) -> None:
        height = self.page_height
        if self._cursor < self._top:
            self._scroll_rows_to(self._cursor)
        elif self._cursor >= self._top + height:
            self._scroll_rows_to(self._cursor - height + 1)

    def _scroll_rows_to(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def _announce(self) -> None:
        """Tell of a new row under the cursor, and of where it is."""
        row = self.current
        if row != self._announced:
            self._announced = row
            self.post_message(Highlighted(self, row))
        self.status = self._status()

    def _status(self) -> str:
        if self.error is not None:
            return "not read, r to try again" if self.worth_trying else "not read"
        if self._says_loading:
            return "reading…"
        if self._list is None or (self.total is not None and self.length == 0):
            return ""
        total = "…" if self.total is None else str(self.total)
        marked = self._marks.count(self.total)
        marks = f" · {marked} marked" if self._marks else ""
        return f"{self._cursor + 1:,} of {total}{marks}"

    def _set_marks(self, marks: Marks) -> None:
        self._marks = marks
        self.status = self._status()

    def watch_status(self, status: str) -> None:
        """Tell the pane."""
        self.post_message(StatusChanged(self, status))

    def _resize_content(self) -> None:
        self.virtual_size = Size(self._content_width(), self.length + 1)
        self.refresh()

    def _content_width(self) -> int:
        """Cells to scroll through sideways; what fits needs none."""
        return 1
