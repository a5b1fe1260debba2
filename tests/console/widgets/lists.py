"""Real lists in memory, paged by key like a registry's, and an app that shows one."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.app import App, ComposeResult
from textual.message import Message

from console.widgets.columns import Cell, Column
from console.widgets.record_table import RecordTable
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.query import Count, Cursor, Page, PageRequest


@dataclass(frozen=True, slots=True)
class Thing:
    """A row: an id and a word."""

    id: str
    word: str = "fine"


@dataclass
class KeyedList:
    """A RowSource over sorted ids; cursors are ids, as in a keyset query."""

    ids: list[str]
    words: dict[str, str] = field(default_factory=dict)
    requests: list[PageRequest] = field(default_factory=list)
    counts: int = 0
    rough: int | None = None
    most: int | None = None
    failure: RegistryError | None = None
    gate: asyncio.Event | None = None
    """While set and not open, pages wait."""
    cancelled: int = 0

    @classmethod
    def of(cls, size: int) -> KeyedList:
        """A list of `size` things."""
        return cls([f"device-{number:07}" for number in range(size)])

    def key(self, row: Thing) -> str:
        """The id."""
        return row.id

    async def page(self, request: PageRequest) -> Page[Thing]:
        """A keyset page."""
        self.requests.append(request)
        await self._answer()
        if request.backward:
            end = len(self.ids) if request.start is None else bisect_left(self.ids, request.start)
            end = max(0, end - request.skip)
            start = max(0, end - self._limit(request))
            return self._cut(start, end, more=start > 0)
        start = 0 if request.start is None else bisect_right(self.ids, request.start)
        start = min(start + request.skip, len(self.ids))
        end = min(start + self._limit(request), len(self.ids))
        return self._cut(start, end, more=end < len(self.ids))

    async def count(self) -> Count:
        """Exact, or what `rough` says."""
        self.counts += 1
        await self._answer()
        if self.rough is not None:
            return Count(self.rough, exact=False)
        return Count(len(self.ids))

    async def position(self, key: str) -> int | None:
        """By bisection."""
        await self._answer()
        place = bisect_left(self.ids, key)
        return place if place < len(self.ids) and self.ids[place] == key else None

    async def _answer(self) -> None:
        if self.gate is not None:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if self.failure is not None:
            raise self.failure

    def _limit(self, request: PageRequest) -> int:
        return request.limit if self.most is None else min(self.most, request.limit)

    def _cut(self, start: int, end: int, *, more: bool) -> Page[Thing]:
        ids = self.ids[start:end]
        rows = [Thing(found, self.words.get(found, "fine")) for found in ids]
        return Page(rows, [Cursor(found) for found in ids], more)


def tone(thing: Thing) -> Cell:
    """A word, with a tone for the bad ones."""
    return ("✗ bad", "bad") if thing.word == "bad" else (thing.word, "good")


COLUMNS: Sequence[Column[Thing]] = (
    Column("id", "Device", lambda thing: thing.id, 16, flexible=True, priority=9, sort="id"),
    Column("word", "Word", tone, 8, priority=5, sort="word"),
    Column("size", "Size", lambda thing: str(len(thing.id)), 6, priority=1, align="right"),
)


class TableApp(App[None]):
    """One table, and everything it said."""

    def __init__(self, source: KeyedList | None = None, **options: str) -> None:
        super().__init__()
        self.source = source
        self.options = options
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield RecordTable(COLUMNS, id="things", **self.options)

    def on_mount(self) -> None:
        """Show the list, if there is one."""
        if self.source is not None:
            self.table.show(self.source)

    @property
    def table(self) -> RecordTable[Thing]:
        """The table."""
        return self.query_one(RecordTable)

    @property
    def lines(self) -> list[str]:
        """What the table's lines say now."""
        return [self.table.render_line(y).text for y in range(self.table.size.height)]

    def on_record_table_highlighted(self, event: RecordTable.Highlighted[Thing]) -> None:
        """Note it."""
        self.heard.append(event)

    def on_record_table_opened(self, event: RecordTable.Opened[Thing]) -> None:
        """Note it."""
        self.heard.append(event)

    def on_record_table_marks_changed(self, event: RecordTable.MarksChanged) -> None:
        """Note it."""
        self.heard.append(event)

    def on_record_table_sort_asked(self, event: RecordTable.SortAsked) -> None:
        """Note it."""
        self.heard.append(event)

    def on_record_table_failed(self, event: RecordTable.Failed) -> None:
        """Note it."""
        self.heard.append(event)
