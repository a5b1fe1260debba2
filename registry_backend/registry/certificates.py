"""Certificates and public keys as people give them: base64, PEM text, or a file's bytes (hono 2.3).

Nothing of what was given ever stands in a message: it may be a private key.
"""

from __future__ import annotations

import base64
import re

from registry_backend.domain.secrets import decode_base64
from registry_backend.registry.facts import NO_CERTIFICATE, CertificateFacts

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def read_certificate(content: str | bytes) -> CertificateFacts:
    """The facts of a certificate given as base64 DER, PEM text, or the bytes of either file.

    Raises:
        ValueError: saying what the content is instead.
    """
    encoded = _der_of(content)
    from registry_backend.registry.x509 import certificate_facts  # noqa: PLC0415 - loads slowly

    return certificate_facts(encoded)


def standard_certificate(content: str) -> str:
    """The same certificate as standard base64 of its DER form. Raises ValueError."""
    encoded = _der_of(content)
    from registry_backend.registry.x509 import certificate_facts  # noqa: PLC0415 - loads slowly

    certificate_facts(encoded)
    return base64.b64encode(encoded).decode("ascii")


def public_key_problem(public_key: str, algorithm: str) -> str | None:
    """Why a base64 public key is refused (no key, or not of that algorithm), or None."""
    try:
        encoded = decode_base64("".join(public_key.split()))
    except ValueError:
        return "is not base64 of a public key in DER form"
    from registry_backend.registry.x509 import key_problem  # noqa: PLC0415 - loads slowly

    return key_problem(encoded, algorithm)


def _der_of(content: str | bytes) -> bytes:
    if isinstance(content, bytes):
        if b"-----BEGIN" not in content:
            return content
        content = content.decode("latin-1")
    if "-----BEGIN" in content:
        return _der_of_pem(content)
    try:
        decoded = decode_base64("".join(content.split()))
    except ValueError:
        raise ValueError(NO_CERTIFICATE) from None
    if b"-----BEGIN" in decoded:  # PEM text encoded once more
        return _der_of_pem(decoded.decode("latin-1"))
    return decoded


def _der_of_pem(text: str) -> bytes:
    blocks = _PEM.findall(text)
    labels = [label for label, _ in blocks]
    if "PRIVATE KEY-----" in text:
        raise ValueError("holds a private key: give the certificate alone and keep the key")
    bodies = [body for label, body in blocks if label == "CERTIFICATE"]
    if len(bodies) > 1:
        raise ValueError(f"holds {len(bodies)} certificates: give one")
    if not bodies:
        found = f"PEM text of a {labels[0].lower()}" if labels else "PEM text without its end"
        raise ValueError(f"is {found}, no certificate")
    try:
        return decode_base64("".join(bodies[0].split()))
    except ValueError:
        raise ValueError("is PEM text whose body is not base64") from None
