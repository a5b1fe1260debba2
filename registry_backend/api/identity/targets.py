"""Request targets as the daemon reads them: nothing is repaired (identityd 1.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_to_bytes

_AUTHORITY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class Target:
    """A target taken apart; the path is as it came."""

    path: str
    parameters: Sequence[tuple[str, str]]
    """Decoded, in order."""

    @property
    def api_version(self) -> str | None:
        """The last one given."""
        return next((value for name, value in reversed(self.parameters) if name == _VERSION), None)

    def first(self, name: str) -> str | None:
        """The first value of that parameter."""
        return next((value for found, value in self.parameters if found == name), None)


_VERSION = "api-version"


def read_target(raw: str) -> Target:
    """The parts of a target in origin or absolute form."""
    text = raw if raw.startswith("/") else _AUTHORITY.sub("", raw, count=1)
    path, _, query = text.partition("#")[0].partition("?")
    # As the daemon: bytes that are no UTF-8 are replaced, not refused.
    readable = query.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Target(path, parse_qsl(readable, keep_blank_values=True))


def decoded_segment(raw: str) -> str | None:
    """A path's segment without its percent-encoding; None where that is no UTF-8."""
    try:
        return unquote_to_bytes(raw.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        return None
