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


_random_digits: list[str] = []
"""Random 128-bit numbers in hex, drawn many at a time: one call each is most of an id's price."""
os.register_at_fork(after_in_child=_random_digits.clear)


def generate_id() -> str:
    """A random UUID, lower case with dashes (hono 2.1).

    Written out here because imports need several for each line, and `uuid.uuid4` takes several
    times as long.
    """
    try:
        digits = _random_digits.pop()
    except IndexError:
        drawn = os.urandom(16 * 256).hex()
        _random_digits.extend(drawn[start : start + 32] for start in range(32, len(drawn), 32))
        digits = drawn[:32]
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def check_id(value: str, pattern: re.Pattern[str], *, field: str) -> str:
    """The id itself if it matches the whole pattern.

    Raises:
        Invalid: naming the field, the first character that does not fit, and the pattern.
    """
    if not value:
        raise Invalid.at(field, "must not be empty")
    if len(value.encode("utf-8", "surrogatepass")) > MAX_ID_BYTES:
        raise Invalid.at(field, f"must not be longer than {MAX_ID_BYTES} bytes")
    if not pattern.fullmatch(value):
        wrong = next((char for char in value if not pattern.fullmatch(char)), None)
        why = f"{wrong!r} is not allowed" if wrong else "is too long"
        raise Invalid.at(field, f"{why}; it must match {pattern.pattern}")
    return value
