"""The dialogs that add, change and remove credentials and their secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.document import DocumentScreen
from console.forms.certificates import certificate_of, public_key_members
from console.forms.credentials import (
    FILE_TYPES,
    GENERIC_CREDENTIAL,
    at_form_fields,
    edit_fields,
    edited,
    new_fields,
    replace_fields,
    secret_members,
    typed_material,
)
from console.forms.fields import Field, Values, put, text_of
from console.forms.thumbprints import (
    SECONDARY,
    thumbprint_fields,
    thumbprints_of,
    with_thumbprints,
)
from console.panes.asking import AskingPane
from console.panes.credential_edit import SetEdit
from console.panes.editing import LeftOpen, as_object
from console.panes.files import read_named_file
from console.render.credentials import CredentialEntry, secret_summary, secret_title
from console.render.detail import plural
from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    X509,
    X509_THUMBPRINT,
    CredentialSet,
)
from registry_backend.domain.document import JsonObject, format_json, parse_json
from registry_backend.domain.errors import Invalid, RegistryError

_OTHER = "other"
_TYPES = (
    Choice(HASHED_PASSWORD, "Password", "hashed at once, for user name and password", "p"),
    Choice(PSK, "Pre-shared key", "typed or made here", "k"),
    Choice(X509, "Certificate", "from a file; known by its subject", "c"),
    Choice(RPK, "Raw public key", "from a certificate or key file", "r"),
    Choice(X509_THUMBPRINT, "Thumbprint", "of a certificate, as IoT Hub has it", "t"),
    Choice(_OTHER, "Another type", "as JSON", "o"),
)
_WITH_FORM = frozenset({HASHED_PASSWORD, PSK, X509, RPK, X509_THUMBPRINT})


class CredentialDialogs:
    """What a person may do to one device's credentials.

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
        self._pane, self._edit, self._now = pane, edit, now
        held = {each.type for each in edit.stored.credentials} if plain else set()
        self._choices = [
            each for each in _TYPES if (not types or each.value in types) and each.value not in held
        ]
        self._plain = plain

    # new

    async def new(self) -> CredentialSet | None:
        """Choose a type and fill in its form."""
        device_id = self._edit.stored.device_id
        title = f"New credential of {device_id}"
        kind = await self._pane.ask(ChooseScreen(title, self._choices))
        if kind is None:
            return None
        if kind == _OTHER:
            start = {**GENERIC_CREDENTIAL, "auth-id": device_id}
            return await self._as_json(title, start, self._append)
        fields = self._told(new_fields(kind, device_id))
        stored = self._edit.stored.credentials
        instead = stored[0].type if stored and self._plain else ""
        place = 0 if instead else len(stored)

        async def save(values: Values) -> CredentialSet:
            members = await self._new_members(kind, values)
            return await self._save_form(fields, members, place)

        intro = f"A device here has one credential: this takes the place of its {instead}."
        return await self._pane.fill_form(
            f"New {kind} of {device_id}",
            fields,
            save,
            submit="Replace" if instead else "Add",
            intro=intro if instead else "",
        )

    async def _new_members(self, kind: str, values: Values) -> JsonObject:
        material = await self._material(kind, values)
        members: JsonObject = {"type": kind}
        if kind == X509:
            members |= material
        else:
            auth_id = text_of(values, "auth-id")
            if not auth_id:
                raise Invalid.at("auth-id", "must not be empty")
            if any((c.type, c.auth_id) == (kind, auth_id) for c in self._edit.stored.credentials):
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

    def _told(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Those of the fields that the registry keeps."""
        return [each for each in fields if not self._plain or each.name not in _AROUND]

    async def _append(self, members: JsonObject) -> CredentialSet:
        return await self._save(members, len(self._edit.stored.credentials))

    # what exists

    async def edit(self, entry: CredentialEntry) -> CredentialSet | None:
        """State, validity, comments."""
        index = self._index(entry)
        fields = edit_fields(entry.credential)

        async def save(values: Values) -> CredentialSet:
            members = edited(self._edit.credentials()[index], values, self._now)
            return await self._save_form(fields, members, index)

        return await self._pane.fill_form(f"Edit {entry.key}", fields, save)

    async def replace(self, entry: CredentialEntry) -> CredentialSet | None:
        """New material for a secret, which keeps its id."""
        if entry.credential.type == X509_THUMBPRINT:
            return await self._thumbprints(entry)
        place = await self.choose_secret(entry, "Replace which secret?")
        if place is None:
            return None
        kind, index = entry.credential.type, self._index(entry)
        title = f"Replace the {secret_title(entry.credential, place).lower()} of {entry.key}"
        members = self._edit.credentials()[index]
        if kind not in _WITH_FORM:

            async def save_json(secret: JsonObject) -> CredentialSet:
                return await self._save(_with_secret(members, place, secret), index)

            return await self._as_json(title, members["secrets"][place], save_json)
        fields = self._told(replace_fields(kind, entry.credential.secrets[place]))

        async def save(values: Values) -> CredentialSet:
            material = await self._material(kind, values)
            if kind == X509:
                kept = {n: v for n, v in members.items() if n not in ("auth-id", "secrets")}
                return await self._save_form(fields, {**kept, **material}, index)
            secret = {n: v for n, v in members["secrets"][place].items() if n in _LASTING}
            secret |= secret_members(values, material, self._now)
            put(secret, "comment", text_of(values, "comment"))
            return await self._save_form(fields, _with_secret(members, place, secret), index)

        intro = "A certificate with another subject renames the credential." if kind == X509 else ""
        return await self._pane.fill_form(title, fields, save, submit="Replace", intro=intro)

    async def _thumbprints(self, entry: CredentialEntry) -> CredentialSet | None:
        """Both thumbprints at once, as a hub has them."""
        index = self._index(entry)
        fields = thumbprint_fields(entry.credential.secrets)

        async def save(values: Values) -> CredentialSet:
            members = self._edit.credentials()[index]
            secrets = with_thumbprints(members.get("secrets", []), thumbprints_of(values))
            return await self._save_form(fields, {**members, "secrets": secrets}, index)

        return await self._pane.fill_form(f"Thumbprints of {entry.key}", fields, save)

    async def add_secret(self, entry: CredentialEntry) -> CredentialSet | None:
        """One more secret, so that a device can change over from one to the next."""
        kind, index = entry.credential.type, self._index(entry)
        if kind == X509:
            self._pane.warn(
                "A certificate's credential has exactly one secret. "
                "Press n to add another certificate."
            )
            return None
        members, title = self._edit.credentials()[index], f"New secret of {entry.key}"
        if kind not in _WITH_FORM:

            async def save_json(secret: JsonObject) -> CredentialSet:
                return await self._save(_with_secret(members, None, secret), index)

            return await self._as_json(title, {"comment": ""}, save_json)
        fields = [
            each
            for each in self._told(new_fields(kind, ""))
            if each.name not in ("auth-id", SECONDARY)
        ]

        async def save(values: Values) -> CredentialSet:
            secret = secret_members(values, await self._material(kind, values), self._now)
            put(secret, "comment", text_of(values, "comment"))
            return await self._save_form(fields, _with_secret(members, None, secret), index)

        return await self._pane.fill_form(title, fields, save, submit="Add")

    async def choose_secret(self, entry: CredentialEntry, question: str) -> int | None:
        """Which secret is meant; not asked when there is only one."""
        credential = entry.credential
        if len(credential.secrets) < 2:
            return 0 if credential.secrets else None
        choices = self._secret_choices(entry)
        chosen = await self._pane.ask(ChooseScreen(question, choices, intro=entry.key))
        return None if chosen is None else int(chosen)

    def _secret_choices(self, entry: CredentialEntry) -> list[Choice]:
        return [
            Choice(
                str(index),
                secret_title(entry.credential, index),
                secret_summary(secret, self._now),
                str(index + 1) if index < 9 else "",
            )
            for index, secret in enumerate(entry.credential.secrets)
        ]

    # removing

    async def without(
        self, entry: CredentialEntry, chosen: frozenset[str]
    ) -> list[JsonObject] | None:
        """The set without what the person agrees to delete; None when they turn away."""
        documents, index = self._edit.credentials(), self._index(entry)
        if len(chosen) > 1 or entry.key not in chosen:
            title, what = f"Delete {plural(len(chosen), 'credential')}?", "The marked credentials"
            place = None
        else:
            whole, place = await self._whole_or_secret(entry)
            if not whole and place is None:
                return None
            title, what = f"Delete {entry.key}?", f"The credential {entry.key}"
            if place is not None:
                name = secret_title(entry.credential, place).lower()
                title, what = f"Delete {name}?", f"The {name} of {entry.key}"
        device_id = entry.stored.device_id
        text = f"{what} cannot be used by {device_id} any more. This cannot be taken back."
        if place is None and len(chosen) >= len(documents):
            text += "\nIt is left without credentials and cannot log in."
        if not await self._pane.ask(ConfirmScreen(title, text)):
            return None
        if place is not None:
            secrets = list(documents[index]["secrets"])
            del secrets[place]
            documents[index] = {**documents[index], "secrets": secrets}
            return documents
        return [each for each in documents if f"{each['type']} {each['auth-id']}" not in chosen]

    async def _whole_or_secret(self, entry: CredentialEntry) -> tuple[bool, int | None]:
        """Whether all of it, or which of its secrets, is to go."""
        if len(entry.credential.secrets) < 2:
            return True, None
        choices = self._secret_choices(entry)
        whole = Choice("all", "The whole credential", plural(len(choices), "secret"), "a")
        chosen = await self._pane.ask(
            ChooseScreen("Delete what?", [*choices, whole], intro=entry.key)
        )
        return chosen == "all", int(chosen) if chosen and chosen != "all" else None

    # saving

    async def _material(self, kind: str, values: Values) -> JsonObject:
        if kind not in FILE_TYPES:
            return typed_material(kind, values)
        content = await read_named_file(values, "cert")
        if kind == X509:
            return {"cert": certificate_of(content, field="cert")}
        return public_key_members(content, field="cert")

    async def _save_form(
        self, fields: Sequence[Field], members: JsonObject, index: int
    ) -> CredentialSet:
        try:
            return await self._save(members, index)
        except Invalid as error:
            raise at_form_fields(error, index, fields) from None

    async def _save(self, members: JsonObject, index: int) -> CredentialSet:
        """Save the set with one credential put in its place; what is new in it is covered too."""
        credentials = self._edit.credentials()
        credentials[index : index + 1] = [self._edit.veil.credential(members)]
        return await self._edit.save(credentials)

    def _index(self, entry: CredentialEntry) -> int:
        return self._edit.index_of(entry.credential.type, entry.credential.auth_id)

    async def _as_json(
        self, title: str, start: JsonObject, save: Callable[[JsonObject], Awaitable[CredentialSet]]
    ) -> CredentialSet | None:
        """Let the person edit a document until it could be saved."""
        text, problem = format_json(start), ""
        while True:
            screen = DocumentScreen(title, text, problem=problem, changed=bool(problem))
            answer = await self._pane.ask(screen)
            if answer is None:
                return None
            text = answer
            try:
                return await save(as_object(parse_json(text)))
            except (LeftOpen, RegistryError) as error:
                problem = str(error)


_AROUND = frozenset({"not-before", "not-after", "comment"})
"""Fields around material, which not every registry keeps."""
_LASTING = frozenset({"id", "enabled"})
"""What of a secret outlives its material."""


def _with_secret(members: JsonObject, place: int | None, secret: JsonObject) -> JsonObject:
    """The credential with a secret put in its place, or at the end."""
    secrets = list(members.get("secrets", ()))
    if place is None:
        secrets.append(secret)
    else:
        secrets[place] = secret
    return {**members, "secrets": secrets}
