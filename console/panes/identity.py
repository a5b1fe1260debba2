"""The pane of an Identity Service: all that its caller may have, make and do there."""

from __future__ import annotations

from textual import on

from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.forms.fields import Values
from console.forms.identities import is_server, local_fields, module_fields, read_module_id
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.editing import LeftOpen
from console.panes.identity_list import IdentityList
from console.panes.identity_secrets import IdentitySecrets
from console.render import identities as render
from console.render.identities import IdentityRow, key_of
from console.widgets.table_messages import Opened
from registry_backend.domain.errors import AlreadyExists, RegistryError
from registry_backend.domain.identities import Identity, IdentityKind

_NOT_KEPT = (
    "The service keeps no certificates: {name} is what was issued here, and cannot be fetched "
    "again. i issues a new one, with a new key."
)
_LEAVING = (
    Choice("save", "Save", "to new files, then leave", "s"),
    Choice("discard", "Discard", "leave; the key is gone for good", "d"),
    Choice("stay", "Stay", "in the console", "n"),
)
REPROVISION = "reprovision"
"""What must be typed before the device is provisioned anew."""


class IdentityPane(IdentityList):
    """Fetches, creates, issues, updates and deletes; secrets stay covered until asked for."""

    BINDINGS = bindings_of("Identity")

    # having

    @on(Opened)
    def _open(self, event: Opened[IdentityRow]) -> None:
        event.stop()
        self.action_fetch()

    @one_at_a_time
    async def action_fetch(self) -> None:
        """Ask for the one under the cursor as a whole, with what proves it."""
        row = self.require_row()
        if row is None:
            return
        if row.kind not in ("module", "local"):
            self.read_again()
            return
        if row.kind == "local" and not row.principal and row.identity is not None:
            self.warn(_NOT_KEPT.format(name=row.name))
            return
        if not await self._may_replace(row.module_id if row.kind == "local" else ""):
            return
        kind: IdentityKind = "local" if row.kind == "local" else "aziot"
        try:
            found = await self.awaited(
                f"Fetch {row.name}", lambda: self.modules.get(row.module_id, kind)
            )
        except LeftOpen as left:
            self.tell(str(left))
            return
        if kind == "local":
            self._take(row.module_id, found, wanted=row.unsaved)
        else:
            self.show_newer(IdentityRow(row.kind, row.module_id, found, principal=row.principal))

    async def _may_replace(self, name: str) -> bool:
        """Whether a new key may take the place of the one that is here, if there is one unsaved."""
        if name not in self.rows.issued.unsaved:
            return True
        question = ConfirmScreen(
            f"Replace the key of {name}?",
            render.replace_warning(name),
            confirm="Replace",
        )
        return await self.ask(question) or False

    def _take(self, name: str, identity: Identity, *, wanted: bool) -> None:
        """Show what was issued; keep it, since the service does not."""
        self.rows.issued.take(name, identity, wanted=wanted)
        self.show_newer(self.rows.local_row(name))

    @one_at_a_time
    async def action_issue(self) -> None:
        """Have a certificate and a key issued under a name."""
        row = self.current
        name = row.module_id if row is not None and row.kind == "local" else ""

        async def save(values: Values) -> Identity:
            name = read_module_id(values)
            if not await self._may_replace(name):
                raise LeftOpen(f"The key of {name} stays as it is; nothing was issued.")
            return await self._issued(name, server=is_server(values))

        fields = local_fields(name)
        issued = await self.fill_form("Issue a local identity", fields, save, submit="Issue")
        if issued is None:
            return
        name = issued.module_id or ""
        self._take(name, issued, wanted=True)
        self.tell(f"Issued {name}. Nobody keeps its key but this list: s saves it.")
        self.table.reload(at=key_of("local", name))

    async def _issued(self, name: str, *, server: bool) -> Identity:
        """A local identity: a principal's is fetched, any other created."""
        if name not in self.rows.with_local:
            self.refuse_writing()
            try:
                return await self.awaited(
                    f"Issue {name}", lambda: self.modules.create(name, "local", server=server)
                )
            except AlreadyExists:
                pass  # a principal has that name, in files that cannot be read here
        return await self.awaited(f"Fetch {name}", lambda: self.modules.get(name, "local"))

    # writing

    @one_at_a_time
    async def action_new(self) -> None:
        """Create a module in the hub."""

        async def save(values: Values) -> Identity:
            name = read_module_id(values)
            return await self.written(
                f"Create module {name}", lambda: self.modules.create(name, "aziot")
            )

        made = await self.fill_form("New module", module_fields(), save, submit="Create")
        if made is not None:
            self.tell(f"Created {made.module_id}.")
            self.read_again(at=key_of("module", made.module_id or ""))

    @one_at_a_time
    async def action_update(self) -> None:
        """Push the module's keys to the hub again."""
        row = self._module_row()
        if row is None:
            return
        question = ConfirmScreen(
            f"Push the keys of {row.name}?",
            render.update_warning(row.module_id),
            confirm="Push keys",
        )
        if not await self.ask(question):
            return
        try:
            found = await self.written(
                f"Push the keys of {row.name}", lambda: self.modules.update(row.module_id)
            )
        except LeftOpen as left:
            self.tell(str(left))
            return
        self.tell(f"Pushed the keys of {row.name}.")
        self.show_newer(IdentityRow("module", row.module_id, found, principal=row.principal))

    @one_at_a_time
    async def action_delete(self) -> None:
        """Delete the module from the hub."""
        row = self._module_row()
        if row is None:
            return
        await self.rows.read_names()
        question = ConfirmScreen(
            f"Delete the module {row.name}?",
            render.delete_warning(row.module_id, principal=row.module_id in self.rows.with_module),
            typed=row.module_id if row.module_id.startswith("$") else "",
        )
        if not await self.ask(question):
            return
        try:
            await self.written(
                f"Delete module {row.name}", lambda: self.modules.delete(row.module_id)
            )
        except LeftOpen as left:
            self.tell(str(left))
            return
        except RegistryError as error:
            self.complain(error)
        else:
            self.tell(f"Deleted {row.name}.")
        self.read_again()

    @one_at_a_time
    async def action_reprovision(self) -> None:
        """Provision the device anew, which destroys its principals' modules."""
        await self.rows.read_names()
        question = ConfirmScreen(
            "Provision the device anew?",
            render.reprovision_warning(sorted(self.rows.with_module)),
            confirm="Reprovision",
            typed=REPROVISION,
        )
        if not await self.ask(question):
            return
        try:
            await self.written("Reprovision the device", self.provisioning.reprovision)
        except LeftOpen as left:
            self.tell(str(left))
            return
        except RegistryError as error:
            self.complain(error)
        else:
            self.tell("The device was provisioned anew.")
        self.read_again()

    def _module_row(self) -> IdentityRow | None:
        row = self.require_row()
        if row is not None and row.kind != "module":
            self.warn("Only a module of the hub can be changed. Choose one in the list.")
            return None
        return row

    # secrets

    def action_reveal(self) -> None:
        """Show the private key or the key handle for a while."""
        row = self.require_row()
        if row is not None:
            self._secrets.peek(row)

    @one_at_a_time
    async def action_copy_secret(self) -> None:
        """Copy the private key or the key handle for a while."""
        row = self.require_row()
        if row is not None:
            await self._secrets.copy(row)

    @one_at_a_time
    async def action_save(self) -> None:
        """Save certificate and private key to files."""
        row = self.require_row()
        if row is not None:
            await self._save(row)

    async def _save(self, row: IdentityRow) -> bool:
        if not await self._secrets.save(row):
            return False
        self.rows.issued.saved(row.module_id)
        self.show_newer(self.rows.local_row(row.module_id))
        return True

    # leaving

    @property
    def holds(self) -> str:
        """The names whose private keys would be lost with the console."""
        return ", ".join(self.rows.issued.unsaved)

    async def settle(self) -> bool:
        """Save the keys that nobody else has, or let go of them, as the person wants."""
        one = len(self.rows.issued.unsaved) == 1
        chosen = await self.ask(
            ChooseScreen(
                "Leave without a private key?" if one else "Leave without private keys?",
                _LEAVING,
                intro=render.leaving_warning(self.rows.issued.unsaved),
            )
        )
        if chosen != "save":
            return chosen == "discard"
        for name in self.rows.issued.unsaved:
            if not await self._save(self.rows.local_row(name)):
                return False
        return True

    @property
    def _secrets(self) -> IdentitySecrets:
        return IdentitySecrets(self, self._clipboard)
