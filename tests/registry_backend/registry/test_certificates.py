"""Certificates and keys are read in every form people have them, or named for what they are."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from registry_backend.registry.certificates import public_key_problem, read_certificate
from tests.registry_backend.registry.makers import (
    NOT_AFTER,
    NOT_BEFORE,
    certificate,
    der,
    ec_key,
    pem,
    private_key,
    public_key,
    rsa_key,
)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def test_a_certificate_tells_subject_key_and_validity() -> None:
    """Hono 2.3: the subject stands in RFC 2253 order, the key as SubjectPublicKeyInfo."""
    facts = read_certificate(der(certificate()))
    assert facts.subject_dn == "CN=device-1,O=Acme\\, Ltd,C=DE"
    assert facts.public_key == public_key(ec_key())
    assert facts.algorithm == "EC"
    assert (facts.not_before, facts.not_after) == (NOT_BEFORE, NOT_AFTER)


def test_an_rsa_certificate_says_so() -> None:
    """Hono 2.3: RSA and EC are the two algorithms."""
    facts = read_certificate(der(certificate(key=rsa_key())))
    assert (facts.algorithm, facts.public_key) == ("RSA", public_key(rsa_key()))


def test_every_common_form_of_one_certificate_reads_the_same() -> None:
    """Base64 with and without line breaks, PEM with its header, the bytes of either file."""
    made = certificate()
    encoded, text = der(made), pem(made)
    wrapped = "\n".join(encoded[start : start + 64] for start in range(0, len(encoded), 64))
    forms: list[str | bytes] = [
        encoded,
        f"  {wrapped}\n",
        text,
        f"subject=CN = device-1\n{text}",
        text.encode(),
        made.public_bytes(Encoding.DER),
        _base64(text.encode()),
    ]
    assert len({read_certificate(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "no certificate"),
        ("not base64!", "is no certificate: expected base64"),
        (_base64(b"no certificate at all"), "is no certificate: expected base64"),
        (b"\x30\x03\x02\x01\x05", "is no certificate: expected base64"),
        ("-----BEGIN CERTIFICATE-----\nAAAA", "PEM text without its end"),
        ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----", "whose body is not base64"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "PEM text of a public key"),
    ],
)
def test_what_is_no_certificate_is_named(content: str | bytes, what: str) -> None:
    """The message says what was found."""
    with pytest.raises(ValueError, match=what):
        read_certificate(content)


def test_two_certificates_are_one_too_many() -> None:
    """A chain file is refused, since nobody can tell which of them was meant."""
    with pytest.raises(ValueError, match="holds 2 certificates: give one"):
        read_certificate(pem(certificate()) * 2)


def test_a_private_key_is_recognised_and_never_repeated() -> None:
    """In PEM and in base64 DER, alone or behind its certificate, encrypted or not."""
    clear = private_key(ec_key())
    text = private_key(ec_key(), Encoding.PEM).decode()
    locked = private_key(ec_key(), password=b"secret")
    for content in (text, pem(certificate()) + text, _base64(clear), _base64(locked)):
        with pytest.raises(ValueError, match="private key") as caught:
            read_certificate(content)
        assert _base64(clear)[40:60] not in str(caught.value)


def test_a_public_key_is_no_certificate() -> None:
    """People mix up the two members (hono 9.1, opaque errors)."""
    with pytest.raises(ValueError, match="is a public key, no certificate"):
        read_certificate(public_key(ec_key()))


def test_a_key_of_another_kind_is_refused() -> None:
    """Hono 2.3: only RSA and EC can be verified."""
    odd = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(ValueError, match="neither RSA nor EC"):
        read_certificate(der(certificate(key=odd)))
    assert public_key_problem(public_key(odd), "EC") == "is a public key that is neither RSA nor EC"


def test_a_public_key_must_parse_and_fit_its_algorithm() -> None:
    """Hono 2.3: the key is checked against `algorithm`."""
    assert public_key_problem(public_key(ec_key()), "EC") is None
    assert public_key_problem(public_key(rsa_key()), "RSA") is None
    assert public_key_problem(public_key(rsa_key()), "EC") == "is a key for RSA, not for EC"
    assert public_key_problem("!", "EC") == "is not base64 of a public key in DER form"
    assert public_key_problem("AAAA", "EC") == "is no public key in DER form"
    problem = public_key_problem(der(certificate()), "EC")
    assert problem == "is a certificate, no public key"
    assert public_key_problem(_base64(private_key(ec_key())), "EC") == (
        "is a private key, no public key"
    )
