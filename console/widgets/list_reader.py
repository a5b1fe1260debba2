"""Reads a list of any length into view, and keeps a cursor on a row of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Generic, TypeVar

from textual.geometry import Size
from textual.reactive import var
from textual.timer import Timer
from textual.worker import Worker

from console.widgets.marks import Marks
from console.widgets.row_loader import MOST_READS, Aim, RowLoader, block_of
from console.widgets.row_source import RowSource
from console.widgets.still_scroll import StillScrollView
from console.widgets.table_messages import Failed, Highlighted, StatusChanged
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.query import Count

RowT = TypeVar("RowT")

LOADING_AFTER = 0.15
"""Seconds; a list that comes sooner never says that it is loading."""


class ListReader(StillScrollView, Generic[RowT]):
    """The reading part of the record table.

    Loads run in workers, one group each for opening, reading on, counting and seeking; a newer
    one stops the older, and an answer for another list than the one shown is dropped.
    """

    status: var[str] = var("")
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

    @property
    def opening(self) -> bool:
        """Whether a list was asked for by `show` or `reload` and is not there yet."""
        return _running(self._opening)

    def row_at(self, position: int) -> RowT | None:
        """The row at a position, if it is held."""
        return None if self._list is None else self._list.cache.row(position)

    @property
    def page_height(self) -> int:
        """Rows that fit under the heading."""
        return max(1, self.scrollable_content_region.height - 1)

    # Opening a list

    def show(self, source: RowSource[RowT], *, at: str | None = None) -> None:
        """Show another list; the old rows stay painted until the first new ones are there.

        Args:
            source: The new list.
            at: The key of the row to stand on; the first when left out or not found.
        """
        self._source = source
        if self._marks.all_matching:
            self._set_marks(Marks())  # "all of that list" means nothing in this one
        self._open(at, keep=False)

    def reload(self, *, keep_cursor: bool = True, at: str | None = None) -> None:
        """Read the list again; the cursor stays on its row, wherever that is now.

        Args:
            keep_cursor: Whether to stay; otherwise the first row is shown.
            at: The key of a row to stand on instead.
        """
        if self._source is not None:
            self._open(at, keep=keep_cursor)

    def move_to(self, key: str) -> None:
        """Put the cursor on a row by its key, wherever it is; nothing happens when it is gone."""
        if self._list is None or self.opening:
            self.reload(at=key)
            return
        held = self._list.cache.find(key)
        if held is not None:
            self._set_cursor(held)
        else:
            self._start("seek", partial(self._seek, self._list, key))

    def move_to_position(self, position: int) -> None:
        """Put the cursor on the nth row, from 0; past either end means that end."""
        self._set_cursor(position)

    def replace_row(self, row: RowT) -> None:
        """Show a newer version of a row that is held; others are not read again."""
        if self._list is None:
            return
        position = self._list.cache.replace(row)
        if position is not None:
            self.refresh_line(position + 1)
            self._announce()

    def _open(self, at: str | None, *, keep: bool) -> None:
        assert self._source is not None  # noqa: S101 - both callers set or checked it
        self.error = None
        self._at_end = False
        self._range_start = None
        if self._loading_timer is None:
            self._loading_timer = self.set_timer(LOADING_AFTER, self._say_loading)
        self._opening = self._start("open", partial(self._read_list, self._source, at, keep=keep))

    async def _read_list(self, source: RowSource[RowT], at: str | None, *, keep: bool) -> None:
        loader = RowLoader(source)
        try:
            aim = await self._aim(loader, at, keep=keep)
            aim = await loader.load_around(aim)
            if keep and at is None and aim.key != self._cursor_key:
                # the cursor moved on while the list was read
                loader = RowLoader(source)
                aim = await loader.load_around(await self._aim(loader, None, keep=True))
        except RegistryError as error:
            if self._list is not None and self._list.source is not source:
                self._list = None  # rows of another list must not look like this one's
            self._fail(error)
            return
        self._take(loader, aim, stay=keep and at is None)

    async def _aim(self, loader: RowLoader[RowT], at: str | None, *, keep: bool) -> Aim:
        height = self.page_height
        key = at if at is not None else self._cursor_key if keep else None
        old = self._cursor if keep else 0
        above = old - self._top if keep and at is None else height // 2
        if key is None:
            return Aim(old, above, height)
        position = await loader.source.position(key)
        held = self._list
        if held is not None and held.source is loader.source and key == self._cursor_key:
            loader.inherit(held, old, position)
        return Aim(old if position is None else position, above, height, key)

    def _take(self, loader: RowLoader[RowT], aim: Aim, *, stay: bool) -> None:
        above = self._cursor - self._top if stay else aim.above
        self.workers.cancel_group(self, "rows")
        self.workers.cancel_group(self, "seek")
        self._list = loader
        self._reading = None
        self._stop_loading()
        self._cursor = min(aim.position, max(0, loader.cache.length - 1))
        self._cursor_key = self._key_at(self._cursor)
        self._resize_content()
        self._scroll_rows_to(self._cursor - above)
        if not stay:
            self._show_cursor()
        self.refresh()
        self._announce()
        total = loader.cache.total
        if total is None or not total.exact:
            self._start("count", partial(self._read_count, loader))
        self._load_more()

    async def _read_count(self, loader: RowLoader[RowT]) -> None:
        try:
            await loader.load_count()
        except RegistryError as error:
            if loader is self._list:
                self.post_message(Failed(self, error))
            return
        if loader is self._list:
            self._landed()
            if self._at_end:
                self._set_cursor(self.length - 1)
                self._at_end = True

    async def _seek(self, loader: RowLoader[RowT], key: str) -> None:
        try:
            position = await loader.source.position(key)
        except RegistryError as error:
            self._fail(error)
            return
        if loader is self._list and position is not None and position < self.length:
            self._set_cursor(position)
            if self._key_at(position) is None:
                self._cursor_key = key  # where the row really is shows when its block lands
            elif self._key_at(position) != key:
                self.reload(at=key)  # what is held has been overtaken by changes

    # Reading on

    def _wanted(self) -> list[int]:
        """Blocks to read: what is visible, then the next one in the direction of travel."""
        if self._list is None:
            return []
        cache = self._list.cache
        top, end = self._top, self._top + self.page_height
        for number in range(block_of(top), block_of(end) + 1):
            cache.touch(number)
        wanted = cache.missing(top, min(end, cache.length))
        ahead = block_of(end) + 1 if self._direction > 0 else block_of(top) - 1
        if 0 <= ahead <= block_of(max(0, cache.length - 1)) and not cache.complete(ahead):
            wanted.append(ahead)
        return wanted

    def _start(self, group: str, work: Callable[[], Coroutine[None, None, None]]) -> Worker[None]:
        """Begin reading; what the group was reading before is outdated and stopped."""
        return self.run_worker(work, group=group, exclusive=True)

    def _load_more(self) -> None:
        wanted = self._wanted()
        if self._list is None or not wanted or self.error is not None:
            return
        if _running(self._reading) and self._block_read in wanted:
            return
        self._block_read = wanted[0]
        self._reading = self._start("rows", partial(self._read_rows, self._list))

    async def _read_rows(self, loader: RowLoader[RowT]) -> None:
        for _ in range(MOST_READS):
            wanted = self._wanted()
            if loader is not self._list or not wanted:
                return
            self._block_read = wanted[0]
            try:
                await loader.load(wanted[0])
            except RegistryError as error:
                if loader is self._list:
                    self._fail(error)
                return
            if loader is self._list:
                self._landed()

    def _landed(self) -> None:
        """Show what came: the length and the rows may differ from what was assumed."""
        assert self._list is not None  # noqa: S101 - callers compared it with their own
        cache = self._list.cache
        self._resize_content()
        if self._cursor >= cache.length:
            self._cursor, self._cursor_key = max(0, cache.length - 1), None
        key = self._key_at(self._cursor)
        if key is not None and self._cursor_key not in (None, key):
            place = cache.find(self._cursor_key or "")
            if place is not None:
                moved = place - self._cursor
                self._cursor = place
                self._scroll_rows_to(self._top + moved)
            else:
                self._cursor_key = key
        elif key is not None:
            self._cursor_key = key
        self.refresh()
        self._announce()
        self._load_more()

    def _fail(self, error: RegistryError) -> None:
        self.error = error
        self._stop_loading()
        self._resize_content()
        self.refresh()
        self._announce()
        self.post_message(Failed(self, error))

    def _say_loading(self) -> None:
        if self._loading_timer is None:
            return  # the rows came just as the timer ran out
        self._says_loading = True
        self.status = self._status()
        self.refresh()

    def _stop_loading(self) -> None:
        if self._loading_timer is not None:
            self._loading_timer.stop()
            self._loading_timer = None
        self._says_loading = False

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
            return "not read, r to try again"
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

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Read what came into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._direction = 1 if new_value > old_value else -1
            self._load_more()

    def on_resize(self) -> None:
        """A taller view may need more rows; a cursor in sight stays in sight."""
        seen = self._top <= self._cursor < self._top + self._height_shown
        self._height_shown = self.page_height
        self._resize_content()
        if seen:
            self._show_cursor()
        self._load_more()

    def _resize_content(self) -> None:
        self.virtual_size = Size(self._content_width(), self.length + 1)
        self.refresh()

    def _content_width(self) -> int:
        """Cells to scroll through sideways; what fits needs none."""
        return 1


def _running(worker: Worker[None] | None) -> bool:
    return worker is not None and not worker.is_finished and not worker.is_cancelled
