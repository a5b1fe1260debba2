"""Request targets of a hub: an id is taken from the raw path, whatever it holds (iothub 5.4)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from registry_backend.api.targets import MAX_PARAMETERS
from registry_backend.wire.iothub_device_errors import BAD_REQUEST, HubInvalid

_AUTHORITY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def split_target(raw: str) -> tuple[tuple[str, ...], str]:
    """The raw segments of a path, and the query after the first `?`; a trailing slash is ignored.

    A `#` is part of an id, since old clients write ids as they are.
    """
    text = raw if raw.startswith("/") else _AUTHORITY.sub("", raw, count=1)
    path, _, query = text.partition("?")
    return tuple(path.removeprefix("/").removesuffix("/").split("/")), query


def decoded(segment: str) -> str:
    """A segment decoded once; as it is where it cannot be decoded. A plus is a plus.

    >>> decoded("a%2Bb"), decoded("a%c"), decoded("a+b")
    ('a+b', 'a%c', 'a+b')
    """
    if not _ESCAPE.search(segment) or _BAD_ESCAPE.search(segment):
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
    return next((value for given, value in parameters if given.lower() == name.lower()), None)
