"""Request targets of a hub: an id is taken from the raw path, whatever it holds (iothub 5.4)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from registry_backend.api.targets import MAX_PARAMETERS
from registry_backend.wire.iothub_device_errors import BAD_REQUEST, HubInvalid

_AUTHORITY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class RawTarget(NamedTuple):
    """A target taken apart, nothing of it decoded."""

    segments: tuple[str, ...]
    """Of the path; a trailing slash is ignored."""
    query: str
    """What follows the first `?`."""
    host: str | None = None
    """Host and port of an absolute form, which count instead of the header (RFC 9112 3.2.2)."""


def split_target(raw: str) -> RawTarget:
    """The parts of a request target in origin or absolute form.

    A `#` is part of an id, since old clients write ids as they are.
    """
    absolute = _AUTHORITY.match(raw)
    text, host = (raw, None) if absolute is None else (raw[absolute.end() :], absolute[1])
    path, _, query = text.partition("?")
    segments = tuple(path.removeprefix("/").removesuffix("/").split("/"))
    return RawTarget(segments, query, host and host.rpartition("@")[2])


def decoded(segment: str) -> str:
    """A segment decoded once; as it is where it cannot be decoded. A plus is a plus.

    >>> decoded("a%2Bb"), decoded("a%c"), decoded("a+b")
    ('a+b', 'a%c', 'a+b')
    """
    if "%" not in segment or not _ESCAPE.search(segment) or _BAD_ESCAPE.search(segment):
        return segment
    try:
        return unquote_to_bytes(segment.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        return segment


def read_parameters(query: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a query, decoded; a plus is a plus, as signatures need it.

    Raises:
        HubInvalid: when there are too many.
    """
    pairs = [each for each in query.split("&") if each]
    if len(pairs) > MAX_PARAMETERS:
        raise HubInvalid(BAD_REQUEST, f"The query has more than {MAX_PARAMETERS} parameters.")
    parted = (each.partition("=") for each in pairs)
    return tuple((decoded(name), decoded(value)) for name, _, value in parted)


def parameter(parameters: tuple[tuple[str, str], ...], name: str) -> str | None:
    """The first value of that name, without case; None: not given."""
    wanted = name.lower()
    for given, value in parameters:
        if given.lower() == wanted:
            return value
    return None
