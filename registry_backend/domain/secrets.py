"""Secrets: hashing passwords, checking hashes, generating keys, and showing none of them.

bcrypt is slow on purpose (50 ms and more): call `hash_password` on a thread, before any
transaction begins.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

from registry_backend.domain.errors import Invalid

DEFAULT_BCRYPT_COST = 10
"""Hono's own default and upper bound (hono 2.5)."""
MIN_BCRYPT_COST = 4
MAX_BCRYPT_COST = 31
MAX_PASSWORD_BYTES = 72
"""bcrypt looks at no more; a longer password would be cut in silence."""
HASH_FUNCTIONS = ("bcrypt", "sha-256", "sha-512")
"""Functions a registry can verify (hono 2.5)."""
SECRET_MEMBERS = frozenset(
    {
        "pwd-plain",
        "pwd-hash",
        "salt",
        "key",
        "primaryKey",
        "secondaryKey",
        "privateKey",
        "password",
        "SharedAccessKey",
        "sas",
    }
)
"""Members of any document whose value is never shown, logged or journaled in clear."""
MASK = "••••••••"

_BCRYPT = re.compile(r"\$2a\$(\d\d)\$[./A-Za-z0-9]{53}")


def hash_password(password: str, *, cost: int = DEFAULT_BCRYPT_COST) -> str:
    """A `$2a$` bcrypt hash, the only form that Hono accepts (hono 2.5). Blocks for 50 ms or more.

    Raises:
        Invalid: for an empty password, one over 72 bytes, one with NUL, or a cost out of range.
    """
    import bcrypt  # noqa: PLC0415 - only writers of passwords pay for loading it

    problem = check_password(password)
    if problem:
        raise Invalid.at("pwd-plain", problem)
    if not MIN_BCRYPT_COST <= cost <= MAX_BCRYPT_COST:
        raise Invalid(
            f"The bcrypt cost must be {MIN_BCRYPT_COST} to {MAX_BCRYPT_COST}, not {cost}."
        )
    encoded = password.encode("utf-8")
    return bcrypt.hashpw(encoded, bcrypt.gensalt(rounds=cost, prefix=b"2a")).decode("ascii")


def check_password(password: str) -> str | None:
    """Why a password cannot be hashed (empty, over 72 bytes, with NUL), or None (hono 2.5)."""
    try:
        encoded = password.encode("utf-8")
    except UnicodeEncodeError:
        return "holds half a character, which UTF-8 cannot write"
    if not encoded:
        return "must not be empty"
    if len(encoded) > MAX_PASSWORD_BYTES:
        return f"is {len(encoded)} bytes long in UTF-8; bcrypt uses at most {MAX_PASSWORD_BYTES}"
    return "must not contain a NUL character" if b"\0" in encoded else None


def check_bcrypt_hash(pwd_hash: str, *, max_cost: int) -> str | None:
    """Why a bcrypt hash is refused (form, prefix, cost over `max_cost`), or None (hono 2.5)."""
    match = _BCRYPT.fullmatch(pwd_hash)
    if not match:
        return "is not a bcrypt hash of the form $2a$COST$…, 60 characters"
    if int(match[1]) > max_cost:
        return f"has cost {int(match[1])}; this registry allows at most {max_cost}"
    return None


def verify_password(password: str, *, function: str, pwd_hash: str, salt: str | None) -> bool:
    """Whether a password fits a stored hash; sha digests run over salt then password (hono 2.5)."""
    encoded = password.encode("utf-8")
    if function == "bcrypt":
        import bcrypt  # noqa: PLC0415 - as above

        if len(encoded) > MAX_PASSWORD_BYTES:
            return False
        return bcrypt.checkpw(encoded, pwd_hash.encode("ascii"))
    if function not in ("sha-256", "sha-512"):
        return False
    digest = hashlib.new(function.replace("-", ""))
    digest.update(decode_base64(salt) if salt else b"")
    digest.update(encoded)
    return hmac.compare_digest(digest.digest(), decode_base64(pwd_hash))


def generate_key(length: int = 32) -> str:
    """A random key of `length` bytes as standard base64, as IoT Hub makes them (iothub 4.2)."""
    return base64.b64encode(secrets.token_bytes(length)).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Standard or URL-safe base64, padded or not (hono 2.6: read both).

    Raises:
        ValueError: when the text is neither.
    """
    compact = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None


def standard_base64(text: str) -> str:
    """The same bytes in standard base64 with its padding, as registries write it (hono 2.6).

    Raises:
        ValueError: when the text is no base64.

    >>> standard_base64("_-8")
    '/+8='
    """
    return base64.b64encode(decode_base64("".join(text.split()))).decode("ascii")


def fingerprint(secret: str) -> str:
    """A short digest that tells two secrets apart without showing either."""
    return "sha256:" + hashlib.sha256(secret.encode("utf-8")).hexdigest()[:12]


def redact(value: Any) -> Any:
    """A copy of a JSON value with each secret member replaced by its fingerprint."""
    if type(value) is dict or isinstance(value, Mapping):  # asking for a dict is much faster
        return {
            name: fingerprint(content if isinstance(content, str) else repr(content))
            if name in SECRET_MEMBERS and content is not None
            else content
            if isinstance(content, str)
            else redact(content)
            for name, content in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(element) for element in value]
    return value


def masked(value: Any) -> Any:
    """A copy of a JSON value with each secret member replaced by dots, for screens."""
    if isinstance(value, Mapping):
        return {
            name: MASK if name in SECRET_MEMBERS and content is not None else masked(content)
            for name, content in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(element) for element in value]
    return value
