"""Tenants of the registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work

from console.adapters.base import RegistryAdapter, TenantsPort
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.forms.fields import Values, text_of
from console.forms.tenants import tenant_document, tenant_fields
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.base import RecordPane
from console.panes.editing import DocumentEdit
from console.panes.history import show_history
from console.panes.scope import Scope, ScopeAsked
from console.panes.tenant_counts import TenantCounts
from console.panes.tenant_source import TenantSource, parse_tenant_query
from console.panes.trust_anchors import TrustAnchorDialogs
from console.render import tenants as render
from console.render.detail import Section, plural
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.table_messages import Opened
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.journal import Change, JournalEntry, Resource
from registry_backend.domain.query import TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage

HISTORY_LINES = 5
"""Journal lines shown in the detail; the whole history has a key of its own."""


class TenantsPane(RecordPane[Tenant]):
    """Lists, creates, changes and deletes tenants; choosing one scopes the other panes."""

    BINDINGS = bindings_of("Tenants")
    group: ClassVar[str] = "Tenants"
    resources: ClassVar[frozenset[Resource]] = frozenset({"tenant"})
    filter_help: ClassVar[str] = "part of the id   enabled   disabled"

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self._counts = TenantCounts(self, adapter)
        self._usage: dict[str, TenantUsage] = {}
        self._history: dict[str, Sequence[JournalEntry]] = {}

    def columns(self) -> Sequence[Column[Tenant]]:
        """Id, state, devices, trust anchors, alias."""
        return (
            Column("id", "Tenant", render.id_cell, width=18, flexible=True, priority=9),
            Column("state", "State", render.state_cell, width=10, priority=8),
            Column(
                "devices",
                "Devices",
                lambda tenant: render.devices_cell(self._counts.of(tenant)),
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
        """Tenants were written, or the number of their devices changed."""
        super().changed(changes)
        self._counts.forget({each.tenant_id for each in changes if each.resource == "device"})

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

    # creating and changing

    @one_at_a_time
    async def action_new(self) -> None:
        """Create a tenant."""

        async def create(values: Values) -> Tenant:
            attributes = TenantAttributes.parse(tenant_document({}, values))
            tenant_id = text_of(values, "tenant-id") or None
            return await self.saves.run(
                f"tenant {tenant_id}", lambda: self.port.create(tenant_id, attributes)
            )

        created = await self.fill_form("New tenant", tenant_fields(None), create)
        if created is not None:
            self.tell(f"Created {created.tenant_id}.")
            self.table.reload(at=created.tenant_id)
            if self.scope.tenant_id is None:
                self.post_message(ScopeAsked(Scope(created.tenant_id), pane="tenants"))

    @one_at_a_time
    async def action_edit(self) -> None:
        """Change the tenant in a form."""
        tenant = self.require_row()
        if tenant is None:
            return
        edit = self.editing(tenant)

        async def save(values: Values) -> Tenant:
            return await edit.save(tenant_document(self.document(tenant), values))

        fields = tenant_fields(tenant.attributes)
        self.saved(await self.fill_form(f"Edit {tenant.tenant_id}", fields, save))

    @one_at_a_time
    async def action_edit_json(self) -> None:
        """Change the tenant as JSON."""
        tenant = self.require_row()
        if tenant is not None:
            self.saved(await self.editing(tenant).edit_as_json())

    @one_at_a_time
    async def action_anchors(self) -> None:
        """Add, change or remove trust anchors."""
        tenant = self.require_row()
        if tenant is not None:
            await TrustAnchorDialogs(self, self.editing(tenant), self.clock()).choose()

    def editing(self, tenant: Tenant) -> DocumentEdit[Tenant]:
        """A change of the tenant that notices changes by others."""

        async def write(document: JsonObject, version: str) -> Tenant:
            attributes = TenantAttributes.parse(document)
            return await self.port.update(tenant.tenant_id, attributes, expected=version)

        return DocumentEdit(
            app=self.app,
            saves=self.saves,
            subject=f"tenant {tenant.tenant_id}",
            base=tenant,
            document=self.document,
            version=lambda row: row.version,
            write=write,
            fetch=lambda: self.port.get(tenant.tenant_id),
        )

    def saved(self, tenant: Tenant | None) -> None:
        """Show what was saved."""
        if tenant is not None:
            self.tell(f"Saved {tenant.tenant_id}.")
            self.table.replace_row(tenant)
            self.show_detail()

    @one_at_a_time
    async def action_switch(self) -> None:
        """Enable or disable the tenant, or all marked ones alike."""
        tenant = self.require_row()
        if tenant is None:
            return
        enabled = not tenant.enabled

        async def switch(one: Tenant) -> None:
            attributes = one.attributes.model_copy(update={"enabled": enabled})
            saved = await self.port.update(one.tenant_id, attributes, expected=one.version)
            self.table.replace_row(saved)

        verb = "Enable" if enabled else "Disable"
        if self.table.marks:
            count = self.table.marks.count(self.table.total)
            question = ConfirmScreen(
                f"{verb} {plural(count.value, 'tenant')}?",
                "All marked tenants are set alike. Each change is in the journal.",
                confirm=verb,
            )
            if not await self.ask(question):
                return
        await self.for_marked(tenant, switch, done=f"{verb}d")

    # deleting

    @one_at_a_time
    async def action_delete(self) -> None:
        """Delete the tenant under the cursor, with or without its devices."""
        tenant = self.require_row()
        if tenant is None:
            return
        try:
            usage = await self.port.usage(tenant.tenant_id)
        except RegistryError as error:
            self.complain(error)
            return
        with_devices = await self._ask_for_devices(tenant.tenant_id, usage)
        if with_devices is None or not await self._confirmed(tenant.tenant_id, usage, with_devices):
            return
        try:
            await self.saves.run(
                f"tenant {tenant.tenant_id}", lambda: self._remove(tenant, with_devices)
            )
        except RegistryError as error:
            self.complain(error)
            return
        finally:
            self.table.reload()
        self.tell(f"Deleted {tenant.tenant_id}.")
        if self.scope.tenant_id == tenant.tenant_id:
            self.post_message(ScopeAsked(Scope(), pane="tenants"))

    async def _ask_for_devices(self, tenant_id: str, usage: TenantUsage) -> bool | None:
        """Whether its devices go too; None when the person turns away."""
        if not usage.devices or self.adapter.devices is None:
            return False
        choices = (
            Choice("keep", "Keep devices", "They are back when the tenant is created again.", "k"),
            Choice("delete", "Delete devices too", "They and their credentials are gone.", "d"),
        )
        chosen = await self.ask(
            ChooseScreen(f"Delete {tenant_id}", choices, intro=f"It has {_what(usage)}.")
        )
        return None if chosen is None else chosen == "delete"

    async def _confirmed(self, tenant_id: str, usage: TenantUsage, with_devices: bool) -> bool:  # noqa: FBT001
        text = f"The tenant {tenant_id} is removed. This cannot be taken back."
        if usage.devices:
            fate = "are removed with it" if with_devices else "stay, out of reach until it is back"
            text = f"{text}\n{_what(usage)} {fate}."
        elif self.table.marks:
            text += "\nOnly this one: marks do not count here."
        typed = tenant_id if usage.devices else ""
        return await self.ask(ConfirmScreen(f"Delete {tenant_id}?", text, typed=typed)) or False

    async def _remove(self, tenant: Tenant, with_devices: bool) -> None:  # noqa: FBT001
        """The tenant first: its version tells whether it is still the one that was shown."""
        await self.port.delete(tenant.tenant_id, expected=tenant.version)
        if with_devices and self.adapter.devices is not None:
            await self.adapter.devices.delete_all(tenant.tenant_id)

    # the sample fleet

    @one_at_a_time
    async def action_sample(self) -> None:
        """Fill in the sample fleet, into an empty registry only."""
        fill = self.adapter.sample
        if fill is None:
            return
        try:
            if (await self.port.count(TenantQuery())).value:
                self.warn(
                    "There are tenants already; the sample fleet is for an empty registry. "
                    "Try idconsole --demo beside it."
                )
                return
            self.table.border_subtitle = "Filling in the sample fleet…"
            made = await self.saves.run("sample", fill)
        except RegistryError as error:
            self.complain(error)
            return
        self.tell(f"The sample fleet is in: {plural(made, 'device')}. Press enter on a tenant.")
        self.table.reload(keep_cursor=False)

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if refusal := super().why_not(action):
            return refusal
        if action == "sample" and self.adapter.sample is None:
            return "This registry has no sample fleet. Try idconsole --demo beside it."
        return ""

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


def _what(usage: TenantUsage) -> str:
    """`2,000 devices and 2,134 credentials`."""
    about = "" if usage.exact else "about "
    return f"{about}{plural(usage.devices, 'device')} and {plural(usage.credentials, 'credential')}"
