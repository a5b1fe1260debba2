"""What every pane shares: actions of any table, dimmed keys, and how saves end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from textual.timer import Timer

from console.adapters.base import refuse_write
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.show import ShowScreen
from console.keys import TABLE, Action, actions_of, bindings_of
from console.panes.asking import one_at_a_time
from console.panes.bulk import MarkedRows, Outcome
from console.panes.record_list import RecordList
from console.render.detail import plural
from console.widgets.detail_view import DetailView
from registry_backend.domain.document import format_json
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.query import Count
from registry_backend.domain.secrets import masked

RowT = TypeVar("RowT")

TIMES_SECONDS = 30.0
"""How often times are told anew that are so long ago, or to come in so long."""


class RecordPane(RecordList[RowT]):
    """A pane of records.

    It owns its saves: dialogs only return what was entered.
    """

    BINDINGS = bindings_of(TABLE)

    _times: Timer | None = None

    # times move on

    def on_mount(self) -> None:
        """Tell times anew now and then."""
        self._times = self.set_interval(TIMES_SECONDS, self.tell_times)

    def on_show(self) -> None:
        """In front again: times have moved on meanwhile."""
        self.tell_times()
        if self._times is not None:
            self._times.resume()

    def on_hide(self) -> None:
        """Nobody sees its times."""
        if self._times is not None:
            self._times.pause()

    def tell_times(self) -> None:
        """Paint rows and detail as they are held at the present time; nothing is read."""
        self.table.repaint_rows()
        self._paint_detail()

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

    def action_mark_all(self) -> None:
        """Mark every row of the list, read or not."""
        self.table.mark_all_matching()

    def action_clear_marks(self) -> None:
        """Take all marks away."""
        self.table.clear_marks()

    def action_raw(self) -> None:
        """Show the record as JSON, secrets masked."""
        row = self.require_row()
        if row is not None:
            text = format_json(masked(self.document(row)))
            self.show_window(ShowScreen(self.row_id(row), text))

    @one_at_a_time
    async def action_copy(self) -> None:
        """Copy the id, or the record as JSON with secrets masked."""
        row = self.require_row()
        if row is None:
            return
        choices = (
            Choice("id", "Id", self.row_id(row), "i"),
            Choice("json", "JSON", "The whole record, secrets masked", "j"),
        )
        chosen = await self.ask(ChooseScreen("Copy", choices))
        if chosen is not None:
            whole = format_json(masked(self.document(row)))
            self.app.copy_to_clipboard(self.row_id(row) if chosen == "id" else whole)
            self.tell(f"Copied the {'id' if chosen == 'id' else 'JSON'}.")

    def require_row(self) -> RowT | None:
        """The record under the cursor; says so when there is none."""
        row = self.current
        if row is None:
            self.warn(f"No row is under the cursor in {self.group.lower()}.")
        return row

    # leaving

    @property
    def holds(self) -> str:
        """What would be lost with the console, since it is nowhere else; empty for nothing."""
        return ""

    async def settle(self) -> bool:
        """Ask what becomes of that; whether the console may be left."""
        return True

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what cannot be done here; pressing it says why."""
        del parameters
        return None if self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why an action is dimmed; empty when it is not."""
        known = _action_named(action, self.group)
        if known is not None and known.dangerous and self.adapter.read_only:
            return str(refuse_write())
        if action == "history" and self.adapter.journal is None:
            return "This registry keeps no history."
        return ""

    # saving

    async def marked_rows(self) -> MarkedRows[RowT] | None:
        """The marked rows, fixed as they are now; None, with the reason told, when that fails."""
        try:
            source = self.source()
            if source is None:
                return None
            marked = MarkedRows(self.table.marks, source, self.fetch)
            return await marked.fixed(self.table.total)
        except RegistryError as error:
            self.complain(error)
            return None

    async def for_marked(
        self,
        row: RowT,
        write: Callable[[RowT], Awaitable[None]],
        *,
        done: str,
        marked: MarkedRows[RowT] | None,
    ) -> None:
        """Write each of the marked rows, or `row` where those are None; tell the outcome of all.

        Rows that somebody else changed or removed meanwhile are counted and named, not forced.
        Leaving the console waits for the last row.

        Args:
            row: The one under the cursor.
            write: Writes one row.
            done: What was done, such as `Deleted`.
            marked: The rows that a person was asked about; None: no row is marked.
        """
        if marked is None:
            await self._for_one(row, write, done=done)
            return
        total = marked.count(self.table.total)
        try:
            outcome = await self.saves.run(
                f"marked {self.group}",
                lambda: marked.write(write, partial(self._progress, done, total)),
            )
        except RegistryError as error:
            self.complain(error)
            return
        finally:
            self._show_status()
        self.tell(f"{done} {plural(outcome.written, self.noun)}.")
        if outcome.first is not None:
            self.warn(
                f"{plural(outcome.refused, 'row')} stayed as they were. The first: {outcome.first}",
                title=outcome.first.title,
            )
        self.show_detail()

    async def _for_one(
        self, row: RowT, write: Callable[[RowT], Awaitable[None]], *, done: str
    ) -> None:
        try:
            await self.saves.run(f"{self.noun} {self.row_id(row)}", partial(write, row))
        except RegistryError as error:
            self.complain(error)
            return
        self.tell(f"{done} {self.row_id(row)}.")
        self.show_detail()

    def _progress(self, done: str, total: Count, outcome: Outcome) -> None:
        self.table.border_subtitle = f"{done}: {outcome.seen:,} of {total} …"

    @property
    def noun(self) -> str:
        """One of what the pane shows, such as `device`."""
        return self.group.lower().removesuffix("s")


def _action_named(name: str, group: str) -> Action | None:
    for action in (*actions_of(group), *actions_of(TABLE)):
        if action.name == name:
            return action
    return None
