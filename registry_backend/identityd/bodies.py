"""Request bodies as the daemon reads them (identityd 1.1, 2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from registry_backend.domain.document import JsonObject, parse_json
from registry_backend.domain.errors import Invalid

JSON = "application/json"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BodyRefused(Exception):
    """The body cannot be used.

    Args:
        status: What is answered.
        message: Why.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """What a caller wants made."""

    kind: str
    """`aziot` or `local`, or what else was asked for."""
    module_id: str
    is_server: bool = False
    """Whether a local identity is for a server too."""


class Nothing(Enum):
    """Stands for no body at all."""

    NOTHING = "nothing"


BodyReader = Callable[[str | None, bytes], object]
"""From the Content-Type and the bytes what the call is about. Raises BodyRefused."""


def read_nothing(_content_type: str | None, _body: bytes) -> Literal[Nothing.NOTHING]:
    """Of a call that has no body."""
    return Nothing.NOTHING


def read_optional(content_type: str | None, body: bytes) -> object:
    """Any JSON, or nothing; what is said not to be JSON counts as nothing. Raises BodyRefused."""
    if not body or (content_type is not None and not _says_json(content_type)):
        return Nothing.NOTHING
    return _json(body)


def read_put(content_type: str | None, body: bytes) -> object:
    """Any JSON, but some. Raises BodyRefused."""
    if content_type is None or not _says_json(content_type):
        raise BodyRefused(415, "request body must be application/json")
    return _json(body)


def read_device(content_type: str | None, body: bytes) -> Literal[Nothing.NOTHING]:
    """The body that asks for the device; it must have a type, and any will do."""
    members = _required(content_type, body)
    if not isinstance(members, list):
        _member(_struct(members, body), "type")
    elif len(members) != 1 or not isinstance(members[0], str):
        raise BodyRefused(422, "invalid length or type: expected an array of one string")
    return Nothing.NOTHING


def read_create(content_type: str | None, body: bytes) -> NewIdentity:
    """The body that asks for a new identity."""
    members = _struct(_required(content_type, body), body)
    return NewIdentity(
        kind=_member(members, "type"),
        module_id=_member(members, "moduleId"),
        is_server=_asks_for_server(members.get("localIdOpts")),
    )


def _asks_for_server(options: Any) -> bool:
    """Options that make no sense are passed over without a word, as by the daemon (identityd 2)."""
    return (
        isinstance(options, dict)
        and options.get("type") == "x509"
        and options.get("attributes") == "server"
    )


def _required(content_type: str | None, body: bytes) -> Any:
    members = read_optional(content_type, body)
    if members is Nothing.NOTHING:
        raise BodyRefused(400, "missing request body")
    return members


def _struct(members: Any, body: bytes) -> JsonObject:
    if not isinstance(members, dict):
        raise BodyRefused(422, "invalid type: expected an object")
    pairs: list[tuple[str, Any]] = json.loads(body, object_pairs_hook=list)
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise BodyRefused(422, f"duplicate field `{name}`")
        seen.add(name)
    return members


def _member(members: JsonObject, name: str) -> str:
    if name not in members:
        raise BodyRefused(422, f"missing field `{name}`")
    value = members[name]
    if not isinstance(value, str):
        raise BodyRefused(422, f"invalid type of `{name}`: expected a string")
    return value


def _says_json(content_type: str) -> bool:
    """The name is compared with its case; parameters do not matter."""
    return content_type.partition(";")[0].strip() == JSON


def _json(body: bytes) -> Any:
    if body.startswith(_BYTE_ORDER_MARK):
        raise BodyRefused(422, "expected value at line 1 column 1")
    try:
        return parse_json(body, what="the request body")
    except Invalid as error:
        raise BodyRefused(422, error.message) from None
