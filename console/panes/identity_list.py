"""The list of what an Identity Service tells this caller, and the detail beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, TypeVar

from textual import events

from console.adapters.base import RegistryAdapter, refuse_write
from console.adapters.ports.modules import ModulesPort
from console.adapters.ports.provisioning import ProvisioningPort
from console.dialogs.waiting import WaitingScreen
from console.panes.base import RecordPane
from console.panes.editing import LeftOpen
from console.panes.identity_source import IdentityRows
from console.panes.identity_waiting import Waiting
from console.panes.scope import Scope
from console.panes.secrets import SecretClipboard
from console.render import identities as render
from console.render.detail import Section
from console.render.identities import IdentityRow
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.short_list import ShortList
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, RegistryError, Unreachable

STACKED_BELOW = 110
"""Columns of the screen; with fewer the detail stands below the list, which needs sixty."""
LOADING = "Loading…"
QUIET_SECONDS = 0.4
"""A call that takes longer is shown, with a way to wait no longer."""
_SLOW = (
    "The service does one thing at a time, so this may wait for another's call; one to a hub that "
    "is slow to answer takes minutes."
)
_STOPPED = "Waiting no longer. The service may have done it all the same: press r to see."
ResultT = TypeVar("ResultT")


class IdentityList(RecordPane[IdentityRow]):
    """Lists the caller, the device, where it comes from, modules and local identities."""

    DEFAULT_CSS = """
    IdentityList.-stacked {
        & #body { layout: vertical; }
        & RecordTable { width: 1fr; max-height: 65%; }
        & DetailView { width: 1fr; height: 1fr; }
        &.-empty RecordTable { max-height: 100%; }
        &.-empty DetailView { display: none; }
        &.-detail-half RecordTable { max-height: 35%; }
    }
    .-narrow IdentityList.-stacked DetailView { display: block; }
    """

    group: ClassVar[str] = "Identity"
    filter_help: ClassVar[str] = "part of the name or the kind"

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self.rows = IdentityRows(
            adapter.modules, self.provisioning, adapter.principals, adapter.caller_uid
        )
        self._clipboard = SecretClipboard(self)
        self._waiting = Waiting(self, self._show_waiting, self._stopped)
        self._seconds: int | None = None

    @property
    def modules(self) -> ModulesPort:
        """The service's modules; whoever has provisioning has them."""
        assert self.adapter.modules is not None  # noqa: S101 - no port, no pane
        return self.adapter.modules

    @property
    def provisioning(self) -> ProvisioningPort:
        """The pane exists only where it does."""
        assert self.adapter.provisioning is not None  # noqa: S101 - no port, no pane
        return self.adapter.provisioning

    def columns(self) -> Sequence[Column[IdentityRow]]:
        """Whether it was given, name, kind, how it proves itself, who it is."""
        return (
            Column("given", "", render.glyph_cell, width=1, priority=8),
            Column(
                "name",
                "Identity",
                render.name_cell,
                width=14,
                flexible=True,
                priority=9,
                cut="middle",
            ),
            Column("kind", "Kind", render.kind_cell, width=14, priority=6),
            Column("auth", "Proof", render.auth_cell, width=5, priority=5),
            Column("state", "Is", self._state_cell, width=22, flexible=True, priority=7),
        )

    def _state_cell(self, row: IdentityRow) -> tuple[str, str]:
        return render.state_cell(row, self.clock())

    def source(self) -> ShortList[IdentityRow]:
        """The rows that match the filter."""
        wanted = self.filter_text.lower().split()

        async def read() -> Sequence[IdentityRow]:
            rows = await self._waiting.outcome(self.rows.read())
            return [row for row in rows if all(word in render.words_of(row) for word in wanted)]

        return ShortList(read, lambda row: row.key)

    async def fetch(self, key: str) -> IdentityRow:
        """The row as it was read last."""
        for row in await self.rows.read():
            if row.key == key:
                return row
        raise NotFound("It is no longer there.", hint="Press r to ask the service again.")

    def title(self) -> str:
        """Whom one speaks to."""
        return f"Identity Service at {self.adapter.address}"

    def depends_on(self, scope: Scope) -> object:
        """A service knows one device only."""
        del scope
        return None

    def empty_text(self) -> str:
        """How to begin."""
        if self.filter_text:
            return "Nothing matches the filter. Press esc to drop it."
        return "The service tells nothing. Press r to ask again."

    def row_id(self, row: IdentityRow) -> str:
        """The name."""
        return row.name

    def document(self, row: IdentityRow) -> JsonObject:
        """What the service said, keys covered."""
        return render.document(row)

    def detail(self, row: IdentityRow) -> Sequence[Section]:
        """Who it is, how it proves itself; a local identity's certificate, decoded."""
        return render.detail(row, self.clock(), caller_uid=self.adapter.caller_uid)

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if action == "history":
            return "An Identity Service keeps no history; its journal tells who asked for what."
        return super().why_not(action)

    def action_reload(self) -> None:
        """Ask the service again; what went wrong the last time is out of date."""
        self._complaints.drop(self.app)
        self.read_again()

    def on_unmount(self) -> None:
        """Leave no secret on the clipboard."""
        self._clipboard.clear()

    def on_resize(self, event: events.Resize) -> None:
        """Put the detail below the list where there is too little room beside it."""
        self.set_class(event.size.width < STACKED_BELOW, "-stacked")
        self._fit_table()

    def _fit_table(self) -> None:
        """Above the detail the list is as high as it is long, with its frame and heading."""
        if self.is_mounted:
            rows = self.table.length
            self.set_class(not rows, "-empty")
            self.table.styles.height = rows + 3 if rows and self.has_class("-stacked") else None

    def come_forward(self) -> None:
        """Ask again for what could not be had."""
        super().come_forward()
        if self.is_mounted and self.table.error is not None:
            self.read_again()

    def complain(self, error: RegistryError) -> None:
        """As everywhere; an empty list says itself why it is."""
        if error is self.table.error and not self.table.length:
            return
        super().complain(error)

    # waiting for the list

    def action_back(self) -> None:
        """Wait no longer; otherwise as everywhere."""
        if self._waiting.under_way and not self._filter.shown:
            self._waiting.stop()
        else:
            super().action_back()

    def _show_waiting(self, seconds: int | None) -> None:
        self._seconds = seconds
        if not self.is_mounted:
            return
        table = self.table
        table.loading_text = (
            LOADING
            if seconds is None
            else f"waiting for {self.adapter.address} … {seconds} s\n"
            f"esc waits no longer, q leaves\n\n{_SLOW}"
        )
        table.refresh()
        self._show_status()

    def _show_status(self) -> None:
        super()._show_status()
        self._fit_table()
        if self._seconds is not None:
            self.table.border_subtitle = f"▶ waiting for an answer … {self._seconds} s   esc stop"

    def _stopped(self) -> Unreachable:
        return Unreachable(
            f"{self.adapter.address}: you waited no longer for the service.",
            layer="timeout",
            hint="It may be busy with another's call, or hang: its journal says more.",
        )

    # asking the service

    def read_again(self, *, at: str | None = None) -> None:
        """Read all rows anew, and stand on one of them."""
        self.rows.forget()
        self.table.reload(at=at)

    def show_newer(self, row: IdentityRow) -> None:
        """Show a newer version of a row in its place."""
        self.rows.replace(row)
        self.table.replace_row(row)
        self.show_detail()

    def refuse_writing(self) -> None:
        """Raises Denied in a read-only session."""
        if self.adapter.read_only:
            raise refuse_write()

    async def awaited(self, title: str, work: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """What a call that only reads comes to; the person may wait no longer.

        Raises:
            LeftOpen: when they did.
            RegistryError: as the call does.
        """
        call = asyncio.ensure_future(work())
        try:
            return await self._result(title, call)
        finally:
            call.cancel()

    async def written(self, title: str, work: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """What a call that writes comes to; leaving the console waits for it. Raises as above."""
        call = asyncio.ensure_future(work())
        kept = asyncio.ensure_future(self.saves.run(title, partial(asyncio.wait, {call})))
        outcome = await self._result(title, call)
        await kept
        return outcome

    async def _result(self, title: str, call: asyncio.Future[ResultT]) -> ResultT:
        await asyncio.wait({call}, timeout=QUIET_SECONDS)
        if not call.done():
            await self.ask(WaitingScreen(title, _SLOW, call))
        if call.cancelled():
            raise LeftOpen(_STOPPED)
        return call.result()
