"""Reads a list of any length into view, and keeps a cursor on a row of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TypeVar

from textual.worker import Worker

from console.widgets.list_cursor import ListCursor
from console.widgets.marks import Marks
from console.widgets.row_loader import MOST_READS, Aim, RowLoader, block_of
from console.widgets.row_source import RowSource
from console.widgets.table_messages import Failed
from registry_backend.domain.errors import RegistryError

RowT = TypeVar("RowT")

_WAYS = frozenset({"open", "seek", "rows"})
"""Groups of workers that bring the cursor to its row."""
LOADING_AFTER = 0.15
"""Seconds; a list that comes sooner never says that it is loading."""


class ListReader(ListCursor[RowT]):
    """The reading part of the record table.

    Loads run in workers, one group each for opening, reading on, counting and seeking; a newer
    one stops the older, and an answer for another list than the one shown is dropped.
    """

    @property
    def opening(self) -> bool:
        """Whether a list was asked for by `show` or `reload` and is not there yet."""
        return _running(self._opening)

    async def at_rest(self) -> None:
        """Wait until the cursor stands where it was last asked to go, or cannot get there."""
        while tasks := [
            worker._task  # noqa: SLF001 - its own `wait` would stop it together with who waits
            for worker in self.workers
            if worker.node is self and worker.group in _WAYS and worker._task and _running(worker)  # noqa: SLF001 - as above
        ]:
            await asyncio.wait(tasks)

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
        """Put the cursor on a row by its key, wherever it is.

        A key that is not there leads to the row in its place, or behind the last one to that; in a
        list that knows no such place nothing happens.
        """
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
        if loader is not self._list or position is None:
            return
        if position >= self.length:
            self.reload(at=key)  # behind the last row, or behind those that are known of
        else:
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

    # What the view does

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


def _running(worker: Worker[None] | None) -> bool:
    return worker is not None and not worker.is_finished and not worker.is_cancelled
