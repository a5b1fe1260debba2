"""Request targets as the daemon reads them: nothing is repaired (identityd 1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

_REMEMBERED = 256
"""Targets whose parts are kept: callers ask for the same few again and again."""
_AUTHORITY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class Target:
    """A target taken apart; the path is as it came."""

    path: str
    parameters: tuple[tuple[str, str], ...]
    """Decoded, in order."""
    api_version: str | None
    """The last one given."""

    def first(self, name: str) -> str | None:
        """The first value of that parameter."""
        return next((value for found, value in self.parameters if found == name), None)


_VERSION = "api-version"


@lru_cache(maxsize=_REMEMBERED)
def read_target(raw: str) -> Target:
    """The parts of a target in origin or absolute form."""
    text = raw if raw.startswith("/") else _AUTHORITY.sub("", raw, count=1)
    path, _, query = text.partition("#")[0].partition("?")
    # As the daemon: bytes that are no UTF-8 are replaced, not refused.
    readable = query.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    parameters = tuple(parse_qsl(readable, keep_blank_values=True))
    versions = [value for name, value in parameters if name == _VERSION]
    return Target(path, parameters, versions[-1] if versions else None)
