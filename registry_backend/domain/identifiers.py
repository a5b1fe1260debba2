"""What ids may look like, by the protocol that writes them. Ids compare by bytes."""

from __future__ import annotations

import os
import re

from registry_backend.domain.errors import Invalid

HONO_TENANT_ID = re.compile(r"[a-zA-Z0-9\-_.]+")
"""hono 2.1"""
HONO_DEVICE_ID = re.compile(r"[a-zA-Z0-9\-_.:=]+")
"""hono 2.1"""
HONO_USERNAME = re.compile(r"[a-zA-Z0-9\-_=.]+")
"""Auth-id of a hashed-password credential (hono 2.1)."""
HONO_CREDENTIAL_TYPE = re.compile(r"[a-z0-9-]+")
"""hono 2.1"""
HONO_ALIAS = re.compile(r"[a-z0-9-]+")
"""Tenant alias (hono 2.1)."""
HUB_DEVICE_ID = re.compile(r"[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}")
"""iothub 4.1, the 2016 set."""
MAX_ID_BYTES = 256
"""Our own bound: no protocol here needs more, and rows stay on one page."""


_IDS_A_DRAW = 256
_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_ready_ids: list[str] = []
"""Ids not handed out yet, made many at a time: drawing randomness singly is most of their price."""
os.register_at_fork(after_in_child=_ready_ids.clear)


def generate_id() -> str:
    """A random UUID, lower case with dashes (hono 2.1).

    Written out here because imports need several for each line, and `uuid.uuid4` takes several
    times as long.
    """
    try:
        return _ready_ids.pop()
    except IndexError:
        first, *others = _draw_ids()
        _ready_ids.extend(others)
        return first


def _draw_ids() -> list[str]:
    drawn = os.urandom(16 * _IDS_A_DRAW).hex()
    return [
        f"{drawn[at : at + 8]}-{drawn[at + 8 : at + 12]}-4{drawn[at + 13 : at + 16]}-"
        f"{_VARIANTS[drawn[at + 16]]}{drawn[at + 17 : at + 20]}-{drawn[at + 20 : at + 32]}"
        for at in range(0, len(drawn), 32)
    ]


def check_id(value: str, pattern: re.Pattern[str], *, field: str) -> str:
    """The id itself if it matches the whole pattern.

    Raises:
        Invalid: naming the field, the first character that does not fit, and which would.
    """
    if not value:
        raise Invalid.at(field, "must not be empty")
    if len(value.encode("utf-8", "surrogatepass")) > MAX_ID_BYTES:
        raise Invalid.at(field, f"must not be longer than {MAX_ID_BYTES} bytes")
    if not pattern.fullmatch(value):
        wrong = next((char for char in value if not pattern.fullmatch(char)), None)
        why = f"{_named(wrong)} is not allowed" if wrong else "is too long"
        raise Invalid.at(field, f"{why}; use {allowed_in(pattern)}")
    return value


def allowed_in(pattern: re.Pattern[str]) -> str:
    """What an id of this form is made of, in words, to be read after `use`.

    >>> allowed_in(HONO_ALIAS)
    'small letters, digits and -'
    """
    return _ALLOWED.get(pattern) or f"what matches {pattern.pattern}"


_ALLOWED = {
    HONO_TENANT_ID: "letters without accents, digits and - _ .",
    HONO_DEVICE_ID: "letters without accents, digits and - _ . : =",
    HONO_USERNAME: "letters without accents, digits and - _ = .",
    HONO_ALIAS: "small letters, digits and -",
    HUB_DEVICE_ID: "1 to 128 letters without accents, digits and - : . + % _ # * ? ! ( ) , = @ ; "
    "$ '",
}
"""Equal patterns are one key: types of credentials are as aliases."""


def _named(character: str) -> str:
    return "a blank" if character == " " else repr(character)
