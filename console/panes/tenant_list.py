"""Tenants of the registry: the list, and the detail of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work

from console.adapters.base import RegistryAdapter
from console.adapters.ports.tenants import TenantsPort
from console.panes.base import RecordPane
from console.panes.history import show_history
from console.panes.scope import Scope, ScopeAsked
from console.panes.tenant_counts import TenantCounts
from console.panes.tenant_source import TenantSource, parse_tenant_query
from console.render import tenants as render
from console.render.detail import Section
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.table_messages import Opened
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.journal import Change, JournalEntry, Resource
from registry_backend.domain.tenants import Tenant, TenantUsage

HISTORY_LINES = 5
"""Journal lines shown in the detail; the whole history has a key of its own."""


class TenantList(RecordPane[Tenant]):
    """Lists tenants and what hangs on each; choosing one scopes the other panes."""

    group: ClassVar[str] = "Tenants"
    resources: ClassVar[frozenset[Resource]] = frozenset({"tenant"})
    filter_help: ClassVar[str] = "parts of the id   enabled   disabled"

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self._counts = TenantCounts(self, adapter)
        self._usage: dict[str, TenantUsage] = {}
        self._outdated: set[str] = set()
        """Tenants on which something else may hang by now."""
        self._history: dict[str, Sequence[JournalEntry]] = {}

    def columns(self) -> Sequence[Column[Tenant]]:
        """Id, state, devices, trust anchors, alias."""
        return (
            Column(
                "id", "Tenant", render.id_cell, width=18, flexible=True, priority=9, cut="middle"
            ),
            Column("state", "State", render.state_cell, width=10, priority=8, glyph=True),
            Column(
                "devices",
                "Devices",
                lambda tenant: render.devices_cell(self._counts.of(tenant), told=self._counts.told),
                width=9,
                priority=6,
                align="right",
            ),
            Column(
                "trust",
                "Trust",
                lambda tenant: render.trust_cell(tenant, self.clock()),
                width=21,
                priority=5,
                glyph=True,
            ),
            Column("alias", "Alias", render.alias_cell, width=10, flexible=True, priority=3),
        )

    @property
    def port(self) -> TenantsPort:
        """The registry's tenants; the pane exists only where they do."""
        assert self.adapter.tenants is not None  # noqa: S101 - no port, no pane
        return self.adapter.tenants

    def source(self) -> TenantSource:
        """All tenants that the filter lets through."""
        return TenantSource(self.port, parse_tenant_query(self.filter_text))

    def depends_on(self, scope: Scope) -> object:
        """All tenants are shown, whichever is chosen."""
        del scope
        return None

    def start_at(self) -> str | None:
        """The tenant in force, so that a look at the list changes nothing."""
        return self.scope.tenant_id

    def come_forward(self) -> None:
        """Stand on the tenant in force."""
        super().come_forward()
        row = self.current
        if row is not None and self.scope.tenant_id not in (None, row.tenant_id):
            self.table.move_to(self.scope.tenant_id or "")
        self._read_outdated()

    def scope_under_cursor(self) -> Scope | None:
        """The tenant under the cursor; its device stays chosen."""
        row = self.current
        if row is None or row.tenant_id == self.scope.tenant_id:
            return None
        return Scope(row.tenant_id)

    def empty_text(self) -> str:
        """How to begin."""
        if self.filter_text:
            return "No tenant matches the filter. Press esc to drop it."
        if not self.port.abilities.can_list:
            return "No tenant of this registry is known here. Press / and type a whole id."
        if self.adapter.read_only:
            return "No tenants yet, and this session is read-only."
        sample = ", or S for a sample fleet" if self.adapter.sample is not None else ""
        return f"No tenants yet. Press n to create the first{sample}."

    def row_id(self, row: Tenant) -> str:
        """The tenant's id."""
        return row.tenant_id

    def document(self, row: Tenant) -> JsonObject:
        """What a client may say of it."""
        return row.attributes.to_json()

    def detail(self, row: Tenant) -> Sequence[Section]:
        """The tenant; what hangs on it and its history follow when they have been read."""
        return render.detail(
            row,
            self.clock(),
            usage=self._usage.get(row.tenant_id),
            statistics=self._counts.known(row.tenant_id),
            history=self._history.get(row.tenant_id, ()),
        )

    async def fetch(self, key: str) -> Tenant:
        """The tenant as it is now."""
        return await self.port.get(key)

    def changed(self, changes: Sequence[Change]) -> None:
        """Tenants were written, or the number of what hangs on them changed."""
        super().changed(changes)
        self._counts.forget({each.tenant_id for each in changes if each.resource == "device"})
        hanging = [each for each in changes if each.resource in ("device", "credentials")]
        self._outdated.update(each.tenant_id for each in hanging)
        if self.display:
            self._read_outdated()

    def _read_outdated(self) -> None:
        row = self.current
        if row is not None and row.tenant_id in self._outdated:
            self._read_more(row)

    # usage and history in the detail

    def highlighted(self, row: Tenant | None) -> None:
        """Read what hangs on the tenant under the cursor, unless the cursor moves on."""
        if row is None:
            return
        self._read_more(row)
        if self.scope.tenant_id is None:
            self.set_reactive(RecordPane.scope, Scope(row.tenant_id))
            self.post_message(ScopeAsked(self.scope))  # the first tenant there is gets chosen

    @work(exclusive=True, group="more", exit_on_error=False)
    async def _read_more(self, row: Tenant) -> None:
        self._outdated.discard(row.tenant_id)
        try:
            usage = await self.port.usage(row.tenant_id)
            entries: Sequence[JournalEntry] = ()
            if self.adapter.journal is not None:
                entries = await self.adapter.journal.page(
                    row.tenant_id, resource_id=row.tenant_id, before=None, limit=HISTORY_LINES
                )
        except NotFound:
            return  # somebody deleted it; the list is about to say so
        except RegistryError as error:
            self.complain(error)
            return
        self._usage, self._history = {row.tenant_id: usage}, {row.tenant_id: entries}
        self._repaint_detail(row.tenant_id)

    def _repaint_detail(self, tenant_id: str) -> None:
        current = self.current
        if current is not None and current.tenant_id == tenant_id:
            self.query_one(DetailView).show(self.detail(current))

    def counted(self, tenant_ids: set[str]) -> None:
        """Show the numbers of devices that have just been read."""
        self.table.repaint_rows()
        for tenant_id in tenant_ids:
            self._repaint_detail(tenant_id)

    # looking around

    @on(Opened)
    def _open(self, event: Opened[Tenant]) -> None:
        event.stop()
        self.post_message(ScopeAsked(Scope(event.row.tenant_id), pane="devices"))

    def action_history(self) -> None:
        """Show all changes of the tenant."""
        tenant = self.require_row()
        if tenant is not None and self.adapter.journal is not None:
            show_history(
                self, self.adapter.journal, tenant.tenant_id, tenant.tenant_id, self.clock()
            )
