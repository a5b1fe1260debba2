"""Deleting a credential, one of its secrets, or the marked credentials: asked first."""

from __future__ import annotations

from datetime import datetime

from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.panes.credential_saving import CredentialSaving
from console.panes.credential_secrets import secret_choices
from console.render.credentials import CredentialEntry, secret_title
from console.render.detail import plural
from registry_backend.domain.document import JsonObject


async def set_without(
    saving: CredentialSaving, entry: CredentialEntry, chosen: frozenset[str], now: datetime
) -> list[JsonObject] | None:
    """The set without what the person agrees to delete; None when they turn away."""
    documents, index = saving.edit.credentials(), saving.index(entry)
    if len(chosen) > 1 or entry.key not in chosen:
        title, what = f"Delete {plural(len(chosen), 'credential')}?", "The marked credentials"
        place = None
    else:
        whole, place = await _whole_or_secret(saving, entry, now)
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
    if not await saving.pane.ask(ConfirmScreen(title, text)):
        return None
    if place is not None:
        secrets = list(documents[index]["secrets"])
        del secrets[place]
        documents[index] = {**documents[index], "secrets": secrets}
        return documents
    return [each for each in documents if f"{each['type']} {each['auth-id']}" not in chosen]


async def _whole_or_secret(
    saving: CredentialSaving, entry: CredentialEntry, now: datetime
) -> tuple[bool, int | None]:
    """Whether all of it, or which of its secrets, is to go."""
    if len(entry.credential.secrets) < 2:
        return True, None
    choices = secret_choices(entry, now)
    whole = Choice("all", "The whole credential", plural(len(choices), "secret"), "a")
    chosen = await saving.pane.ask(ChooseScreen("Delete what?", [*choices, whole], intro=entry.key))
    return chosen == "all", int(chosen) if chosen and chosen != "all" else None
