"""The console application: adapter, theme, panes. A table of contents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.filter import LineFilter
from textual.widgets import ContentSwitcher, Tab, Tabs
from textual.worker import Worker, WorkerState

from console.adapters.base import CONNECTED, RegistryAdapter
from console.commanded import CommandedApp
from console.dialogs.base import KeysAwaited
from console.dressing import dress
from console.hearsay import Hearsay
from console.keys import EVERYWHERE, bindings_of
from console.leaving import Leaving
from console.panes.base import RecordPane
from console.panes.catalog import PANE_NAMES, first_pane, load_pane, panes_of, why_no_pane
from console.panes.complaints import warn_once
from console.panes.scope import ChangesMade, RememberAsked, Scope, ScopeAsked
from console.reaching import reach, what_next
from console.saves_shown import SavingShown
from console.saving import Saves
from console.widgets.context_bar import ContextBar
from console.widgets.footer import KeyLine
from console.widgets.hostile_text import HostileTextFilter
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.journal import Change
from registry_backend.domain.query import PageRequest, TenantQuery
from registry_backend.domain.timestamps import now as utc_now


class ConsoleApp(CommandedApp):
    """One registry, and a pane for each thing that it manages.

    Args:
        adapter: The registry; opened when the screen is up, closed when it goes.
        tenant_id: The tenant to begin with; None: the first there is.
        theme_name: A theme's name; None: the default.
        clock: The present, in UTC.
        theme_folder: The user's own theme files; None: only those that come with the console.
        remember: Told the theme and the tenant when they change.
    """

    TITLE = "idconsole"
    BINDINGS = [
        *bindings_of(EVERYWHERE),
        Binding("ctrl+q", "quit", show=False, priority=True),  # also out of a dialog
    ]
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (150, "-wide")]
    CSS = """
    #panes { height: 1fr; }
    Tabs { height: 2; & Tab { color: $text-muted; } & Tab.-active { color: $foreground; } }
    Footer { background: $panel; }
    FooterKey.-disabled { text-style: not dim; color: $text-disabled; }
    FooterKey.-disabled .footer-key--key { color: $text-disabled; }
    Toast { max-width: 70; }
    """

    def __init__(
        self,
        adapter: RegistryAdapter,
        *,
        tenant_id: str | None = None,
        theme_name: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        theme_folder: Path | None = None,
        remember: Callable[[str, str], None] | None = None,
    ) -> None:
        super().__init__(remember or (lambda _key, _value: None))
        self.animation_level = "none"  # over SSH each frame is a wait
        self.adapter = adapter
        self.scope = Scope(tenant_id)
        self.clock = clock
        self.saves = Saves()
        SavingShown(self, self.saves)
        self._theme_problems = dress(self, theme_name, theme_folder)
        self._leaving = Leaving(self, self.saves, self._panes, self._close)
        self._stop_watching: Callable[[], None] = lambda: None
        self._hearsay = Hearsay(self, self._tell_panes)
        self._hostile_text = HostileTextFilter()

    # the screen

    def compose(self) -> ComposeResult:
        """Where one is, the panes' tabs, the pane in front, the keys that matter."""
        adapter = self.adapter
        yield ContextBar(
            title=adapter.title,
            address=adapter.address,
            read_only=adapter.read_only,
            production=adapter.production,
            color=adapter.color,
        )
        tabs = [
            Tab(f"{number} {name.capitalize()}", id=f"tab-{name}")
            for number, name in enumerate(PANE_NAMES, start=1)
            if name in panes_of(adapter)
        ]
        bar = Tabs(*tabs)
        bar.can_focus = False  # the mouse and the digits choose; keys belong to the pane
        yield bar
        yield ContentSwitcher(id="panes")
        yield KeyLine(show_command_palette=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """No byte of a registry's data may command the terminal."""
        return [*super().get_line_filters(), self._hostile_text]

    def on_mount(self) -> None:
        """Say what is wrong with themes, and connect."""
        for problem in self._theme_problems:
            self.notify(problem, title="Theme", severity="warning", markup=False)
        # the adapter tells from outside the app's own context
        self.adapter.on_health = partial(self.call_later, self._show_health)
        self.adapter.on_notice = partial(self.call_later, self._show_notice)
        self._connect()

    def _show_health(self, health: str) -> None:
        """Tell of the connection; rows that could not be read meanwhile are read now."""
        self.query_one(ContextBar).health = health
        pane = self.pane
        if health == CONNECTED and pane is not None and pane.table.error is not None:
            pane.table.reload()

    def _show_notice(self, notice: str) -> None:
        self.notify(notice, title=self.adapter.title, severity="warning", markup=False)

    @work(group="connect", exit_on_error=False)
    async def _connect(self) -> None:
        bar = self.query_one(ContextBar)
        try:
            await reach(self, self.adapter)
            if self.scope.tenant_id is None:
                self.scope = Scope(await self._first_tenant())
        except RegistryError as error:
            bar.health = error.title.lower()
            await self.adapter.close()
            await self._go_on_without(error)
            return
        bar.health = CONNECTED
        bar.tenant_id = self.scope.tenant_id
        if self.adapter.journal is not None:
            self._stop_watching = self.adapter.journal.watch(self._hearsay.hear)
        has_tenant = self.scope.tenant_id is not None
        await self.show_pane(first_pane(self.adapter, has_tenant=has_tenant))
        self.call_after_refresh(self._take_up)

    @work(group="connect", exit_on_error=False)
    async def _take_up(self) -> None:
        await self.adapter.take_up()

    async def _first_tenant(self) -> str | None:
        if self.adapter.tenants is None:
            return self.adapter.sole_tenant or None
        page = await self.adapter.tenants.page(TenantQuery(), PageRequest(limit=1))
        return page.rows[0].tenant_id if page.rows else None

    async def _go_on_without(self, error: RegistryError) -> None:
        chosen = await what_next(self, self.adapter, error)
        if chosen == "retry":
            self._connect()
        elif chosen == "quit":
            self.exit(return_code=1)
        else:
            await self.show_pane(self.adapter.usable_apart)
            self._take_up()

    # panes

    @property
    def pane_names(self) -> list[str]:
        """Of the panes there are."""
        return panes_of(self.adapter)

    def _panes(self) -> list[RecordPane[Any]]:
        """Those made so far."""
        return [each for each in self.query("#panes > *") if isinstance(each, RecordPane)]

    @property
    def pane(self) -> RecordPane[Any] | None:
        """The pane in front; None before the screen is made and when it is gone."""
        switchers = self.query("#panes").results(ContentSwitcher)
        current = next((switcher.current for switcher in switchers), None)
        return self._pane_named(current) if current else None

    def _pane_named(self, name: str) -> RecordPane[Any]:
        pane = self.query_one(f"#panes > #{name}")
        assert isinstance(pane, RecordPane)  # noqa: S101 - the switcher holds panes only
        return pane

    async def show_pane(self, name: str) -> None:
        """Bring a pane to the front; it is made when it is first shown."""
        switcher = self.query_one("#panes", ContentSwitcher)
        if name not in self.pane_names:
            return
        if not switcher.query(f"#{name}"):
            pane = load_pane(name)(self.adapter, self.saves, self.clock)
            pane.set_reactive(RecordPane.scope, self.scope)
            await switcher.add_content(pane)
        switcher.current = name
        shown = self._pane_named(name)
        shown.scope = self.scope
        shown.come_forward()
        tabs = self.query_one(Tabs)
        with tabs.prevent(Tabs.TabActivated):
            tabs.active = f"tab-{name}"
        shown.focus_default()
        self.post_message(KeysAwaited())

    @on(Tabs.TabActivated)
    async def _tab_chosen(self, event: Tabs.TabActivated) -> None:
        event.stop()
        name = (event.tab.id or "").removeprefix("tab-")
        if self.pane is not None and self.pane.id != name:
            await self.show_pane(name)

    async def action_show_pane(self, name: str) -> None:
        """Show a pane by key, for what the cursor stands on."""
        if name not in self.pane_names:
            warn_once(self, why_no_pane(name))
        elif self.pane is not None and name != self.pane.id:
            self._look_at(self.pane.scope_under_cursor() or self.scope)
            await self.show_pane(name)

    @on(ScopeAsked)
    async def _scope_asked(self, event: ScopeAsked) -> None:
        event.stop()
        self._look_at(event.scope)
        if event.pane:
            await self.show_pane(event.pane)
        if self.pane is None or event.filter_text is None:
            return
        if event.filter_text:
            self.pane.set_filter(event.filter_text)
        else:
            self.pane.drop_filter()
            self.pane.come_forward()

    def _look_at(self, scope: Scope) -> None:
        self.scope = scope
        bar = self.query_one(ContextBar)
        bar.tenant_id, bar.device_id = scope.tenant_id, scope.device_id
        if scope.tenant_id:
            self.remember("tenant", scope.tenant_id)

    @on(RememberAsked)
    def _remember_asked(self, event: RememberAsked) -> None:
        event.stop()
        self.remember(event.key, event.value)

    # changes by others

    @on(ChangesMade)
    def _changes_made(self, event: ChangesMade) -> None:
        event.stop()
        self._tell_panes(event.changes)

    def _tell_panes(self, changes: Sequence[Change]) -> None:
        for pane in self._panes():  # none any more when a late change meets the end
            pane.changed(changes)

    # the end

    async def action_quit(self) -> None:
        """Leave when every save has finished; a text typed but not saved asks once."""
        self._leaving.ask()

    def action_leave_at_once(self) -> None:
        """Leave when every save has finished, whatever was typed: nobody is there to be asked."""
        self._leaving.at_once()

    async def _close(self) -> None:
        self._stop_watching()
        await self.adapter.close()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not catch is told, or is a fault of the console and surfaces."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            if not isinstance(error, RegistryError):
                raise error
            self.notify(str(error), title=error.title, severity="error", markup=False)
