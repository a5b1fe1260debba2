"""Readings of what people type: times, lines of adapters and limits, certificate files."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from console.forms.certificates import certificate_of, public_key_members
from console.forms.moments import moment_of
from console.forms.tenants import adapters_of, adapters_text, members_of, members_text
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.domain.tenants import Adapter
from tests.registry_backend.registry.makers import (
    certificate,
    der,
    ec_key,
    pem,
    private_key,
    public_key,
    rsa_key,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", None),
        (" 2027-01-01 ", "2027-01-01T00:00:00Z"),
        ("2027-01-01T08:00+01:00", "2027-01-01T07:00:00Z"),
        ("+90d", "2027-02-19T12:00:00Z"),
        ("+ 2w", "2026-12-05T12:00:00Z"),
        ("-1h", "2026-11-21T11:00:00Z"),
        ("+30min", "2026-11-21T12:30:00Z"),
    ],
)
def test_times_are_read_as_days_as_stamps_and_from_now(typed: str, read: str | None) -> None:
    """A day alone begins at midnight UTC."""
    assert moment_of({"until": typed}, "until", NOW) == read


@pytest.mark.parametrize("typed", ["soon", "2027-13-01", "2027-01-01T08:00", "+9999y", "90", "+d"])
def test_other_texts_are_refused_at_their_field(typed: str) -> None:
    """With the forms that would do, or why the time cannot be."""
    with pytest.raises(Invalid) as caught:
        moment_of({"until": typed}, "until", NOW)
    assert caught.value.problems[0].field == "until"


def test_adapters_have_a_line_each_and_keep_what_the_form_does_not_show() -> None:
    """Reading what was written changes nothing."""
    before: list[JsonObject] = [
        {"type": "mqtt", "enabled": False, "ext": {"a": 1}},
        {"type": "coap"},
    ]
    text = adapters_text([Adapter.parse(each) for each in before])
    assert text == "mqtt disabled auth\ncoap disabled auth"
    read = adapters_of({"adapters": text + "\n\n http no-auth "}, "adapters", before)
    assert read[0]["ext"] == {"a": 1}
    assert read[0]["enabled"] is False
    assert read[2] == {"type": "http", "enabled": True, "device-authentication-required": False}


def test_members_have_a_line_each_with_json_or_plain_values() -> None:
    """Nested objects stay JSON; every fault is told with its line."""
    members = {"max-ttl": 60, "data-volume": {"max-bytes": 1}, "sensor=": "all"}
    assert members_of({"limits": members_text(members)}, "limits") == members
    with pytest.raises(Invalid) as caught:
        members_of({"limits": "a 1\nb\na 2\nc {"}, "limits")
    assert [each.problem.split(":")[0] for each in caught.value.problems][:2] == [
        "line 2",
        "line 3",
    ]
    assert "line 4" in caught.value.problems[2].problem


def test_certificates_are_read_from_either_form_of_file() -> None:
    """Both give the same base64 DER."""
    made = certificate()
    assert certificate_of(pem(made).encode(), field="cert") == der(made)
    assert certificate_of(base64.b64decode(der(made)), field="cert") == der(made)


@pytest.mark.parametrize("name", ["ec", "rsa"])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_public_keys_are_told_from_certificates(name: str, encoding: Encoding) -> None:
    """By what the file holds; the algorithm is found out."""
    key = ec_key() if name == "ec" else rsa_key()
    content = key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    wanted = {"key": public_key(key), "algorithm": name.upper()}
    assert public_key_members(content, field="cert") == wanted
    made = certificate(key=key)
    assert public_key_members(made.public_bytes(encoding), field="cert") == {"cert": der(made)}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (private_key(ec_key(), Encoding.PEM), "private key"),
        (pem(certificate()).encode() * 2, "holds 2 certificates"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "without its end"),
        (b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----", "not base64"),
        (b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----", "no certificate"),
    ],
)
def test_other_files_are_refused_without_quoting_them(content: bytes, why: str) -> None:
    """A message may be read by anyone, and the file may be a private key."""
    with pytest.raises(Invalid, match=why) as caught:
        certificate_of(content, field="cert")
    assert caught.value.problems[0].field == "cert"
    assert "MII" not in str(caught.value)
