"""A change of a device's credential set: its secrets stay covered from the first to the last."""

from __future__ import annotations

from textual.app import App

from console.adapters.ports.credentials import CredentialsPort
from console.forms.fields import Values, refilled
from console.forms.veil import Veil
from console.forms.withheld import INTRO, completed, withheld, withheld_fields
from console.panes.editing import DocumentEdit, LeftOpen
from console.saving import Saves
from registry_backend.domain.credentials import CredentialSet
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid


class SetEdit:
    """One person's change of one set.

    Args:
        app: Shows the dialogs.
        saves: Runs the writes.
        port: Where the set is kept.
        stored: The set as it was when the person began.
    """

    def __init__(
        self, app: App[None], saves: Saves, port: CredentialsPort, stored: CredentialSet
    ) -> None:
        self.stored = stored
        self.veil = Veil()
        self._app = app
        self._port = port
        self._seen = {stored.version: stored}
        self._edit = DocumentEdit(
            app=app,
            saves=saves,
            subject=f"credentials of {stored.device_id}",
            base=stored,
            document=self.veil.document,
            version=lambda each: each.version,
            write=self._write,
            fetch=self._fetch,
            amend=self._ask_for_keys,
        )

    def credentials(self) -> list[JsonObject]:
        """The credentials as documents with covered secrets, to be changed and saved."""
        credentials: list[JsonObject] = self.veil.document(self.stored)["credentials"]
        return credentials

    def index_of(self, credential_type: str, auth_id: str) -> int:
        """Where a credential of the set stands in its document."""
        found = [(each.type, each.auth_id) for each in self.stored.credentials]
        return found.index((credential_type, auth_id))

    async def save(self, credentials: list[JsonObject]) -> CredentialSet:
        """Write the set; conflicts are settled on the way.

        Raises:
            RegistryError: when the registry refuses.
            LeftOpen: when the person leaves a conflict undecided.
        """
        return await self._edit.save({"credentials": credentials})

    async def edit_as_json(self) -> CredentialSet | None:
        """Let the person edit the whole set as JSON."""
        return await self._edit.edit_as_json()

    async def _write(self, document: JsonObject, version: str) -> CredentialSet:
        credentials = self.veil.credentials(document, self._seen[version])
        stored = self.stored
        return await self._port.replace(
            stored.tenant_id, stored.device_id, credentials, expected=version
        )

    async def _fetch(self) -> CredentialSet:
        current = await self._port.get(self.stored.tenant_id, self.stored.device_id)
        self._seen[current.version] = current
        return current

    async def _ask_for_keys(self, document: JsonObject, refusal: Invalid) -> JsonObject:
        """The set with the keys that the registry wants again, as the person gives them.

        Raises:
            Invalid: the refusal, when it is about something else.
            LeftOpen: when the person turns away.
        """
        from console.dialogs.form import FormScreen  # noqa: PLC0415 - the first rows need no form

        missing = withheld(document, refusal.problems)
        if not missing:
            raise refusal
        values: Values | None = None
        problems: tuple[FieldProblem, ...] = ()
        while True:
            form = FormScreen(
                f"Keys of {self.stored.device_id}",
                refilled(withheld_fields(missing), values),
                problems=problems,
                intro=INTRO,
            )
            values = await self._app.push_screen_wait(form)
            if values is None:
                raise LeftOpen("A key is missing; nothing has been written yet.")
            try:
                whole = completed(document, missing, values)
            except Invalid as error:
                problems = error.problems
                continue
            return {"credentials": [self.veil.credential(each) for each in whole["credentials"]]}
