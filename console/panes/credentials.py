"""The pane of credentials: all that may be done to those of one device."""

from __future__ import annotations

from console.dialogs.confirm import ConfirmScreen
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.credential_edit import SetEdit
from console.panes.credential_list import CredentialList
from console.panes.credential_source import parse_credential_filter
from console.panes.editing import LeftOpen
from console.panes.key_rotation import DONE, agreed, ask_rotation
from console.render import credentials as render
from console.render.credentials import CredentialEntry
from console.render.detail import plural
from registry_backend.domain.credentials import CredentialSet
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.key_pairs import is_key_pair, rotated


class CredentialsPane(CredentialList):
    """Lists, adds, changes and removes the credentials of one device."""

    BINDINGS = bindings_of("Credentials")

    # adding and changing

    @one_at_a_time
    async def action_new(self) -> None:
        """Add a credential."""
        tenant_id, device_id = self.scope.tenant_id, self.scope.device_id
        if tenant_id is None or device_id is None:
            self.warn("Choose a device first: press 2.")
            return
        try:
            stored = await self.port.get(tenant_id, device_id)
        except RegistryError as error:
            self.complain(error)
            return
        before = {entry.key for entry in render.entries_of(stored)}
        saved = await self._dialogs(stored).new()
        if saved is not None:
            added = [each.key for each in render.entries_of(saved) if each.key not in before]
            self._saved(saved, added[0] if added else "")

    @one_at_a_time
    async def action_edit(self) -> None:
        """Change state, validity and comments."""
        entry = self.require_row()
        if entry is not None:
            self._saved(await self._dialogs(entry.stored).edit(entry), entry.key)

    @one_at_a_time
    async def action_edit_json(self) -> None:
        """Change the whole set as JSON."""
        entry = self.require_row()
        if entry is not None:
            edit = SetEdit(self.app, self.saves, self.port, entry.stored)
            self._saved(await edit.edit_as_json(), entry.key)

    @one_at_a_time
    async def action_replace(self) -> None:
        """Give a secret new material."""
        entry = self.require_row()
        if entry is not None:
            self._saved(await self._dialogs(entry.stored).secrets.replace(entry), entry.key)

    @one_at_a_time
    async def action_add_secret(self) -> None:
        """Add a secret beside the others."""
        entry = self.require_row()
        if entry is not None:
            self._saved(await self._dialogs(entry.stored).secrets.add_secret(entry), entry.key)

    @one_at_a_time
    async def action_keys(self) -> None:
        """Swap the primary and the secondary key, or make new ones."""
        entry = self.require_row()
        if entry is None:
            return
        if not is_key_pair(entry.credential):
            self.warn(
                "Only a pre-shared key with two secrets has a primary and a secondary. "
                "A adds a second secret to one."
            )
            return
        rotation = await ask_rotation(self, entry.key)
        if rotation is None or not await agreed(self, rotation, entry.stored.device_id):
            return
        edit = SetEdit(self.app, self.saves, self.port, entry.stored)
        documents = edit.credentials()
        changed = rotated(entry.credential, rotation).to_json()
        documents[edit.index_of(entry.credential.type, entry.credential.auth_id)] = changed
        documents = [edit.veil.credential(each) for each in documents]
        await self._write(edit, documents, DONE[rotation])

    def _saved(self, stored: CredentialSet | None, key: str = "", *, done: str = "Saved") -> None:
        if stored is None:
            return
        self.tell(f"{done} the credentials of {stored.device_id}.")
        if stored.device_id == self.scope.device_id:
            if key:
                self.table.reload(at=key)
            else:
                self.table.reload()

    # on, off, gone

    @one_at_a_time
    async def action_switch(self) -> None:
        """Enable or disable the credential, or all marked ones alike, in one write."""
        entry = self.require_row()
        if entry is None:
            return
        chosen, enabled = self._chosen_keys(entry), not entry.credential.enabled
        verb = "Enable" if enabled else "Disable"
        if len(chosen) > 1:
            question = ConfirmScreen(
                f"{verb} {plural(len(chosen), 'credential')}?",
                f"All marked credentials of {entry.stored.device_id} are set alike.",
                confirm=verb,
            )
            if not await self.ask(question):
                return
        edit = SetEdit(self.app, self.saves, self.port, entry.stored)
        documents = [
            {**document, "enabled": enabled} if _key_of(document) in chosen else document
            for document in edit.credentials()
        ]
        await self._write(edit, documents, f"{verb}d {plural(len(chosen), 'credential')} of")

    @one_at_a_time
    async def action_delete(self) -> None:
        """Delete the credential, one of its secrets, or all marked credentials."""
        entry = self.require_row()
        if entry is None:
            return
        chosen = self._chosen_keys(entry)
        edit = SetEdit(self.app, self.saves, self.port, entry.stored)
        documents = await self._dialogs(entry.stored, edit).without(entry, chosen)
        if documents is None:
            return
        await self._write(edit, documents, "Deleted from")
        self.table.clear_marks()

    async def _write(self, edit: SetEdit, documents: list[JsonObject], done: str) -> None:
        try:
            saved = await edit.save(documents)
        except LeftOpen:
            self.tell("Nothing was written.")
        except RegistryError as error:
            self.complain(error)
        else:
            self.tell(f"{done} {saved.device_id}.")
            if saved.device_id == self.scope.device_id:
                self.table.reload()

    def _chosen_keys(self, entry: CredentialEntry) -> frozenset[str]:
        marks = self.table.marks
        if not marks:
            return frozenset({entry.key})
        passes = parse_credential_filter(self.filter_text, self.clock())
        entries = (each for each in render.entries_of(entry.stored) if passes(each))
        return frozenset(each.key for each in entries if each.key in marks)


def _key_of(document: JsonObject) -> str:
    return f"{document['type']} {document['auth-id']}"
