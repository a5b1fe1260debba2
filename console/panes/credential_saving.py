"""How the dialogs of credentials read material and save the set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from console.dialogs.document import DocumentScreen
from console.forms.certificates import certificate_of, public_key_members
from console.forms.credentials import FILE_TYPES, at_form_fields, typed_material
from console.forms.fields import Field, Values
from console.panes.asking import AskingPane
from console.panes.credential_edit import SetEdit
from console.panes.editing import LeftOpen, as_object
from console.panes.files import read_named_file
from console.render.credentials import CredentialEntry
from registry_backend.domain.credentials import X509, CredentialSet
from registry_backend.domain.document import JsonObject, format_json, parse_json
from registry_backend.domain.errors import Invalid, RegistryError

AROUND = frozenset({"not-before", "not-after", "comment"})
"""Fields around material, which not every registry keeps."""


class CredentialSaving:
    """One device's set under change, one credential at a time.

    Args:
        pane: Shows the dialogs.
        edit: The change of the set.
        plain: Whether the registry keeps bare material, without validity and comments.
    """

    def __init__(self, pane: AskingPane, edit: SetEdit, *, plain: bool) -> None:
        self.pane, self.edit, self.plain = pane, edit, plain

    def kept(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Those of the fields that the registry keeps."""
        return [each for each in fields if not self.plain or each.name not in AROUND]

    async def material(self, kind: str, values: Values) -> JsonObject:
        """What was typed, or what the named file holds. Raises Invalid at its field."""
        if kind not in FILE_TYPES:
            return typed_material(kind, values)
        content = await read_named_file(values, "cert")
        if kind == X509:
            return {"cert": certificate_of(content, field="cert")}
        return public_key_members(content, field="cert")

    async def save_form(
        self, fields: Sequence[Field], members: JsonObject, index: int
    ) -> CredentialSet:
        """Save one credential from a form, whose fields are told what is wrong."""
        try:
            return await self.save(members, index)
        except Invalid as error:
            raise at_form_fields(error, index, fields) from None

    async def save(self, members: JsonObject, index: int) -> CredentialSet:
        """Save the set with one credential put in its place; what is new in it is covered too."""
        credentials = self.edit.credentials()
        credentials[index : index + 1] = [self.edit.veil.credential(members)]
        return await self.edit.save(credentials)

    def index(self, entry: CredentialEntry) -> int:
        """Where the credential stands in the set."""
        return self.edit.index_of(entry.credential.type, entry.credential.auth_id)

    async def as_json(
        self, title: str, start: JsonObject, save: Callable[[JsonObject], Awaitable[CredentialSet]]
    ) -> CredentialSet | None:
        """Let the person edit a document until it could be saved."""
        text, problem = format_json(start), ""
        while True:
            screen = DocumentScreen(title, text, problem=problem, changed=bool(problem))
            answer = await self.pane.ask(screen)
            if answer is None:
                return None
            text = answer
            try:
                return await save(as_object(parse_json(text)))
            except (LeftOpen, RegistryError) as error:
                problem = str(error)
