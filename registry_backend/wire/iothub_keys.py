"""The hub's view of a device's credentials (iothub 4.1, 4.2).

Symmetric keys are a `psk` credential and thumbprints an `x509-thumbprint` credential, both with the
device's id as auth-id and two secrets: primary, then secondary. Everything else a device has is
none of the hub's business and survives each import.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable, Sequence

from registry_backend.domain.credentials import PSK, X509_THUMBPRINT, Credential, Secret
from registry_backend.domain.document import JsonObject
from registry_backend.domain.identifiers import generate_id

Pair = tuple[str, str]
"""Primary and secondary."""

MIN_KEY_BYTES = 16
MAX_KEY_BYTES = 64
_THUMBPRINT = "thumbprint"
"""The member of a secret."""


def key_fault(key: str) -> str | None:
    """Why a symmetric key is refused, or None: standard base64 of 16 to 64 bytes (iothub 4.2)."""
    try:
        length = len(binascii.a2b_base64(key, strict_mode=True))
    except (binascii.Error, ValueError):
        return "is not standard base64"
    if MIN_KEY_BYTES <= length <= MAX_KEY_BYTES:
        return None
    return f"has {length} bytes; a device key has {MIN_KEY_BYTES} to {MAX_KEY_BYTES}"


def are_keys(primary: str, secondary: str) -> bool:
    """Whether `key_fault` finds nothing in either, at half the price."""
    try:
        one = len(binascii.a2b_base64(primary, strict_mode=True))
        other = len(binascii.a2b_base64(secondary, strict_mode=True))
    except ValueError:
        return False
    return MIN_KEY_BYTES <= one <= MAX_KEY_BYTES and MIN_KEY_BYTES <= other <= MAX_KEY_BYTES


def thumbprint_fault(thumbprint: str) -> str | None:
    """Why a certificate thumbprint is refused, or None: 40 or 64 hexadecimal digits."""
    if len(thumbprint) not in (40, 64):
        return f"has {len(thumbprint)} characters; a thumbprint has 40 or 64"
    if not all(character in "0123456789abcdefABCDEF" for character in thumbprint):
        return "has characters other than 0-9 and a-f"
    return None


def keys_of(device_id: str, credentials: Sequence[Credential]) -> Pair | None:
    """The symmetric keys; a single key stands for both, since a hub knows no device with one."""
    return _pair_of(device_id, credentials, PSK, _key)


def thumbprints_of(device_id: str, credentials: Sequence[Credential]) -> Pair | None:
    """The certificate thumbprints; a single one stands for both."""
    return _pair_of(device_id, credentials, X509_THUMBPRINT, _thumbprint)


def stored_keys_of(device_id: str, credentials: Sequence[JsonObject]) -> Pair | None:
    """`keys_of` credentials as JSON."""
    return _stored_pair(device_id, credentials, PSK, "key")


def stored_thumbprints_of(device_id: str, credentials: Sequence[JsonObject]) -> Pair | None:
    """`thumbprints_of` credentials as JSON."""
    return _stored_pair(device_id, credentials, X509_THUMBPRINT, _THUMBPRINT)


def merge_credentials(
    device_id: str,
    existing: Sequence[Credential],
    *,
    keys: Pair | None,
    thumbprints: Pair | None,
) -> tuple[Credential, ...]:
    """The set after a hub's write: its own two kinds as given, all others as they were.

    A secret whose material does not change keeps its id, comment and validity. What a hub does not
    show stays as well: secrets beyond the second, and thumbprints of a device that has keys.
    """
    if not existing:
        return _fresh(device_id, keys, thumbprints)
    shown = PSK if keys_of(device_id, existing) else X509_THUMBPRINT
    merged: list[Credential] = []
    pending = {PSK: (keys, _key, _key_secret), X509_THUMBPRINT: (thumbprints, _thumbprint, _print)}
    for credential in existing:
        if credential.auth_id != device_id or credential.type not in pending:
            merged.append(credential)
            continue
        pair, material, make = pending.pop(credential.type)
        if pair is not None:
            secrets = _merge_secrets(credential.secrets, pair, material, make)
            same = secrets == credential.secrets
            merged.append(
                credential if same else credential.model_copy(update={"secrets": secrets})
            )
        elif credential.type != shown:
            merged.append(credential)
    left = {kind: pair for kind, (pair, _, _) in pending.items()}
    return (*merged, *_fresh(device_id, left.get(PSK), left.get(X509_THUMBPRINT)))


def _fresh(device_id: str, keys: Pair | None, thumbprints: Pair | None) -> tuple[Credential, ...]:
    made = []
    if keys is not None:
        secrets = (_key_secret(keys[0]), _key_secret(keys[1]))
        made.append(Credential(type=PSK, auth_id=device_id, secrets=secrets))
    if thumbprints is not None:
        secrets = (_print(thumbprints[0]), _print(thumbprints[1]))
        made.append(Credential(type=X509_THUMBPRINT, auth_id=device_id, secrets=secrets))
    return tuple(made)


def _merge_secrets(
    existing: Sequence[Secret],
    pair: Pair,
    material: Callable[[Secret], str | None],
    make: Callable[[str], Secret],
) -> tuple[Secret, ...]:
    left = list(existing)
    chosen = []
    for wanted in pair:
        same = next((secret for secret in left if material(secret) == wanted), None)
        if same is None:
            chosen.append(make(wanted))
        else:
            left.remove(same)
            chosen.append(same)
    beyond = [secret for secret in existing[2:] if secret in left]
    return (*chosen, *beyond)


def _pair_of(
    device_id: str,
    credentials: Sequence[Credential],
    kind: str,
    material: Callable[[Secret], str | None],
) -> Pair | None:
    for credential in credentials:
        if credential.type == kind and credential.auth_id == device_id:
            return _pair(map(material, credential.secrets))
    return None


def _stored_pair(
    device_id: str, credentials: Sequence[JsonObject], kind: str, member: str
) -> Pair | None:
    for credential in credentials:
        if credential["type"] == kind and credential["auth-id"] == device_id:
            return _pair(secret.get(member) for secret in credential.get("secrets", ()))
    return None


def _pair(texts: Iterable[object]) -> Pair | None:
    """The first two, or the only one for both."""
    found = [text for text in texts if text and isinstance(text, str)]
    return (found[0], found[1] if len(found) > 1 else found[0]) if found else None


def _key(secret: Secret) -> str | None:
    return secret.key


def _thumbprint(secret: Secret) -> str | None:
    value = (secret.model_extra or {}).get(_THUMBPRINT)
    return value if isinstance(value, str) else None


def _key_secret(key: str) -> Secret:
    return Secret(id=generate_id(), key=key)


def _print(thumbprint: str) -> Secret:
    return Secret.model_validate({"id": generate_id(), _THUMBPRINT: thumbprint})
