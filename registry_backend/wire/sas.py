"""Shared access signatures: making, reading and checking tokens (iothub 7.1). Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, unquote

from registry_backend.domain.errors import Invalid

SCHEME = "SharedAccessSignature"
CLOCK_SKEW_SECONDS = 300
"""How long after its expiry a token still counts (iothub 7.1, step 4)."""

_EXPIRY = re.compile(r"[0-9]{1,15}")


class Refusal(StrEnum):
    """Why a token does not prove what it claims."""

    SIGNATURE = "signed with another key"
    EXPIRED = "expired"
    AUDIENCE = "made for another host or path"


@dataclass(frozen=True, slots=True)
class SasToken:
    """A token as it was read; nothing of it is proved yet."""

    resource: str
    """The `sr` member exactly as it stands in the token: the signature covers that text."""
    expiry: str
    """The `se` member as it stands: digits."""
    policy: str | None
    """The `skn` member; None: signed with a device's own key."""
    signature: bytes = field(repr=False)

    @property
    def expires(self) -> int:
        """Unix seconds."""
        return int(self.expiry)

    def has_expired(self, at: float) -> bool:
        """Whether it no longer counts at that Unix time, the skew of clocks granted."""
        return self.expires + CLOCK_SKEW_SECONDS <= at


def make_token(resource: str, key: str, *, policy: str | None = None, expires: int) -> str:
    """A token for a resource such as `localhost:28080` or `localhost/devices/d1`.

    Args:
        resource: What it opens, not encoded.
        key: Standard base64, of the policy, or of the device where `policy` is None.
        policy: Whose key it is.
        expires: Unix seconds.

    Raises:
        Invalid: when the key is not base64; the key is no part of the message.
    """
    encoded = quote(resource, safe="")
    digest = _digest(_key_bytes(key), encoded, str(expires))
    signature = quote(base64.b64encode(digest).decode("ascii"), safe="")
    name = f"&skn={quote(policy, safe='')}" if policy is not None else ""
    return f"{SCHEME} sr={encoded}&sig={signature}&se={expires}{name}"


def parse_token(header: str) -> SasToken:
    """A token of an `Authorization` header (iothub 7.1, step 1).

    Members stand in any order, their names and the scheme in any case; members that are not known
    are passed over.

    Raises:
        Invalid: saying what is wrong with its form, without any of its text.
    """
    scheme, _, text = header.strip().partition(" ")
    if scheme.lower() != SCHEME.lower():
        raise Invalid(f"The Authorization header does not begin with {SCHEME}.")
    members = _members(text.strip())
    for name in ("sr", "sig", "se"):
        if not members.get(name):
            raise Invalid(f"The {SCHEME} has no member {name}.")
    if not _EXPIRY.fullmatch(members["se"]):
        raise Invalid(f"The member se of the {SCHEME} is not a time in seconds.")
    policy = members.get("skn")
    return SasToken(
        resource=members["sr"],
        expiry=members["se"],
        policy=unquote(policy) if policy else None,
        signature=_signature(members["sig"]),
    )


def check_token(
    token: SasToken, keys: Iterable[str], *, host: str, path: str, at: float
) -> Refusal | None:
    """Why a token does not open a path of a host; None when it does (iothub 7.1, steps 3 to 5).

    Args:
        token: What the caller gave.
        keys: Standard base64; the primary, then the secondary.
        host: As the `Host` header has it, with or without port.
        path: The path of the request, not decoded, without query.
        at: Unix seconds.

    Raises:
        Invalid: when a key is not base64.
    """
    # The signature first: who holds no key learns nothing else.
    if not is_signed(token, keys):
        return Refusal.SIGNATURE
    if token.has_expired(at):
        return Refusal.EXPIRED
    return None if covers(token.resource, host=host, path=path) else Refusal.AUDIENCE


def is_signed(token: SasToken, keys: Iterable[str]) -> bool:
    """Whether one of the keys signed the token (iothub 7.1, step 3). Raises Invalid for a key."""
    return any(_signs(key, token) for key in keys)


def covers(resource: str, *, host: str, path: str) -> bool:
    """Whether a raw `sr` names the host, or a path of it, by whole segments (iothub 7.1, step 5).

    >>> covers("Hub.example%2fdevices", host="hub.example:8443", path="/devices/d1")
    True
    >>> covers("hub.example%2fdev", host="hub.example", path="/devices/d1")
    False
    """
    return is_within(audience_of(resource), host=host, path=path)


def audience_of(resource: str) -> str:
    """What a raw `sr` names: a host and perhaps a path, decoded, in lower case."""
    return unquote(resource).lower().removesuffix("/")


def is_within(audience: str, *, host: str, path: str) -> bool:
    """Whether the path of that host is the audience's own, or below it."""
    whole = host.lower()
    name, colon, port = whole.rpartition(":")
    known = (whole, name) if colon and port.isdigit() else (whole,)
    if audience in known:  # as nearly every client signs
        return bool(audience)
    rest = f"{unquote(path).lower()}/"
    return any(f"{each}{rest}".startswith(f"{audience}/") for each in known if each)


def _members(text: str) -> dict[str, str]:
    members: dict[str, str] = {}
    for member in text.split("&"):
        name, equals, value = member.partition("=")
        if not equals:
            raise Invalid(f"A member of the {SCHEME} has no value.")
        if name.lower() in members:
            raise Invalid(f"A member of the {SCHEME} is given twice.")
        members[name.lower()] = value
    return members


def _signature(text: str) -> bytes:
    try:
        return base64.b64decode(unquote(text), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(f"The member sig of the {SCHEME} is not base64.") from None


def _signs(key: str, token: SasToken) -> bool:
    digest = _digest(_key_bytes(key), token.resource, token.expiry)
    return hmac.compare_digest(digest, token.signature)


def _digest(key: bytes, resource: str, expiry: str) -> bytes:
    text = f"{resource}\n{expiry}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, text, hashlib.sha256)


def _key_bytes(key: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:  # anybody could sign with an empty one
        raise Invalid("The shared access key is not standard base64.")
    return decoded
