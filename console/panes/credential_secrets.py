"""The dialogs that give secrets of a credential new material, and add secrets beside them."""

from __future__ import annotations

from datetime import datetime

from console.dialogs.choose import Choice, ChooseScreen
from console.forms.credentials import new_fields, replace_fields, secret_members
from console.forms.fields import Values, put, text_of
from console.forms.thumbprints import (
    SECONDARY,
    thumbprint_fields,
    thumbprints_of,
    with_thumbprints,
)
from console.panes.credential_saving import CredentialSaving
from console.render.credentials import CredentialEntry, secret_summary, secret_title
from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    X509,
    X509_THUMBPRINT,
    CredentialSet,
)
from registry_backend.domain.document import JsonObject

WITH_FORM = frozenset({HASHED_PASSWORD, PSK, X509, RPK, X509_THUMBPRINT})
"""Types that have a form; others are written as JSON."""
_LASTING = frozenset({"id", "enabled"})
"""What of a secret outlives its material."""


class SecretDialogs:
    """What a person may do to the secrets of one credential.

    Each method returns the set that was saved, or None when nothing was.

    Args:
        saving: Saves the set.
        now: The present.
    """

    def __init__(self, saving: CredentialSaving, now: datetime) -> None:
        self._saving, self._now = saving, now

    async def replace(self, entry: CredentialEntry) -> CredentialSet | None:
        """New material for a secret, which keeps its id."""
        if entry.credential.type == X509_THUMBPRINT:
            return await self._thumbprints(entry)
        place = await self.choose(entry, "Replace which secret?")
        if place is None:
            return None
        kind, index = entry.credential.type, self._saving.index(entry)
        title = f"Replace the {secret_title(entry.credential, place).lower()} of {entry.key}"
        members = self._saving.edit.credentials()[index]
        if kind not in WITH_FORM:

            async def save_json(secret: JsonObject) -> CredentialSet:
                return await self._saving.save(_with_secret(members, place, secret), index)

            return await self._saving.as_json(title, members["secrets"][place], save_json)
        fields = self._saving.kept(replace_fields(kind, entry.credential.secrets[place]))

        async def save(values: Values) -> CredentialSet:
            material = await self._saving.material(kind, values)
            if kind == X509:
                kept = {n: v for n, v in members.items() if n not in ("auth-id", "secrets")}
                return await self._saving.save_form(fields, {**kept, **material}, index)
            secret = {n: v for n, v in members["secrets"][place].items() if n in _LASTING}
            secret |= secret_members(values, material, self._now)
            put(secret, "comment", text_of(values, "comment"))
            return await self._saving.save_form(fields, _with_secret(members, place, secret), index)

        intro = "A certificate with another subject renames the credential." if kind == X509 else ""
        return await self._saving.pane.fill_form(title, fields, save, submit="Replace", intro=intro)

    async def _thumbprints(self, entry: CredentialEntry) -> CredentialSet | None:
        """Both thumbprints at once, as a hub has them."""
        index = self._saving.index(entry)
        fields = thumbprint_fields(entry.credential.secrets)

        async def save(values: Values) -> CredentialSet:
            members = self._saving.edit.credentials()[index]
            secrets = with_thumbprints(members.get("secrets", []), thumbprints_of(values))
            return await self._saving.save_form(fields, {**members, "secrets": secrets}, index)

        return await self._saving.pane.fill_form(f"Thumbprints of {entry.key}", fields, save)

    async def add_secret(self, entry: CredentialEntry) -> CredentialSet | None:
        """One more secret, so that a device can change over from one to the next."""
        kind, index = entry.credential.type, self._saving.index(entry)
        if kind == X509:
            self._saving.pane.warn(
                "A certificate's credential has exactly one secret. "
                "Press n to add another certificate."
            )
            return None
        members, title = self._saving.edit.credentials()[index], f"New secret of {entry.key}"
        if kind not in WITH_FORM:

            async def save_json(secret: JsonObject) -> CredentialSet:
                return await self._saving.save(_with_secret(members, None, secret), index)

            return await self._saving.as_json(title, {"comment": ""}, save_json)
        fields = [
            each
            for each in self._saving.kept(new_fields(kind, ""))
            if each.name not in ("auth-id", SECONDARY)
        ]

        async def save(values: Values) -> CredentialSet:
            secret = secret_members(values, await self._saving.material(kind, values), self._now)
            put(secret, "comment", text_of(values, "comment"))
            return await self._saving.save_form(fields, _with_secret(members, None, secret), index)

        return await self._saving.pane.fill_form(title, fields, save, submit="Add")

    async def choose(self, entry: CredentialEntry, question: str) -> int | None:
        """Which secret is meant; not asked when there is only one."""
        credential = entry.credential
        if len(credential.secrets) < 2:
            return 0 if credential.secrets else None
        choices = secret_choices(entry, self._now)
        chosen = await self._saving.pane.ask(ChooseScreen(question, choices, intro=entry.key))
        return None if chosen is None else int(chosen)


def secret_choices(entry: CredentialEntry, now: datetime) -> list[Choice]:
    """The secrets of a credential as lines of a menu, numbered."""
    return [
        Choice(
            str(index),
            secret_title(entry.credential, index),
            secret_summary(secret, now),
            str(index + 1) if index < 9 else "",
        )
        for index, secret in enumerate(entry.credential.secrets)
    ]


def _with_secret(members: JsonObject, place: int | None, secret: JsonObject) -> JsonObject:
    """The credential with a secret put in its place, or at the end."""
    secrets = list(members.get("secrets", ()))
    if place is None:
        secrets.append(secret)
    else:
        secrets[place] = secret
    return {**members, "secrets": secrets}
