"""What a handler answers, before any HTTP library turns it into bytes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

JSON_TYPE = "application/json; charset=utf-8"
PLAIN_TYPE = "text/plain; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


class Answer(NamedTuple):
    """A status, a body and what the header says of them."""

    status: int
    body: bytes = b""
    content_type: str = ""
    """Empty: there is no body to speak of."""
    headers: Mapping[str, str] = MappingProxyType({})
