"""What the tests of this folder are made of: an actor, settings, certificates, keys."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from registry_backend.domain.credentials import Credential
from registry_backend.domain.document import JsonObject
from registry_backend.domain.journal import Actor
from registry_backend.registry.settings import RegistrySettings

ACTOR = Actor(via="test", name="someone")
SETTINGS = RegistrySettings(bcrypt_cost=4)
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2036, 1, 1, tzinfo=UTC)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """One EC key for all tests."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One RSA key for all tests, because making one is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def name_of(common_name: str) -> x509.Name:
    """A name of three steps, in the order certificates hold them."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme, Ltd"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def certificate(common_name: str = "device-1", key: PrivateKey | None = None) -> x509.Certificate:
    """A self-signed certificate."""
    signer = key or ec_key()
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    name = name_of(common_name) if common_name else x509.Name([])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(signer.public_key())
        .serial_number(7)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .sign(signer, algorithm)
    )


def der(made: x509.Certificate) -> str:
    """Base64 of a certificate in DER, as Hono wants it."""
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode("ascii")


def pem(made: x509.Certificate) -> str:
    """A certificate as the text of a PEM file."""
    return made.public_bytes(Encoding.PEM).decode("ascii")


def public_key(key: PrivateKey) -> str:
    """Base64 of a public key in DER."""
    encoded = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(encoded).decode("ascii")


def private_key(
    key: PrivateKey, encoding: Encoding = Encoding.DER, *, password: bytes | None = None
) -> bytes:
    """A private key, as somebody may paste it by mistake."""
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(encoding, PrivateFormat.PKCS8, protection)


def credential(kind: str, auth_id: str, *secrets: JsonObject, **members: object) -> Credential:
    """A credential from JSON members, as a client would send it."""
    document = {"type": kind, "auth-id": auth_id, "secrets": list(secrets), **members}
    return Credential.parse(document)


def psk(auth_id: str, *keys: str) -> Credential:
    """A psk credential with one new secret for each key."""
    encoded = [base64.b64encode(key.encode()).decode("ascii") for key in keys]
    return credential("psk", auth_id, *({"key": key} for key in encoded))


def password(auth_id: str, *passwords: str) -> Credential:
    """A hashed-password credential with one new secret for each password."""
    return credential("hashed-password", auth_id, *({"pwd-plain": text} for text in passwords))
