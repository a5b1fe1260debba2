"""Certificates and public keys from the bytes of a file (hono 2.3, 2.5). Pure.

Whether a certificate is one, the registry says; nothing of a file's content stands in a message.
"""

from __future__ import annotations

import base64
import re

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid

MAX_FILE_BYTES = 256 * 1024
"""More than any single certificate or key needs."""

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_KEY_KINDS = {
    b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01": "EC",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01": "RSA",
}
"""Object identifiers that begin a public key in DER."""


def certificate_of(content: bytes, *, field: str) -> str:
    """The certificate of a PEM or DER file as base64 DER.

    Raises:
        Invalid: naming the field, when PEM text holds something else or several certificates.
    """
    if not _is_pem(content):
        return _encoded(content, field)
    return _only(_blocks(content, field), "CERTIFICATE", field)


def public_key_members(content: bytes, *, field: str) -> JsonObject:
    """What a raw public key's secret takes from a file: `cert`, or `key` and `algorithm`.

    Raises:
        Invalid: naming the field, when it is neither a certificate nor an EC or RSA public key.
    """
    if not _is_pem(content):
        algorithm = _algorithm(content)
        encoded = _encoded(content, field)
        return {"key": encoded, "algorithm": algorithm} if algorithm else {"cert": encoded}
    blocks = _blocks(content, field)
    if not any(label == "PUBLIC KEY" for label, _ in blocks):
        return {"cert": _only(blocks, "CERTIFICATE", field)}
    key = _only(blocks, "PUBLIC KEY", field)
    algorithm = _algorithm(base64.b64decode(key))
    if algorithm is None:
        raise Invalid.at(field, "holds a public key that is neither EC nor RSA")
    return {"key": key, "algorithm": algorithm}


def _is_pem(content: bytes) -> bool:
    return b"-----BEGIN" in content


def _encoded(content: bytes, field: str) -> str:
    if not content:
        raise Invalid.at(field, "the file is empty")
    return base64.b64encode(content).decode("ascii")


def _algorithm(encoded: bytes) -> str | None:
    start = encoded[:32]  # a certificate says its version and serial number first
    return next((name for mark, name in _KEY_KINDS.items() if mark in start), None)


def _blocks(content: bytes, field: str) -> list[tuple[str, str]]:
    text = content.decode("latin-1")
    if "PRIVATE KEY-----" in text:
        raise Invalid.at(field, "holds a private key: give the public part and keep the key")
    return [(match[1], match[2]) for match in _PEM.finditer(text)]


def _only(blocks: list[tuple[str, str]], label: str, field: str) -> str:
    wanted = label.lower()
    bodies = [body for found, body in blocks if found == label]
    if len(bodies) > 1:
        raise Invalid.at(field, f"holds {len(bodies)} {wanted}s: give one")
    if not bodies:
        other = blocks[0][0].lower() if blocks else "PEM text without its end"
        raise Invalid.at(field, f"holds a {other}, no {wanted}" if blocks else f"is {other}")
    try:
        return base64.b64encode(base64.b64decode("".join(bodies[0].split()), validate=True)).decode(
            "ascii"
        )
    except ValueError:
        raise Invalid.at(field, "is PEM text whose body is not base64") from None
