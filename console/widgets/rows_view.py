"""A list of any length painted line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual.cache import LRUCache
from textual.reactive import reactive
from textual.strip import Strip

from console.widgets.columns import Column, lay_out, needs_of
from console.widgets.list_reader import ListReader
from console.widgets.row_painter import RowPainter, RowState, message_lines
from console.widgets.row_source import RowSource

RowT = TypeVar("RowT")


class RowsView(ListReader[RowT]):
    """The painting part of the record table; RecordTable adds keys, mouse and marks."""

    wide: reactive[bool] = reactive(default=False)
    """Whether all columns are shown, scrolled sideways if need be."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        empty_text: str = "Nothing here.",
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns: Sequence[Column[RowT]] = tuple(columns)
        self.empty_text = empty_text
        self.loading_text = "Loading…"
        self._order_shown: tuple[str, bool] | None = None
        self._painters: dict[tuple[int, bool], RowPainter[RowT]] = {}
        self._strips: LRUCache[tuple[int, int, RowState, bool, int], Strip] = LRUCache(512)
        self._needs: dict[str, int] = {}
        self._measured: set[int] = set()
        self._measured_of: RowSource[RowT] | None = None

    @property
    def columns(self) -> Sequence[Column[RowT]]:
        """The columns, in their order; setting others lays the table out anew."""
        return self._columns

    @columns.setter
    def columns(self, columns: Sequence[Column[RowT]]) -> None:
        self._columns = tuple(columns)
        self._painters.clear()
        self._strips.clear()
        self._measure_anew()
        self._resize_content()

    def set_sort(self, sort: str | None, *, descending: bool = False) -> None:
        """Say which order the list has, for the arrow in the heading."""
        self._order_shown = None if sort is None else (sort, descending)
        self.refresh()

    def repaint_rows(self) -> None:
        """Paint the rows again: something a column shows beside the row itself has changed."""
        self._strips.clear()
        self._measure_view_again()
        self.refresh()

    def watch_wide(self) -> None:
        """Lay the columns out anew."""
        self._resize_content()
        self.scroll_to(x=0, animate=False, force=True)

    # What the values need

    def _announce(self) -> None:
        """Whatever changed may have brought wider values."""
        self._measure()
        super()._announce()

    def _measure(self) -> None:
        """Lay the columns out anew where rows that came are wider than those before.

        Widths only grow while one list is shown, so that columns seldom move under the eyes.
        """
        if self._list is None:
            return
        if self._measured_of is not self._list.source:
            self._measured_of = self._list.source
            self._measure_anew()
        needs = self._needs
        held = {block.serial: block for block in self._list.cache.held()}
        for serial in held.keys() - self._measured:
            found = needs_of(self._columns, held[serial].rows)
            needs = {name: max(size, needs.get(name, 0)) for name, size in found.items()}
        self._measured = set(held)
        if needs != self._needs:
            self._needs = needs
            self._painters.clear()
            self._resize_content()

    def _measure_view_again(self) -> None:
        """What cells show beside their rows has changed; rows out of sight are not looked at."""
        if self._list is not None:
            for position in (self._top, self._top + self.page_height):
                found = self._list.cache.place(position)
                if found is not None:
                    self._measured.discard(found[0].serial)
            self._measure()

    def _measure_anew(self) -> None:
        self._needs = {}
        self._measured.clear()

    def _content_width(self) -> int:
        return self._painter.width if self.wide else 1

    def notify_style_update(self) -> None:
        """Forget what was painted in the old style."""
        super().notify_style_update()
        self._painters.clear()
        self._strips.clear()

    @property
    def _painter(self) -> RowPainter[RowT]:
        width = self.scrollable_content_region.width
        painter = self._painters.get((width, self.wide))
        if painter is None:
            self._painters.clear()
            self._strips.clear()
            placed = lay_out(self._columns, width, wide=self.wide, needs=self._needs)
            painter = RowPainter(self.rich_style, self.get_component_rich_style, placed, width)
            self._painters[width, self.wide] = painter
        return painter

    def render_line(self, y: int) -> Strip:
        """One line of the view: the heading, a row, or part of a message."""
        width = self.scrollable_content_region.width
        painter = self._painter
        if y == 0:
            return self._scrolled(painter.header(self._order_shown), width)
        if self.length == 0:
            lines = message_lines(self._message(), width)
            return painter.message(lines, y - 1, self.page_height, width)
        position = self._top + y - 1
        if position >= self.length:
            return Strip.blank(width, painter.base)
        return self._scrolled(self._row_strip(position, painter), width)

    def _row_strip(self, position: int, painter: RowPainter[RowT]) -> Strip:
        state: RowState = "plain"
        if position == self._cursor:
            state = "cursor" if self.has_focus else "cursor-blurred"
        found = None if self._list is None else self._list.cache.place(position)
        if self._list is None or found is None:
            return painter.placeholder(state=state)
        block, offset = found
        row = block.rows[offset]
        marked = self._list.source.key(row) in self._marks or self._in_range(position)
        cache_key = (block.serial, offset, state, marked, painter.width)
        strip = self._strips.get(cache_key)
        if strip is None:
            strip = painter.row(row, state=state, marked=marked)
            self._strips[cache_key] = strip
        return strip

    def _in_range(self, position: int) -> bool:
        if self._range_start is None:
            return False
        return (
            min(self._range_start, self._cursor) <= position <= max(self._range_start, self._cursor)
        )

    def _scrolled(self, strip: Strip, width: int) -> Strip:
        """The visible part of a line; the first column stays where it is."""
        x = int(self.scroll_offset.x)
        if x == 0:
            return strip.crop(0, width)
        frozen = min(self._painter.placed[0].end + 1, width)
        return Strip.join([strip.crop(0, frozen), strip.crop(x + frozen, x + width)])

    def _message(self) -> str:
        if self.error is not None:
            return str(self.error) + ("\npress r to try again" if self.worth_trying else "")
        if self._list is None or self._list.source is not self._source:
            return self.loading_text if self._says_loading else ""
        return self.empty_text
