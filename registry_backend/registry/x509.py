"""X.509 in DER, read with `cryptography`.

Loading that library takes longer than most writes, so `certificates` imports this file when the
first certificate or key comes.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from cryptography.x509 import (
    Certificate,
    Name,
    load_der_x509_certificate,
    load_der_x509_crl,
    load_der_x509_csr,
)

from registry_backend.registry.facts import NO_CERTIFICATE, CertificateFacts
from registry_backend.registry.names import RelativeName, format_dn

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


def certificate_facts(encoded: bytes) -> CertificateFacts:
    """What the registry keeps of a certificate.

    Raises:
        ValueError: saying what the bytes are instead.
    """
    certificate = _load(encoded)
    try:
        subject, key = certificate.subject, certificate.public_key()
    except _UNREADABLE:
        raise ValueError("is a certificate whose subject or public key cannot be read") from None
    algorithm = _algorithm(key)
    if algorithm is None:
        raise ValueError("is a certificate with a key that is neither RSA nor EC")
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return CertificateFacts(
        subject_dn=format_dn(_steps(subject)),
        public_key=base64.b64encode(spki).decode("ascii"),
        algorithm=algorithm,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def key_problem(encoded: bytes, algorithm: str) -> str | None:
    """Why a SubjectPublicKeyInfo is refused (no key, or not of that algorithm), or None."""
    try:
        found = _algorithm(load_der_public_key(encoded))
    except _UNREADABLE:
        other = what_is(encoded)
        return f"is {other}, no public key" if other else "is no public key in DER form"
    if found is None:
        return "is a public key that is neither RSA nor EC"
    return None if found == algorithm else f"is a key for {found}, not for {algorithm}"


def what_is(encoded: bytes) -> str | None:
    """A name for the other things that people paste, for messages; None when it is none of them."""
    if _loads_as_private_key(encoded):
        return "a private key"
    for load, name in (
        (load_der_public_key, "a public key"),
        (load_der_x509_certificate, "a certificate"),
        (load_der_x509_csr, "a signing request"),
        (load_der_x509_crl, "a revocation list"),
    ):
        try:
            load(encoded)
        except _UNREADABLE:
            continue
        return name
    return None


def _loads_as_private_key(encoded: bytes) -> bool:
    try:
        load_der_private_key(encoded, password=None)
    except TypeError:  # it is encrypted
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _load(encoded: bytes) -> Certificate:
    try:
        return load_der_x509_certificate(encoded)
    except ValueError:
        other = what_is(encoded)
        raise ValueError(f"is {other}, no certificate" if other else NO_CERTIFICATE) from None


def _algorithm(key: object) -> str | None:
    if isinstance(key, RSAPublicKey):
        return "RSA"
    return "EC" if isinstance(key, EllipticCurvePublicKey) else None


def _steps(subject: Name) -> list[RelativeName]:
    """The steps of a name, most specific first."""
    return [
        [(attribute.oid.dotted_string, attribute.value) for attribute in step]
        for step in reversed(subject.rdns)
    ]
