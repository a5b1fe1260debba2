"""The pane of tenants: all that may be done to one, or to all marked ones."""

from __future__ import annotations

from textual import on

from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.forms.fields import Values, text_of
from console.forms.tenants import tenant_document, tenant_fields
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.editing import DocumentEdit
from console.panes.scope import Scope, ScopeAsked
from console.panes.tenant_list import TenantList
from console.panes.trust_anchors import TrustAnchorDialogs
from console.render.detail import plural
from console.widgets.table_messages import StatusChanged
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Fault, RegistryError
from registry_backend.domain.query import TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage

NOT_EMPTY = (
    "There are tenants already; the sample fleet is for an empty registry. "
    "Try idconsole --demo beside it."
)
NEED_A_TENANT = frozenset({"edit", "edit_json", "anchors", "switch", "delete", "history"})


class TenantsPane(TenantList):
    """Lists, creates, changes and deletes tenants."""

    BINDINGS = bindings_of("Tenants")
    _offered_empty: bool | None = None
    """What the keys in the last line were chosen for."""

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
        marked = None
        if self.table.marks:
            marked = await self.marked_rows()
            if marked is None:
                return
            count = marked.count(self.table.total)
            question = ConfirmScreen(
                f"{verb} {plural(count.value, 'tenant')}?",
                "All marked tenants are set alike, each as a change of its own"
                f"{'' if self.adapter.journal is None else ' in the journal'}.",
                confirm=verb,
            )
            if not await self.ask(question):
                return
        await self.for_marked(tenant, switch, done=f"{verb}d", marked=marked)

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
            failure = await self.saves.run(
                f"tenant {tenant.tenant_id}", lambda: self._remove(tenant, with_devices)
            )
        except RegistryError as error:
            self.complain(error)
            return
        finally:
            self.table.reload()
        self.tell(f"Deleted {tenant.tenant_id}.")
        if failure is not None:
            self.complain(_left_behind(tenant.tenant_id, failure))
        if self.scope.tenant_id == tenant.tenant_id:
            self.post_message(ScopeAsked(Scope(), pane="tenants"))

    async def _ask_for_devices(self, tenant_id: str, usage: TenantUsage) -> bool | None:
        """Whether its devices go too; None when the person turns away."""
        devices = self.adapter.devices
        if usage.devices == 0 or devices is None or not devices.abilities.can_empty:
            return False
        choices = (
            Choice("keep", "Keep devices", "They are back when the tenant is created again.", "k"),
            Choice("delete", "Delete devices too", "They and their credentials are gone.", "d"),
        )
        chosen = await self.ask(
            ChooseScreen(
                f"Delete {tenant_id}", choices, intro=f"It has {_what(usage)}.", dangerous=True
            )
        )
        return None if chosen is None else chosen == "delete"

    async def _confirmed(self, tenant_id: str, usage: TenantUsage, with_devices: bool) -> bool:  # noqa: FBT001
        text = f"The tenant {tenant_id} is removed. This cannot be taken back."
        if usage.devices != 0:
            fate = "are removed with it" if with_devices else "stay, out of reach until it is back"
            what = _what(usage)
            text = f"{text}\n{what[:1].upper()}{what[1:]} {fate}."
            devices = self.adapter.devices
            if devices is not None and not devices.abilities.can_empty:
                text += "\nThis registry cannot delete them all at once; one by one it can."
        elif self.table.marks:
            text += "\nOnly this one: marks do not count here."
        typed = tenant_id if usage.devices != 0 else ""
        return await self.ask(ConfirmScreen(f"Delete {tenant_id}?", text, typed=typed)) or False

    async def _remove(self, tenant: Tenant, with_devices: bool) -> RegistryError | None:  # noqa: FBT001
        """The tenant first: its version tells whether it is still the one that was shown.

        Why its devices were not removed with it, where they should have been. Raises RegistryError
        where the tenant itself was not.
        """
        await self.port.delete(tenant.tenant_id, expected=tenant.version)
        if with_devices and self.adapter.devices is not None:
            try:
                await self.adapter.devices.delete_all(tenant.tenant_id)
            except RegistryError as error:
                return error
        return None

    # the sample fleet

    @one_at_a_time
    async def action_sample(self) -> None:
        """Fill in the sample fleet, into an empty registry only."""
        fill = self.adapter.sample
        if fill is None:
            return
        try:
            if (await self.port.count(TenantQuery())).value:
                self.warn(NOT_EMPTY)
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
        total = self.table.total
        if action == "sample" and self.adapter.sample is None:
            return "This registry has no sample fleet. Try idconsole --demo beside it."
        if action == "sample" and total is not None and total.value:
            return NOT_EMPTY
        if action in NEED_A_TENANT and self._empty:
            return self.empty_text()
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what an empty registry has no row for, and the sample fleet of any other."""
        self._offered_empty = self._empty
        if action == "sample" and not self._empty:
            return False
        if action in NEED_A_TENANT and self._empty and not self.adapter.read_only:
            return False
        return super().check_action(action, parameters)

    @property
    def _empty(self) -> bool:
        """Whether the registry is known to hold no tenant at all."""
        total = self.table.total
        return total is not None and not total.value and not self.filter_text

    @on(StatusChanged)
    def _offer(self) -> None:
        """Other keys make sense once the first tenant is there, or the last is gone."""
        if self._empty != self._offered_empty:
            self.refresh_bindings()


def _what(usage: TenantUsage) -> str:
    """`2,000 devices and 2,134 credentials`, as far as the registry tells."""
    if usage.devices is None:
        return "its devices, whose number this registry does not tell,"
    about = "" if usage.exact else "about "
    devices = f"{about}{plural(usage.devices, 'device')}"
    if usage.credentials is None:
        return f"{devices} and {'its' if usage.devices == 1 else 'their'} credentials"
    return f"{devices} and {plural(usage.credentials, 'credential')}"


def _left_behind(tenant_id: str, error: RegistryError) -> RegistryError:
    """What to say where a tenant went and its devices did not."""
    return Fault(
        f"The tenant {tenant_id} is deleted, but its devices are not, or not all: "
        f"{error.message.rstrip('.')}.",
        hint="What is left is back when the tenant is created again: delete it then.",
    )
