"""What every pane shares: a filter, a virtual table, a detail beside it, and how saves end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widgets import Input

from console.adapters.base import RegistryAdapter, refuse_write
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.form import FormScreen
from console.dialogs.show import ShowScreen
from console.forms.fields import Field, Values, refilled
from console.keys import TABLE, Action, actions_of, bindings_of
from console.panes.editing import LeftOpen
from console.panes.scope import Scope
from console.render.detail import Section, plural
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.record_table import RecordTable
from console.widgets.row_source import RowSource
from console.widgets.table_messages import Failed, Highlighted, StatusChanged
from registry_backend.domain.document import JsonObject, format_json
from registry_backend.domain.errors import FieldProblem, Invalid, NotFound, RegistryError
from registry_backend.domain.journal import Change, Resource
from registry_backend.domain.query import Count, Cursor, Page, PageRequest
from registry_backend.domain.secrets import masked

RowT = TypeVar("RowT")
SavedT = TypeVar("SavedT")


class NoRows:
    """A source with nothing in it: what a pane shows before anything is chosen."""

    async def page(self, request: PageRequest) -> Page[Any]:
        """No rows."""
        del request
        return Page((), (), more=False)

    async def count(self) -> Count:
        """None."""
        return Count(0)

    async def position(self, key: str) -> int | None:
        """Nowhere."""
        del key
        return None

    def key(self, row: object) -> str:
        """Never asked: there is no row."""
        return str(row)


class RecordPane(Vertical, Generic[RowT]):
    """A table of records and the detail of the one under the cursor.

    A pane owns its saves: dialogs only return what was entered.
    """

    DEFAULT_CSS = """
    RecordPane {
        & #filter { display: none; height: 1; border: none; padding: 0 1; background: $panel; }
        & #filter.-shown { display: block; }
        & #filter.-wrong { color: $text-error; }
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
    .-narrow RecordPane DetailView { display: none; }
    .-narrow RecordPane.-detail-full DetailView, .-narrow RecordPane.-detail-half DetailView {
        display: block; }
    """

    BINDINGS = bindings_of(TABLE)

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

    def empty_text(self) -> str:
        """What an empty table says: what belongs here and how to begin."""
        return "Nothing here."

    def title(self) -> str:
        """What stands in the table's frame."""
        return self.group

    # the frame

    def compose(self) -> ComposeResult:
        """Filter, table, detail."""
        yield Input(id="filter", placeholder=self.filter_help, select_on_focus=False)
        with Horizontal(id="body"):
            yield RecordTable[RowT](self.columns(), empty_text=self.empty_text())
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

    def watch_scope(self) -> None:
        """Look at something else: other rows, no filter."""
        if self.is_mounted:
            self.filter_text = ""
            self._close_filter()
            self.show_rows()

    def show_rows(self) -> None:
        """Ask for the rows of the present scope and filter."""
        filter_input = self.query_one("#filter", Input)
        try:
            source = self.source()
        except Invalid as error:
            filter_input.add_class("-wrong")
            filter_input.border_subtitle = error.message
            self.table.border_subtitle = f"✗ {error.message}"
            return
        filter_input.remove_class("-wrong")
        self.table.border_title = self.title()
        self.table.empty_text = self.empty_text()
        self.table.show(source or NoRows())

    def focus_default(self) -> None:
        """Put the cursor where a person expects it."""
        self.table.focus()

    def changed(self, changes: Sequence[Change]) -> None:
        """Somebody wrote; read again what is shown, now or when it is shown next."""
        mine = any(
            change.resource in self.resources
            and change.tenant_id in (self.scope.tenant_id, "", change.resource_id)
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
        filtered = f"  filter: {self.filter_text}" if self.filter_text else ""
        self.table.border_subtitle = event.status + filtered

    @on(Highlighted)
    def _highlighted(self, event: Highlighted[RowT]) -> None:
        event.stop()
        self.show_detail()

    def show_detail(self) -> None:
        """Show the record under the cursor beside the table."""
        row = self.current
        detail = self.query_one(DetailView)
        detail.show(self.detail(row) if row is not None else ())
        self.highlighted(row)

    def highlighted(self, row: RowT | None) -> None:
        """A hook: another record is under the cursor."""

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        self.complain(event.error)

    # the filter

    def action_filter(self) -> None:
        """Open the filter."""
        filter_input = self.query_one("#filter", Input)
        filter_input.add_class("-shown")
        filter_input.focus()

    def set_filter(self, text: str) -> None:
        """Filter by a text as if it had been typed."""
        filter_input = self.query_one("#filter", Input)
        filter_input.value = text
        filter_input.set_class(bool(text), "-shown")

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
            self._close_filter()

    def action_back(self) -> None:
        """One step out: drop the filter, widen the table, clear the marks."""
        filter_input = self.query_one("#filter", Input)
        if filter_input.has_class("-shown"):
            self._close_filter()
            if self.filter_text:
                self.filter_text = ""
                self.show_rows()
            self.table.focus()
        elif self.has_class("-detail-full") or self.has_class("-detail-half"):
            self.remove_class("-detail-full", "-detail-half")
            self.table.focus()
        else:
            self.table.clear_marks()

    def _close_filter(self) -> None:
        filter_input = self.query_one("#filter", Input)
        with filter_input.prevent(Input.Changed):
            filter_input.value = ""
        filter_input.remove_class("-shown", "-wrong")

    # what every table can do

    def action_reload(self) -> None:
        """Read the list again, keeping the place."""
        self.table.reload()

    def action_widen(self) -> None:
        """Table and detail, half and half, detail alone, in turn."""
        if self.has_class("-detail-half"):
            self.remove_class("-detail-half")
            self.add_class("-detail-full")
            self.query_one(DetailView).focus()
        elif self.has_class("-detail-full"):
            self.remove_class("-detail-full")
            self.table.focus()
        else:
            self.add_class("-detail-half")

    def action_raw(self) -> None:
        """Show the record as JSON, secrets masked."""
        row = self.require_row()
        if row is not None:
            text = format_json(masked(self.document(row)))
            self.app.push_screen(ShowScreen(self.row_id(row), text))

    def action_copy(self) -> None:
        """Copy the id, or the record as JSON with secrets masked."""
        self.run_worker(self._copy(), exit_on_error=False)

    async def _copy(self) -> None:
        row = self.require_row()
        if row is None:
            return
        choices = (
            Choice("id", "Id", self.row_id(row), "i"),
            Choice("json", "JSON", "The whole record, secrets masked", "j"),
        )
        chosen = await self.app.push_screen_wait(ChooseScreen("Copy", choices))
        if chosen is not None:
            whole = format_json(masked(self.document(row)))
            self.app.copy_to_clipboard(self.row_id(row) if chosen == "id" else whole)
            self.tell(f"Copied the {'id' if chosen == 'id' else 'JSON'}.")

    # saying things

    def tell(self, text: str) -> None:
        """Say briefly what was done."""
        self.app.notify(text, markup=False, timeout=4)

    def complain(self, error: RegistryError) -> None:
        """Say what went wrong and what to do next."""
        self.app.notify(str(error), title=error.title, severity="error", markup=False, timeout=10)

    def require_row(self) -> RowT | None:
        """The record under the cursor; says so when there is none."""
        row = self.current
        if row is None:
            self.app.notify(
                f"No row is under the cursor in {self.group.lower()}.",
                severity="warning",
                markup=False,
            )
        return row

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what a read-only session refuses; pressing it says why."""
        del parameters
        known = _action_named(action, self.group)
        if known is not None and known.dangerous and self.adapter.read_only:
            return None
        return True

    def why_not(self, action: str) -> str:
        """Why an action is dimmed; empty when it is not."""
        known = _action_named(action, self.group)
        if known is not None and known.dangerous and self.adapter.read_only:
            return str(refuse_write())
        return ""

    # saving

    async def fill_form(
        self,
        title: str,
        fields: Sequence[Field],
        save: Callable[[Values], Awaitable[SavedT]],
        *,
        submit: str = "Save",
        intro: str = "",
    ) -> SavedT | None:
        """Ask until the values could be saved or the person leaves; what was typed is kept."""
        values: Values | None = None
        problems: Sequence[FieldProblem] = ()
        while True:
            form = FormScreen(
                title,
                refilled(fields, values),
                problems=problems,
                submit=submit,
                intro=intro,
                changed=values is not None,
            )
            values = await self.app.push_screen_wait(form)
            if values is None:
                return None
            try:
                return await save(values)
            except Invalid as error:
                problems = error.problems or (FieldProblem("", str(error)),)
            except LeftOpen as left:
                problems = (FieldProblem("", str(left)),)
            except RegistryError as error:
                problems = (FieldProblem("", str(error)),)

    async def for_marked(
        self, row: RowT, write: Callable[[RowT], Awaitable[None]], *, done: str
    ) -> None:
        """Write each marked row, or `row` when none is marked; tell the outcome of all.

        Rows that somebody else changed or removed meanwhile are counted and named, not forced.
        """
        marked = bool(self.table.marks)
        written = 0
        refused: list[RegistryError] = []
        async for each in self._marked_rows(row, refused):
            try:
                await self.saves.run(f"{self.group} {self.row_id(each)}", partial(write, each))
                written += 1
            except RegistryError as error:
                refused.append(error)
                if not marked:
                    self.complain(error)
            if marked and (written + len(refused)) % 500 == 0:
                self.table.border_subtitle = f"{done}: {written:,} …"
        if not marked and written:
            self.tell(f"{done} {self.row_id(row)}.")
        elif marked:
            self.tell(f"{done} {plural(written, self.group.lower().removesuffix('s'))}.")
            if refused:
                self.app.notify(
                    f"{plural(len(refused), 'row')} stayed as they were. The first: {refused[0]}",
                    title=refused[0].title,
                    severity="warning",
                    markup=False,
                    timeout=10,
                )
        self.show_detail()

    async def _marked_rows(self, row: RowT, missing: list[RegistryError]) -> AsyncIterator[RowT]:
        marks, source = self.table.marks, self.source()
        if not marks or source is None:
            yield row
            return
        if not marks.all_matching:
            for key in sorted(marks.keys):
                try:
                    yield await self.fetch(key)
                except NotFound as error:
                    missing.append(error)
            return
        start: Cursor | None = None
        while True:
            page = await source.page(PageRequest(start=start, limit=256))
            for each in page.rows:
                if source.key(each) in marks:
                    yield each
            if not page.more or not page.cursors:
                return
            start = page.cursors[-1]


def _action_named(name: str, group: str) -> Action | None:
    for action in (*actions_of(group), *actions_of(TABLE)):
        if action.name == name:
            return action
    return None
