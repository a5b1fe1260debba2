"""Rotating a device's two keys: which way, the warning, and the write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from console.adapters.ports.credentials import CredentialsPort
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.forms.veil import Veil
from console.panes.asking import AskingPane
from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.errors import Invalid
from registry_backend.domain.key_pairs import Rotation, is_key_pair, rotated

CHOICES = (
    Choice("swap", "Swap", "they change places; both stay valid", "s"),
    Choice("primary", "New primary key", "the old one stops working at once", "p"),
    Choice("secondary", "New secondary key", "the old one stops working at once", "e"),
    Choice("both", "Two new keys", "both old ones stop working at once", "b"),
)
DONE: dict[Rotation, str] = {
    "swap": "Swapped the keys of",
    "primary": "Made a new primary key for",
    "secondary": "Made a new secondary key for",
    "both": "Made two new keys for",
}
_ASKED: dict[Rotation, str] = {
    "swap": "Swap the keys of {}?",
    "primary": "New primary key for {}?",
    "secondary": "New secondary key for {}?",
    "both": "Two new keys for {}?",
}
_MEANS: dict[Rotation, str] = {
    "swap": "Primary and secondary key change places. Whatever connects goes on with its key.",
    "primary": "The old primary key stops working at once. A device that connects with it is cut "
    "off until it is given the new key or the secondary.",
    "secondary": "The old secondary key stops working at once. A device that connects with it is "
    "cut off until it is given the new key or the primary.",
    "both": "Both old keys stop working at once. The device is cut off until somebody gives it one "
    "of the new keys by another way.",
}


async def ask_rotation(pane: AskingPane, of: str) -> Rotation | None:
    """Which rotation is wanted of whom; None when the person turns away."""
    chosen = await pane.ask(ChooseScreen("Rotate keys", CHOICES, intro=of))
    return next((each for each in get_args(Rotation) if each == chosen), None)


async def agreed(
    pane: AskingPane, rotation: Rotation, of: str, *, which: str = "", typed: str = ""
) -> bool:
    """Whether the person wants what it means; swapping the keys of one device is not asked about.

    Args:
        pane: Shows the question.
        rotation: What is about to be done.
        of: To whom: an id, or so many devices.
        which: A sentence that names several.
        typed: What must be typed before it can be confirmed.
    """
    if rotation == "swap" and not which:
        return True
    question = ConfirmScreen(
        _ASKED[rotation].format(of),
        "\n".join(part for part in (_MEANS[rotation], which) if part),
        confirm="Swap" if rotation == "swap" else "Make new",
        typed=typed,
    )
    return await pane.ask(question) or False


def key_pair_of(stored: CredentialSet) -> Credential:
    """The device's pair of keys: the one named after the device before any other.

    Raises:
        Invalid: when it has none.
    """
    pairs = [each for each in stored.credentials if is_key_pair(each)]
    named = [each for each in pairs if each.auth_id == stored.device_id]
    if not pairs:
        raise Invalid(f"{stored.device_id} has no primary and secondary key.")
    return (named or pairs)[0]


async def rotate(port: CredentialsPort, stored: CredentialSet, rotation: Rotation) -> CredentialSet:
    """Write the set with the device's keys rotated.

    Raises:
        RegistryError: as the registry does; Invalid when there is no pair of keys.
    """
    pair = key_pair_of(stored)
    return await port.replace(
        stored.tenant_id,
        stored.device_id,
        with_credential(stored, rotated(pair, rotation)),
        expected=stored.version,
    )


def with_credential(stored: CredentialSet, changed: Credential) -> Sequence[Credential]:
    """What to send: the set with one credential put in its place."""
    veil = Veil()
    documents = veil.document(stored)["credentials"]
    place = next(
        index
        for index, each in enumerate(stored.credentials)
        if (each.type, each.auth_id) == (changed.type, changed.auth_id)
    )
    documents[place] = veil.credential(changed.to_json())
    return veil.credentials({"credentials": documents}, stored)
