"""The part of a hub's query language that asks for devices by their identity (iothub 2.2).

`SELECT * | columns | COUNT() FROM devices [WHERE condition AND ...]`, with conditions on deviceId
(`=`, `IN`, `STARTSWITH`), status, connectionState and `capabilities.iotEdge = true`. Words
and names compare without case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from registry_backend.domain.query import AttributeFilter, DeviceQuery
from registry_backend.wire.iothub_device_errors import ARGUMENT_INVALID, HubInvalid

Column = tuple[tuple[str, ...], str]
"""A path into a twin, and the name it is shown under."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"[^"]*")|(?P<word>[A-Za-z_$][\w$.\-]*|\d+)"""
    r"""|(?P<mark>!=|<>|[*,()=\[\]]))"""
)
_ID = "deviceid"
_STATES = {"connected": False, "disconnected": True}
_STATUSES = {"enabled": True, "disabled": False}
_TRUTHS = {"true": True, "false": False}
_EDGE = ("iothub", "capabilities", "iotEdge")


@dataclass(frozen=True, slots=True)
class HubQuery:
    """What a query asks for."""

    columns: Sequence[Column] | None = None
    """None: all of the twin."""
    count_as: str | None = None
    """The name of the number of devices, where only that is asked for."""
    devices: DeviceQuery = field(default_factory=DeviceQuery)
    ids: frozenset[str] | None = None
    """Only these devices; None: any."""

    @property
    def item_type(self) -> str:
        """What `x-ms-item-type` says of the answer."""
        return "Twin" if self.columns is None and self.count_as is None else "Raw"


def parse_query(text: str) -> HubQuery:
    """Read a query. Raises HubInvalid naming the word that is not understood here."""
    reader = _Reader(_tokens(text))
    reader.take("select")
    query = _read_select(reader)
    reader.take("from")
    reader.take("devices")
    source = "devices"
    if reader.ahead("as"):
        reader.take("as")
        source = reader.word().lower()
    elif not reader.at_end and not reader.ahead("where"):
        source = reader.word().lower()
    if reader.ahead("where"):
        reader.take("where")
        query = _read_condition(reader, query, source)
        while reader.ahead("and"):
            reader.take("and")
            query = _read_condition(reader, query, source)
    if not reader.at_end:
        raise _not_understood(reader.shown)
    return _without_source(query, source)


def _read_select(reader: _Reader) -> HubQuery:
    if reader.ahead("*"):
        reader.take("*")
        return HubQuery()
    if reader.ahead("count"):
        reader.take("count")
        reader.take("(")
        reader.take(")")
        return HubQuery(count_as=_read_alias(reader) or "$1")
    columns = [_read_column(reader)]
    while reader.ahead(","):
        reader.take(",")
        columns.append(_read_column(reader))
    return HubQuery(columns=tuple(columns))


def _read_column(reader: _Reader) -> Column:
    path = tuple(reader.word().split("."))
    return path, _read_alias(reader) or path[-1]


def _read_alias(reader: _Reader) -> str | None:
    if not reader.ahead("as"):
        return None
    reader.take("as")
    return reader.word()


def _read_condition(reader: _Reader, query: HubQuery, source: str) -> HubQuery:
    if reader.ahead("startswith"):
        reader.take("startswith")
        reader.take("(")
        path = _path(reader.word(), source)
        reader.take(",")
        prefix = reader.text()
        reader.take(")")
        if path != _ID:
            raise _not_understood(f"STARTSWITH of {path}")
        return _beginning_with(query, prefix)
    path = _path(reader.word(), source)
    if reader.ahead("in"):
        reader.take("in")
        if path != _ID:
            raise _not_understood(f"IN of {path}")
        return _among(query, reader.texts())
    equal = reader.comparison()
    return _compared(query, path, reader.value(), equal=equal)


def _compared(query: HubQuery, path: str, value: str, *, equal: bool) -> HubQuery:
    if path == _ID and equal:
        return _among(query, [value])
    lowered = value.lower()
    if path == "status" and lowered in _STATUSES:
        return _enabled(query, wanted=_STATUSES[lowered] is equal)
    if path == "connectionstate" and lowered in _STATES:
        return query if _STATES[lowered] is equal else _among(query, [])
    if path == "capabilities.iotedge" and _TRUTHS.get(lowered) is equal:
        edge = AttributeFilter(_EDGE, value=True)
        attributes = (*query.devices.attributes, edge)
        return replace(query, devices=replace(query.devices, attributes=attributes))
    raise _not_understood(f"that comparison of {path}")


def _enabled(query: HubQuery, *, wanted: bool) -> HubQuery:
    if query.devices.enabled not in (None, wanted):
        return _among(query, [])
    return replace(query, devices=replace(query.devices, enabled=wanted))


def _among(query: HubQuery, ids: Sequence[str]) -> HubQuery:
    wanted = frozenset(ids)
    return replace(query, ids=wanted if query.ids is None else query.ids & wanted)


def _beginning_with(query: HubQuery, prefix: str) -> HubQuery:
    before = query.devices.id_prefix
    if prefix.startswith(before):
        return replace(query, devices=replace(query.devices, id_prefix=prefix))
    return query if before.startswith(prefix) else _among(query, [])


def _path(word: str, source: str) -> str:
    lowered = word.lower()
    return lowered.removeprefix(f"{source}.").removeprefix("devices.")


def _without_source(query: HubQuery, source: str) -> HubQuery:
    if query.columns is None:
        return query
    named = {source, "devices"}
    columns = tuple(
        (path[1:] if len(path) > 1 and path[0].lower() in named else path, name)
        for path, name in query.columns
    )
    return replace(query, columns=columns)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip().removesuffix(";").rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _not_understood(text[at:].strip()[:20])
        found.append(match.group().strip())
        at = match.end()
    return found


def _not_understood(what: str) -> HubInvalid:
    return HubInvalid(
        ARGUMENT_INVALID,
        f"The query has {what!r}, which is not served here. Conditions joined by AND are: "
        "deviceId with =, IN or STARTSWITH; status and connectionState with = or !=; "
        "capabilities.iotEdge = true.",
    )


class _Reader:
    """Walks over the words of a query."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    @property
    def shown(self) -> str:
        """The next word, for a message."""
        return "an early end" if self.at_end else self._tokens[self._at][:40]

    def ahead(self, word: str) -> bool:
        """Whether that word is next."""
        return not self.at_end and self._tokens[self._at].lower() == word

    def take(self, word: str) -> None:
        """Pass over the word. Raises HubInvalid when another is next."""
        if not self.ahead(word):
            raise _not_understood(self.shown)
        self._at += 1

    def word(self) -> str:
        """A name."""
        return self._next(lambda token: token[0].isalpha() or token[0] in "_$")

    def value(self) -> str:
        """Text in quotes, or a bare word such as true."""
        if not self.at_end and self._tokens[self._at][0] in "'\"":
            return self.text()
        return self._next(lambda token: token[0].isalnum())

    def text(self) -> str:
        """Text in quotes, without them."""
        token = self._next(lambda token: token[0] in "'\"")
        return token[1:-1].replace("''", "'") if token[0] == "'" else token[1:-1]

    def texts(self) -> list[str]:
        """A list in brackets."""
        self.take("[")
        found = [self.text()]
        while self.ahead(","):
            self.take(",")
            found.append(self.text())
        self.take("]")
        return found

    def comparison(self) -> bool:
        """Whether it is `=`; else `!=` or `<>`."""
        return self._next(lambda token: token in ("=", "!=", "<>")) == "="

    def _next(self, fits: Callable[[str], bool]) -> str:
        if self.at_end or not fits(self._tokens[self._at]):
            raise _not_understood(self.shown)
        self._at += 1
        return self._tokens[self._at - 1]
