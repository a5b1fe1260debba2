"""The filter language that console and command line share: text in, a query out."""

from __future__ import annotations

import math
import re
from datetime import datetime

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter, DeviceQuery
from registry_backend.domain.timestamps import parse_timestamp

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WORD = re.compile(rf'(?:[^\s"]|{_QUOTED.pattern}|".*)+')
_EXPIRES = "expires<"
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def parse_device_query(text: str) -> DeviceQuery:
    """The query that the words of a filter stand for.

    A bare word is part of the id, and of several words the id has each; `word*` is how the id
    begins, and with `*` elsewhere a word is the whole id. `enabled:yes`, `disabled`,
    `via:GATEWAY`, `gateway:yes`, `has:psk`, `expires<2027-01-01T00:00:00Z` in any case, and
    `ext.site:berlin` or any other member by its path. What is typed like a number or a truth value
    may also be the text that is spelled so; in double quotes it is only that, blanks and all.

    Raises:
        Invalid: naming the column of the word that cannot be understood.
    """
    conditions: dict[str, object] = {}
    attributes: list[AttributeFilter] = []
    parts: list[str] = []
    patterns: list[str] = []
    for match in _WORD.finditer(text):
        word, column = match.group(), match.start() + 1
        bare = _QUOTED.sub("", word)
        if '"' in bare:
            raise Invalid(f"The quote opened at column {column} is not closed.")
        if word.lower() in ("enabled", "disabled"):
            _set(conditions, "enabled", word.lower() == "enabled", column)
        elif word.lower().startswith(_EXPIRES):
            moment = _moment(word[len(_EXPIRES) :], column)
            _set(conditions, "expires_before", moment, column)
        elif set(bare.partition(":")[0]) & set("<>"):
            raise Invalid(  # no id may hold them, so that it would find nothing
                f"Column {column}: the only comparison is expires<2027-01-01. "
                "A member is found by its value: ext.size:30."
            )
        elif ":" in word.strip('"') and not word.startswith('"'):
            name, _, raw = word.partition(":")
            if name.lower() == "id" and _unquote(raw):
                parts.append(_unquote(raw))
            else:
                _condition(conditions, attributes, name, raw, column)
        elif word.endswith("*") and "*" not in word[:-1]:
            _set(conditions, "id_prefix", _unquote(word[:-1]), column)
        elif "*" in word and '"' not in word:
            patterns.append(word)
        else:
            parts.append(_unquote(word))
    return DeviceQuery(
        **conditions,  # type: ignore[arg-type]
        id_contains=tuple(part for part in dict.fromkeys(parts) if part),
        id_patterns=tuple(patterns),
        attributes=tuple(attributes),
    )


def via_filter(gateway: str) -> str:
    """The words that list the devices behind a gateway, whatever its id holds.

    >>> via_filter("gw*1")
    'via:"gw*1"'
    """
    if not re.search(r'[\s"*?]', gateway):
        return f"via:{gateway}"
    escaped = re.sub(r'(["\\])', r"\\\1", gateway)
    return f'via:"{escaped}"'


def _condition(
    conditions: dict[str, object],
    attributes: list[AttributeFilter],
    name: str,
    raw: str,
    column: int,
) -> None:
    value = _unquote(raw)
    if not name or not value:
        raise Invalid(f"Column {column}: write a name and a value, such as ext.site:berlin.")
    match name.lower():
        case "enabled":
            _set(conditions, "enabled", _truth(value, column), column)
        case "gateway":
            _set(conditions, "is_gateway", _truth(value, column), column)
        case "via":
            _set(conditions, "via", _gateway(raw, column), column)
        case "has":
            _set(conditions, "credential_type", value, column)
        case _:
            path = tuple(name.split("."))
            if not all(path):
                raise Invalid(f"Column {column}: {name!r} has an empty step between its dots.")
            attributes.append(_member(path, value, quoted='"' in raw))


def _set(conditions: dict[str, object], name: str, value: object, column: int) -> None:
    if name in conditions:
        raise Invalid(f"Column {column}: {name.replace('_', ' ')} is given twice.")
    conditions[name] = value


def _truth(value: str, column: int) -> bool:
    lowered = value.lower()
    if lowered in ("yes", "true", "1"):
        return True
    if lowered in ("no", "false", "0"):
        return False
    raise Invalid(f"Column {column}: expected yes or no, not {value!r}.")


def _gateway(raw: str, column: int) -> str:
    if re.search(r"[*?]", _QUOTED.sub("", raw)):
        raise Invalid(
            f"Column {column}: via: takes the whole id of one gateway; "
            "one that holds * or ? stands in double quotes."
        )
    return _unquote(raw)


def _moment(value: str, column: int) -> datetime:
    text = value if "T" in value else f"{value}T00:00:00Z"
    try:
        moment = parse_timestamp(text)
    except ValueError:
        moment = None  # its words speak of offsets, which a date here does not need
    if not isinstance(moment, datetime):
        raise Invalid(f"Column {column}: write expires<2027-01-01 or expires<2027-01-01T08:00:00Z.")
    return moment


def _unquote(text: str) -> str:
    return _QUOTED.sub(lambda match: re.sub(r"\\(.)", r"\1", match[1]), text)


def _member(path: tuple[str, ...], value: str, *, quoted: bool) -> AttributeFilter:
    wanted = value if quoted else _literal(value)
    return AttributeFilter(path, wanted, None if isinstance(wanted, str) else value)


def _literal(value: str) -> str | float | bool:
    """What the text is in JSON; a number that no store can compare stays text."""
    if value in ("true", "false"):
        return value == "true"
    if _WHOLE.fullmatch(value):
        # longer ones are beyond 64 bits for certain, and Python may refuse to read them
        whole = int(value) if len(value) <= len(str(-(2**63))) else math.inf
        return whole if -(2**63) <= whole < 2**63 else value
    number = float(value) if _NUMBER.fullmatch(value) else math.inf
    return number if math.isfinite(number) else value
