"""Primary and secondary: two secrets that a device changes over between (iothub 4.2). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from registry_backend.domain.credentials import PSK, X509_THUMBPRINT, Credential
from registry_backend.domain.errors import Invalid
from registry_backend.domain.secrets import generate_key

Rotation = Literal["swap", "primary", "secondary", "both"]
"""What is done to a pair of keys: exchanged, or one or both made anew."""
SLOTS = ("primary", "secondary")
"""The first and the second secret."""


def is_pair(credential: Credential) -> bool:
    """Whether the credential has a primary and a secondary: keys, or thumbprints."""
    return credential.type in (PSK, X509_THUMBPRINT) and len(credential.secrets) == len(SLOTS)


def is_key_pair(credential: Credential) -> bool:
    """Whether it has two keys that can be rotated."""
    return credential.type == PSK and is_pair(credential)


def swapped(credential: Credential) -> Credential:
    """The two keys in each other's place, each with its id and validity.

    Raises:
        Invalid: when it is no pair of keys.
    """
    _require_pair(credential)
    first, second = credential.secrets
    return credential.model_copy(update={"secrets": (second, first)})


def regenerated(
    credential: Credential,
    which: Literal["primary", "secondary", "both"],
    *,
    make: Callable[[], str] = generate_key,
) -> Credential:
    """New random keys in one or both places; ids, validity and comments stay.

    Raises:
        Invalid: when it is no pair of keys.
    """
    _require_pair(credential)
    secrets = tuple(
        secret.model_copy(update={"key": make()}) if which in (slot, "both") else secret
        for slot, secret in zip(SLOTS, credential.secrets, strict=True)
    )
    return credential.model_copy(update={"secrets": secrets})


def rotated(
    credential: Credential, rotation: Rotation, *, make: Callable[[], str] = generate_key
) -> Credential:
    """The credential after a rotation. Raises Invalid when it is no pair of keys."""
    return (
        swapped(credential) if rotation == "swap" else regenerated(credential, rotation, make=make)
    )


def _require_pair(credential: Credential) -> None:
    if not is_key_pair(credential):
        raise Invalid(
            f"The {credential.type} {credential.auth_id} has no primary and secondary key.",
            hint="Only a pre-shared key with two secrets has them; add the second one first.",
        )
