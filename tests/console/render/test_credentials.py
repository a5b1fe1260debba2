"""What stands of a credential in its row and in the detail: everything but its secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.render import credentials as render
from console.render.credentials import CredentialEntry
from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.document import JsonObject

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def entry(kind: str, *secrets: JsonObject, **members: object) -> CredentialEntry:
    """A credential in a set of its own."""
    found = Credential.parse({"type": kind, "auth-id": "a", "secrets": list(secrets), **members})
    stored = CredentialSet(tenant_id="t", device_id="d", credentials=(found,), version="v")
    return CredentialEntry(stored, found)


def at(days: int) -> str:
    """A time so many days from now."""
    return (NOW + timedelta(days=days)).isoformat()


def status(found: CredentialEntry) -> str:
    """The words of the status column."""
    return render.status_cell(found, NOW)[0]


def test_the_status_says_whether_and_how_long_one_can_log_in() -> None:
    """The last enabled secret decides; a disabled credential stands out even when expired."""
    assert status(entry("psk", {"key": "YQ=="})) == "● enabled"
    assert status(entry("psk", {"not-after": at(90)})) == "● until 2027-02-19"
    assert status(entry("psk", {"not-after": at(9)})) == "▲ expires in 9 d"
    assert status(entry("psk", {"not-after": at(-9)}, {"not-after": at(9)})) == "▲ expires in 9 d"
    assert status(entry("psk", {"not-after": at(-9)})) == "✗ expired 9 d ago"
    assert status(entry("psk", {"not-before": at(2)})) == "◌ begins in 2 d"
    assert status(entry("psk", {"enabled": False})) == "○ no secret on"
    assert status(entry("psk", {"key": "YQ=="}, enabled=False)) == "○ disabled"
    assert status(entry("psk", {"not-after": at(-1)}, enabled=False)) == "○ disabled, expired"


def text_of(found: CredentialEntry) -> str:
    """The whole detail as text."""
    return "\n".join(
        f"{line.label} {line.value}"
        for section in render.detail(found, NOW, ())
        for line in section.lines
    )


def test_no_material_of_any_type_stands_in_the_detail() -> None:
    """Members of types that nobody knows are covered too; thumbprints are public."""
    hashed = {"pwd-hash": "HASH", "salt": "SALT", "hash-function": "sha-256", "id": "s1"}
    text = text_of(entry("hashed-password", hashed, comment="c"))
    assert "HASH" not in text
    assert "SALT" not in text
    assert "function sha-256" in text
    assert "id s1" in text
    assert "KEY" not in text_of(entry("psk", {"key": "KEY"}))
    assert "PIN" not in text_of(entry("radio", {"pin": "PIN", "deep": {"x": "PIN"}}))
    assert "AB" * 20 in text_of(entry("x509-thumbprint", {"thumbprint": "AB" * 20}))


def test_a_registry_that_keeps_no_validity_is_not_said_to_keep_one_without_end() -> None:
    """Keys of a hub hold until they are replaced; nobody wrote that down anywhere."""
    found = entry("psk", {"key": "YQ=="})
    sections = render.detail(found, NOW, (), plain=True)
    shown = [(line.label, line.value) for section in sections for line in section.lines]
    assert [value for label, value in shown if label == "validity"] == ["not kept by this registry"]
    assert "validity no end" in text_of(found)


def test_secrets_are_told_apart_without_being_shown() -> None:
    """State, validity and comment; nothing for one without any."""
    found = entry(
        "psk",
        {"key": "KEY", "enabled": False, "not-after": at(9), "comment": "old"},
        {"key": "KEY"},
    )
    first, second = found.credential.secrets
    assert render.secret_summary(first, NOW) == "○ disabled  ▲ expires in 9 d  old"
    assert render.secret_summary(second, NOW) == "no end"
    assert render.secret_title(found.credential, 1) == "Secondary key"
    three = entry("psk", *({"key": "KEY"},) * 3)
    assert render.secret_title(three.credential, 1) == "Secret 2 of 3"
    prints = entry("x509-thumbprint", *({"thumbprint": "AB" * 20},) * 2)
    assert render.secret_title(prints.credential, 0) == "Primary thumbprint"


def test_revealing_shows_keys_and_says_that_a_password_cannot_be() -> None:
    """A certificate has nothing to reveal."""
    (key,) = entry("psk", {"key": "KEY"}).credential.secrets
    assert "KEY" in render.revealed("psk", key)
    (hashed,) = entry("hashed-password", {"pwd-hash": "HASH"}).credential.secrets
    assert "cannot be revealed" in render.revealed("hashed-password", hashed)
    (none,) = entry("x509-cert", {"comment": "x"}).credential.secrets
    assert "Nothing is secret" in render.revealed("x509-cert", none)
