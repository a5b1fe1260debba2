"""Request targets as they came over the wire, read without repairing anything (hono 1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from registry_backend.domain.errors import Invalid

MAX_PARAMETERS = 100
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
_SEGMENT_SAFE = ":=@!$&'()*+,;~"
"""Legal in a path segment as they are (RFC 3986)."""


@dataclass(frozen=True, slots=True)
class Target:
    """A target taken apart: segments and parameters are decoded."""

    segments: tuple[str, ...]
    """A trailing slash is ignored (hono 1.1), so the last one is empty only for `/`."""
    parameters: tuple[tuple[str, str], ...]


def read_target(raw: str) -> Target:
    """The parts of a request target in origin or absolute form.

    Raises:
        Invalid: when it is of another form, or its percent-encoding is not UTF-8.
    """
    text = _AUTHORITY.sub("", raw, count=1) if not raw.startswith("/") else raw
    path, _, query = text.partition("#")[0].partition("?")
    if not path.startswith("/"):
        raise Invalid("The request target is not a path such as /v1/tenants.")
    segments = path[1:].removesuffix("/").split("/")
    return Target(tuple(_decoded(each, "path") for each in segments), _parameters(query))


def path_of(*segments: str) -> str:
    """A path with each segment encoded."""
    return "/" + "/".join(quote(each, safe=_SEGMENT_SAFE) for each in segments)


def _decoded(text: str, where: str) -> str:
    if "%" not in text and text.isascii():
        return text
    if _BAD_ESCAPE.search(text):
        raise Invalid(f"The {where} has a % that two hex digits do not follow.")
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"The percent-encoding in the {where} is not UTF-8.") from None


def _parameters(query: str) -> tuple[tuple[str, str], ...]:
    if not query:
        return ()
    _decoded(query, "query")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise Invalid(f"The query has more than {MAX_PARAMETERS} parameters.") from None
    return tuple(pairs)
