"""Who calls: HTTP Basic against bcrypt hashes, Bearer tokens against a list (hono 3.3).

Nothing of a credential is ever logged or part of a message.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry_backend.domain.errors import Invalid
from registry_backend.domain.secrets import verify_password

REALM = "Hono"
"""hono 3.3"""
_REMEMBERED = 1024
_CHECKS_AT_ONCE = 2
"""Guessing keeps no more threads busy than that; others do the work of jobs and files."""
_UNKNOWN_USER = "$2b$10$CwTycUXWue0Thq9StjUM0uJ8.t5G1xQNnJ8Q8jk1tZJt1p0M0y9sS"
"""Checked for names that nobody has, so that the time of an answer does not tell names."""


@dataclass(slots=True)
class Authentication:
    """Users with their bcrypt hashes, and tokens with the names they stand for."""

    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    tokens: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    """By SHA-256 of the token."""
    _key: bytes = field(default_factory=lambda: os.urandom(32), init=False, repr=False)
    _known: dict[bytes, str] = field(default_factory=dict, init=False, repr=False)
    _turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(_CHECKS_AT_ONCE), init=False, repr=False
    )

    async def user(self, authorization: str | None) -> str | None:
        """The name of the caller; None when the header does not prove one."""
        scheme, _, value = (authorization or "").strip().partition(" ")
        if scheme.lower() == "bearer":
            digest = hashlib.sha256(value.strip().encode("utf-8", "surrogateescape")).digest()
            return self.tokens.get(digest)
        if scheme.lower() == "basic":
            return await self._basic(value.strip())
        return None

    @property
    def challenges(self) -> tuple[str, ...]:
        """What `WWW-Authenticate` says, one for each scheme."""
        basic = (f'Basic realm="{REALM}"',) if self.users else ()
        bearer = (f'Bearer realm="{REALM}"',) if self.tokens else ()
        return basic + bearer

    async def _basic(self, encoded: str) -> str | None:
        # bcrypt is slow on purpose: what was proved once in this process is remembered, keyed.
        seal = hmac.digest(self._key, encoded.encode("utf-8", "surrogateescape"), "sha256")
        if seal in self._known:
            return self._known[seal]
        try:
            decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return None
        name, colon, password = decoded.partition(":")
        if not colon or not self.users:
            return None
        stored = self.users.get(name, _UNKNOWN_USER)
        async with self._turns:
            fits = await asyncio.to_thread(_fits, password, stored)
        if not fits or name not in self.users:
            return None
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[seal] = name
        return name


def read_users(path: Path) -> dict[str, str]:
    """The users of a file with lines `NAME:BCRYPT-HASH`, as `htpasswd -B` writes them.

    Raises:
        Invalid: naming the file and the line.
    """
    users: dict[str, str] = {}
    for number, line in _lines(path):
        name, colon, hashed = line.partition(":")
        if not (colon and name) or not hashed.startswith(("$2a$", "$2b$", "$2y$")):
            raise Invalid(f"{path}, line {number}: expected NAME:HASH with a bcrypt hash.")
        if not _is_usable(hashed):
            raise Invalid(f"{path}, line {number}: the bcrypt hash is damaged.")
        users[name] = hashed
    if not users:
        raise Invalid(f"{path} names no user.", hint="Add one with htpasswd -B.")
    return users


def read_tokens(path: Path) -> dict[bytes, str]:
    """The tokens of a file with lines `NAME:TOKEN`, by the digest of the token.

    Raises:
        Invalid: naming the file and the line.
    """
    tokens: dict[bytes, str] = {}
    for number, line in _lines(path):
        name, colon, token = line.partition(":")
        if not (colon and name and token.strip()):
            raise Invalid(f"{path}, line {number}: expected NAME:TOKEN.")
        tokens[hashlib.sha256(token.strip().encode("utf-8")).digest()] = name
    if not tokens:
        raise Invalid(f"{path} holds no token.", hint="Add a line NAME:TOKEN.")
    return tokens


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text.") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    numbered = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _is_usable(hashed: str) -> bool:
    try:
        verify_password("", function="bcrypt", pwd_hash=hashed, salt=None)
    except ValueError:
        return False
    return True


def _fits(password: str, hashed: str) -> bool:
    try:
        return verify_password(password, function="bcrypt", pwd_hash=hashed, salt=None)
    except ValueError:  # a password with NUL, which bcrypt refuses
        return False
