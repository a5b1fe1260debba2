"""The table of a pane with its filter, and the detail of the row under the cursor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widgets import Input

from console.adapters.base import RegistryAdapter
from console.panes.asking import AskingPane
from console.panes.filtering import FilterLine, FilterProblem
from console.panes.scope import Scope
from console.render.detail import Section
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.plain_frame import PlainFrame
from console.widgets.record_table import RecordTable
from console.widgets.row_source import RowSource
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Failed, Highlighted, StatusChanged
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.domain.journal import Change, Resource

RowT = TypeVar("RowT")


class PaneTable(PlainFrame, RecordTable[RowT]):
    """The table of a pane: its frame names tenants and files as they are."""


class RecordList(AskingPane, Generic[RowT]):
    """A table of records and the detail of the one under the cursor."""

    DEFAULT_CSS = """
    RecordList {
        & #body { height: 1fr; }
        & RecordTable { width: 3fr; height: 1fr; border: round $border-blurred;
            border-title-color: $text-muted; border-subtitle-color: $text-muted; }
        & RecordTable:focus { border: round $accent; border-title-color: $text-accent; }
        & DetailView { width: 2fr; height: 1fr; border: round $border-blurred;
            border-title-color: $text-muted; }
        & DetailView:focus { border: round $accent; border-title-color: $text-accent; }
        &.-detail-full RecordTable { display: none; }
        &.-detail-half RecordTable { width: 1fr; }
        &.-detail-half DetailView { width: 1fr; }
    }
    .-narrow RecordList DetailView { display: none; }
    .-narrow RecordList.-detail-full DetailView, .-narrow RecordList.-detail-half DetailView {
        display: block; }
    """

    group: ClassVar[str]
    """The pane's group in the table of actions, such as `Devices`."""
    filter_help: ClassVar[str] = "Part of the id"
    """What may be typed into the filter."""

    resources: ClassVar[frozenset[Resource]] = frozenset()
    """What this pane shows; writes to it by others refresh the list."""

    scope: reactive[Scope] = reactive(Scope(), init=False)

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(id=self.group.lower())
        self.adapter = adapter
        self.saves = saves
        self.clock = clock
        self.filter_text = ""
        self._filter_problem = ""
        self._stale = False

    # what a pane says of itself

    @abstractmethod
    def columns(self) -> Sequence[Column[RowT]]:
        """The table's columns."""

    @abstractmethod
    def source(self) -> RowSource[RowT] | None:
        """The rows for the present scope and filter; None when there is nothing to look at.

        Raises:
            Invalid: when the filter cannot be understood.
        """

    @abstractmethod
    def detail(self, row: RowT) -> Sequence[Section]:
        """What stands beside the table."""

    @abstractmethod
    def document(self, row: RowT) -> JsonObject:
        """The whole record as JSON."""

    @abstractmethod
    def row_id(self, row: RowT) -> str:
        """The id that `copy` copies."""

    @abstractmethod
    async def fetch(self, key: str) -> RowT:
        """The record of that key as it is now. Raises NotFound."""

    def start_at(self) -> str | None:
        """The key of the row to begin at; None: the first."""
        return None

    def scope_under_cursor(self) -> Scope | None:
        """What the other panes are to show when this one is left; None: what they showed."""
        return None

    def empty_text(self) -> str:
        """What an empty table says: what belongs here and how to begin."""
        return "Nothing here."

    def filter_words(self) -> str:
        """What an empty filter says may be typed into it."""
        return self.filter_help

    def title(self) -> str:
        """What stands in the table's frame."""
        return self.group

    # the frame

    def compose(self) -> ComposeResult:
        """Filter, table, detail."""
        yield FilterLine(self.filter_words())
        yield FilterProblem()
        with Horizontal(id="body"):
            yield PaneTable[RowT](self.columns(), empty_text=self.empty_text())
            yield DetailView()

    def on_mount(self) -> None:
        """Show the first rows."""
        self.show_rows()

    @property
    def table(self) -> RecordTable[RowT]:
        """The pane's table."""
        return self.query_one(RecordTable)

    @property
    def current(self) -> RowT | None:
        """The record under the cursor."""
        return self.table.current

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    def depends_on(self, scope: Scope) -> object:
        """The part of a scope that decides which rows there are."""
        return scope.tenant_id

    def watch_scope(self, before: Scope, after: Scope) -> None:
        """Look at something else: other rows, no filter."""
        if self.is_mounted and self.depends_on(before) != self.depends_on(after):
            self.filter_text = ""
            self._filter.close()
            self.show_rows()

    def show_rows(self) -> None:
        """Ask for the rows of the present scope and filter."""
        try:
            source = self.source()
        except Invalid as error:
            self._filter_problem = error.message
            self.table.empty_text = "Mend the filter, or press esc to drop it."
            self.table.refresh()
        else:
            self._filter_problem = ""
            self.table.border_title = self.title()
            self.table.empty_text = self.empty_text()
            self.table.show(source or ShortList(_no_rows, str), at=self.start_at())
        self._filter.mark_wrong(wrong=bool(self._filter_problem))
        self.query_one(FilterProblem).tell(self._filter_problem)
        self._show_status()

    def focus_default(self) -> None:
        """Put the cursor where a person expects it."""
        self.table.focus()

    def changed(self, changes: Sequence[Change]) -> None:
        """Somebody wrote; read again what is shown, now or when it is shown next."""
        mine = any(
            change.resource in self.resources
            and (change.resource == "tenant" or change.tenant_id in (self.scope.tenant_id, ""))
            for change in changes
        )
        if mine and self.display:
            self.table.reload()
        self._stale = self._stale or (mine and not self.display)

    def come_forward(self) -> None:
        """The pane is shown again: read what changed meanwhile."""
        if self._stale:
            self._stale = False
            self.table.reload()

    @on(StatusChanged)
    def _status(self, event: StatusChanged) -> None:
        event.stop()
        self._show_status()

    def _show_status(self) -> None:
        if self._filter_problem:
            self.table.border_subtitle = "✗ as before this filter"
            return
        filtered = f"  filter: {self.filter_text}" if self.filter_text else ""
        self.table.border_subtitle = self.table.status + filtered

    @on(Highlighted)
    def _highlighted(self, event: Highlighted[RowT]) -> None:
        event.stop()
        self.show_detail()

    def show_detail(self) -> None:
        """Show the record under the cursor beside the table."""
        self._paint_detail()
        self.highlighted(self.current)

    def _paint_detail(self) -> None:
        row = self.current
        self.query_one(DetailView).show(self.detail(row) if row is not None else ())

    def highlighted(self, row: RowT | None) -> None:
        """A hook: another record is under the cursor."""

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        self.complain(event.error)

    # the filter

    def action_filter(self) -> None:
        """Open the filter."""
        self._filter.open()

    def drop_filter(self) -> None:
        """Show all rows again."""
        self._filter.close()
        if self.filter_text:
            self.filter_text = ""
            self.show_rows()

    def set_filter(self, text: str) -> None:
        """Filter by a text as if it had been typed."""
        self._filter.fill(text)

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.filter_text:
            self.filter_text = event.value
            self.show_rows()

    @on(Input.Submitted, "#filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()
        if not self.filter_text:
            self._filter.close()

    def action_back(self) -> None:
        """One step out: drop the filter, widen the table, clear the marks."""
        if self._filter.shown:
            self.drop_filter()
            self.table.focus()
        elif self.has_class("-detail-full") or self.has_class("-detail-half"):
            self.remove_class("-detail-full", "-detail-half")
            self.table.focus()
        else:
            self.table.clear_marks()


async def _no_rows() -> Sequence[Any]:
    return ()
