"""A credential of a device as table cells and as a detail; secrets stay covered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.render.detail import Line, Section, Tone, plural, state
from console.render.expiry import expiry, window
from console.render.text import absolute_time, is_registrys_own, relative_time
from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    RPK,
    X509,
    X509_THUMBPRINT,
    Credential,
    CredentialRow,
    CredentialSet,
    Secret,
)
from registry_backend.domain.document import compact_json
from registry_backend.domain.journal import JournalEntry
from registry_backend.domain.key_pairs import SLOTS, is_pair
from registry_backend.domain.secrets import MASK


@dataclass(frozen=True, slots=True)
class CredentialEntry:
    """One credential and the set it belongs to."""

    stored: CredentialSet
    credential: Credential

    @property
    def key(self) -> str:
        """Type and auth-id; a type holds no blank, so the key is unambiguous."""
        return f"{self.credential.type} {self.credential.auth_id}"


def entries_of(stored: CredentialSet) -> tuple[CredentialEntry, ...]:
    """Each credential of a set."""
    return tuple(CredentialEntry(stored, credential) for credential in stored.credentials)


# cells


_SHORT = {HASHED_PASSWORD: "password", X509_THUMBPRINT: "thumbprint"}
"""Words for types too long for a column."""


def type_cell(entry: CredentialEntry) -> str:
    """The type, or a shorter word for it."""
    return _SHORT.get(entry.credential.type, entry.credential.type)


def auth_id_cell(entry: CredentialEntry) -> str:
    """The auth-id."""
    return entry.credential.auth_id


def status_cell(entry: CredentialEntry, now: datetime) -> tuple[str, Tone]:
    """Whether one can log in with it, and for how long."""
    word, tone = validity_cell(entry, now)
    if not entry.credential.enabled:
        return ("○ disabled" + (", expired" if tone == "bad" else ""), "warning")
    return (word, tone) if tone in ("bad", "warning") else (f"● {word or 'enabled'}", "good")


def validity_cell(entry: CredentialEntry, now: datetime) -> tuple[str, Tone]:
    """When the last of its secrets ends, or that none is in force."""
    credential = entry.credential
    usable = [secret for secret in credential.secrets if secret.enabled]
    if credential.secrets and not usable:
        return ("○ no secret on", "warning")
    begins = [secret.not_before for secret in usable]
    if begins and all(begin is not None and begin > now for begin in begins):
        return window(min(begin for begin in begins if begin), None, now)
    return expiry(credential.expires_at, now)


def secrets_cell(entry: CredentialEntry) -> tuple[str, Tone]:
    """How many secrets."""
    return (str(len(entry.credential.secrets)), "muted")


def ends_cell(row: CredentialRow, now: datetime) -> tuple[str, Tone]:
    """When a credential of a tenant-wide list ends."""
    return expiry(row.expires_at, now)


# detail


def detail(
    entry: CredentialEntry,
    now: datetime,
    history: Sequence[JournalEntry],
    *,
    plain: bool = False,
) -> tuple[Section, ...]:
    """All there is to know about a credential, but for its secrets.

    Args:
        entry: The credential.
        now: The present.
        history: The last changes of its device.
        plain: Whether the registry keeps keys and thumbprints only, and nothing of their validity.
    """
    credential = entry.credential
    sections = [Section(credential.auth_id, _head(entry, now, plain=plain))]
    sections += (
        Section(secret_title(credential, index), tuple(_secret(entry, secret, now, plain=plain)))
        for index, secret in enumerate(credential.secrets)
    )
    for title, members in (("Extension", credential.ext), ("More", credential.unknown())):
        if members:
            lines = tuple(
                Line(name, value if isinstance(value, str) else compact_json(value))
                for name, value in members.items()
            )
            sections.append(Section(title, lines))
    stored = entry.stored
    record = [
        Line("device", stored.device_id),
        Line("in the set", plural(len(stored.credentials), "credential")),
    ]
    if is_registrys_own(stored.version):
        record.append(Line("set version", stored.version, "muted"))
    if stored.revision:  # a registry that does not count them tells none
        record.append(Line("revision", str(stored.revision), "muted"))
    sections.append(Section("Record", tuple(record)))
    if history:
        lines = tuple(
            Line(relative_time(each.at, now), f"{each.action} {each.resource} by {each.actor}")
            for each in history
        )
        sections.append(Section("History of the device", lines))
    return tuple(sections)


def secret_title(credential: Credential, index: int) -> str:
    """`Secret`, `Primary key`, or `Secret 2 of 3` where there are several."""
    count = len(credential.secrets)
    if is_pair(credential):
        what = "thumbprint" if credential.type == X509_THUMBPRINT else "key"
        return f"{SLOTS[index].capitalize()} {what}"
    return "Secret" if count == 1 else f"Secret {index + 1} of {count}"


def secret_summary(secret: Secret, now: datetime) -> str:
    """What tells a secret from its neighbours without showing it."""
    word, _ = window(secret.not_before, secret.not_after, now)
    parts = ["" if secret.enabled else "○ disabled", word, secret.comment or ""]
    return "  ".join(part for part in parts if part) or "no end"


def _head(entry: CredentialEntry, now: datetime, *, plain: bool) -> tuple[Line, ...]:
    credential = entry.credential
    word, tone = state(enabled=credential.enabled)
    lines = [Line("type", credential.type), Line("state", word, tone)]
    if plain:
        lines.append(Line("validity", "not kept by this registry", "muted"))
    else:
        validity, validity_tone = validity_cell(entry, now)
        lines.append(Line("validity", validity or "no end", validity_tone))
    if credential.comment:
        lines.append(Line("comment", credential.comment))
    return tuple(lines)


def _secret(
    entry: CredentialEntry, secret: Secret, now: datetime, *, plain: bool
) -> Iterable[Line]:
    word, tone = window(secret.not_before, secret.not_after, now)
    if not secret.enabled:
        yield Line("state", *state(enabled=False))
    if not plain:
        yield Line("validity", word or "no end", tone)
    if secret.not_before:
        yield Line("from", absolute_time(secret.not_before))
    if secret.not_after:
        yield Line("until", absolute_time(secret.not_after))
    if secret.comment:
        yield Line("comment", secret.comment)
    if secret.hash_function:
        yield Line("function", secret.hash_function)
    if secret.algorithm:
        yield Line("algorithm", secret.algorithm)
    yield from _material(entry.credential.type, secret)
    if secret.id:
        yield Line("id", secret.id, "muted")


def _material(kind: str, secret: Secret) -> Iterable[Line]:
    if kind == X509:
        yield Line("proof", "a certificate with this subject", "muted")
        return
    for name, value in sorted(material(secret).items()):
        if kind == X509_THUMBPRINT and name == "thumbprint":
            yield Line(name, value)
        else:
            yield Line(name, MASK, "muted")


def material(secret: Secret) -> dict[str, str]:
    """What a secret is checked against, by member: keys, hashes, and a generic type's own."""
    given = {
        "key": secret.key,
        "pwd-hash": secret.pwd_hash,
        "salt": secret.salt,
        **secret.unknown(),
    }
    return {
        name: value if isinstance(value, str) else compact_json(value)
        for name, value in given.items()
        if value is not None
    }


def revealed(kind: str, secret: Secret) -> str:
    """The material in clear, with what there is to know of it."""
    if kind == X509:
        return "Nothing is secret here: the device proves itself by its own certificate."
    lines = [f"{name}\n{value}" for name, value in material(secret).items()]
    if not lines:
        return (
            "This registry does not show what it keeps of this secret. "
            "To have one that you know, replace it."
        )
    if kind == HASHED_PASSWORD:
        lines.append(
            "A password cannot be revealed: only this hash of it is kept. "
            "To have one that you know, replace it."
        )
    elif kind == RPK:
        lines.append("This is a public key: it may be shown to anyone.")
    return "\n\n".join(lines)
