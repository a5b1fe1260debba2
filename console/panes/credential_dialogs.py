"""The dialogs that add, change and remove credentials and their secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.dialogs.choose import Choice, ChooseScreen
from console.forms.credentials import (
    GENERIC_CREDENTIAL,
    edit_fields,
    edited,
    new_fields,
    secret_members,
)
from console.forms.fields import Values, put, text_of
from console.forms.thumbprints import thumbprints_of
from console.panes.asking import AskingPane
from console.panes.credential_edit import SetEdit
from console.panes.credential_removal import set_without
from console.panes.credential_saving import CredentialSaving
from console.panes.credential_secrets import SecretDialogs
from console.render.credentials import CredentialEntry
from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    X509,
    X509_THUMBPRINT,
    CredentialSet,
)
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid

_OTHER = "other"
_TYPES = (
    Choice(HASHED_PASSWORD, "Password", "hashed at once, for user name and password", "p"),
    Choice(PSK, "Pre-shared key", "typed or made here", "k"),
    Choice(X509, "Certificate", "from a file; known by its subject", "c"),
    Choice(RPK, "Raw public key", "from a certificate or key file", "r"),
    Choice(X509_THUMBPRINT, "Thumbprint", "of a certificate, as IoT Hub has it", "t"),
    Choice(_OTHER, "Another type", "as JSON", "o"),
)


class CredentialDialogs:
    """What a person may do to one device's credentials; `secrets` is for those of one of them.

    Each method returns the set that was saved, or None when nothing was.

    Args:
        pane: Shows the dialogs.
        edit: The change of the set.
        now: The present.
        types: Those that the registry can hold; empty: any.
        plain: Whether it keeps bare material, without validity and comments.
    """

    def __init__(
        self,
        pane: AskingPane,
        edit: SetEdit,
        now: datetime,
        *,
        types: Sequence[str] = (),
        plain: bool = False,
    ) -> None:
        saving = CredentialSaving(pane, edit, plain=plain)
        self.secrets = SecretDialogs(saving, now)
        self._saving, self._now = saving, now
        held = {each.type for each in edit.stored.credentials} if plain else set()
        self._choices = [
            each for each in _TYPES if (not types or each.value in types) and each.value not in held
        ]

    # new

    async def new(self) -> CredentialSet | None:
        """Choose a type and fill in its form."""
        device_id = self._saving.edit.stored.device_id
        title = f"New credential of {device_id}"
        kind = await self._saving.pane.ask(ChooseScreen(title, self._choices))
        if kind is None:
            return None
        if kind == _OTHER:
            start = {**GENERIC_CREDENTIAL, "auth-id": device_id}
            return await self._saving.as_json(title, start, self._append)
        fields = self._saving.kept(new_fields(kind, device_id))
        stored = self._saving.edit.stored.credentials
        instead = stored[0].type if stored and self._saving.plain else ""
        place = 0 if instead else len(stored)

        async def save(values: Values) -> CredentialSet:
            members = await self._new_members(kind, values)
            return await self._saving.save_form(fields, members, place)

        intro = f"A device here has one credential: this takes the place of its {instead}."
        return await self._saving.pane.fill_form(
            f"New {kind} of {device_id}",
            fields,
            save,
            submit="Replace" if instead else "Add",
            intro=intro if instead else "",
        )

    async def _new_members(self, kind: str, values: Values) -> JsonObject:
        material = await self._saving.material(kind, values)
        members: JsonObject = {"type": kind}
        if kind == X509:
            members |= material
        else:
            auth_id = text_of(values, "auth-id")
            if not auth_id:
                raise Invalid.at("auth-id", "must not be empty")
            if any(
                (c.type, c.auth_id) == (kind, auth_id) for c in self._saving.edit.stored.credentials
            ):
                taken = f"the device has a {kind} of this auth-id: esc, then A adds a secret to it"
                raise Invalid.at("auth-id", taken)
            members["auth-id"] = auth_id
            members["secrets"] = [secret_members(values, material, self._now)]
            if kind == X509_THUMBPRINT:
                members["secrets"] = [
                    secret_members(values, {"thumbprint": each}, self._now)
                    for each in thumbprints_of(values)
                ]
        put(members, "comment", text_of(values, "comment"))
        return members

    async def _append(self, members: JsonObject) -> CredentialSet:
        return await self._saving.save(members, len(self._saving.edit.stored.credentials))

    # what exists

    async def edit(self, entry: CredentialEntry) -> CredentialSet | None:
        """State, validity, comments."""
        index = self._saving.index(entry)
        fields = edit_fields(entry.credential)

        async def save(values: Values) -> CredentialSet:
            members = edited(self._saving.edit.credentials()[index], values, self._now)
            return await self._saving.save_form(fields, members, index)

        return await self._saving.pane.fill_form(f"Edit {entry.key}", fields, save)

    # removing

    async def without(
        self, entry: CredentialEntry, chosen: frozenset[str]
    ) -> list[JsonObject] | None:
        """The set without what the person agrees to delete; None when they turn away."""
        return await set_without(self._saving, entry, chosen, self._now)
