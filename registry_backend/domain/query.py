"""What may be asked of a list: filters, order, and pages by key.

A page is asked for from a cursor (or an end of the list), in a direction, after skipping some
rows. A cursor is opaque: only the registry that made it can read it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, NewType, TypeVar

from registry_backend.domain.errors import Invalid
from registry_backend.domain.timestamps import parse_timestamp

Cursor = NewType("Cursor", str)
"""The place of one row in an ordered list."""

RowT_co = TypeVar("RowT_co", covariant=True)


class DeviceSort(StrEnum):
    """Columns a device list can be ordered by; each has an index in the bundled registry."""

    ID = "id"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """A condition on one member of the document.

    Args:
        path: Names from the top, such as ("ext", "site").
        value: The wanted value; strings may hold the wildcards `*` and `?`.
    """

    path: tuple[str, ...]
    value: str | float | bool


@dataclass(frozen=True, slots=True)
class AttributeSort:
    """One step of an order by members of the document; what lacks the member comes first.

    Args:
        path: Names from the top; ("id",), ("status", "created") and ("status", "updated") are
            members too.
        descending: From the greatest to the least.
    """

    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """Which devices; every condition given must hold."""

    id_prefix: str = ""
    id_contains: tuple[str, ...] = ()
    """Parts of the id; it must hold each."""
    id_patterns: tuple[str, ...] = ()
    """Whole ids, which may hold the wildcards `*` and `?`; the id must fit each."""
    enabled: bool | None = None
    via: str | None = None
    """Only devices that connect through this gateway."""
    is_gateway: bool | None = None
    credential_type: str | None = None
    expires_before: datetime | None = None
    """Only devices with a credential whose last secret ends before this."""
    attributes: tuple[AttributeFilter, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether no condition is given."""
        return self == DeviceQuery()


@dataclass(frozen=True, slots=True)
class TenantQuery:
    """Which tenants."""

    id_contains: tuple[str, ...] = ()
    """Parts of the id; it must hold each."""
    id_patterns: tuple[str, ...] = ()
    """Whole ids, which may hold the wildcards `*` and `?`; the id must fit each."""
    enabled: bool | None = None
    attributes: tuple[AttributeFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list; ties are broken by id in the same direction."""

    by: DeviceSort = DeviceSort.ID
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A stretch of an ordered list.

    Args:
        start: Begin next to this row, exclusive; None: at the end of the list the walk begins at.
        backward: Walk toward the beginning; the rows still come in list order.
        skip: Rows to pass over first.
        limit: Rows wanted.
    """

    start: Cursor | None = None
    backward: bool = False
    skip: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT_co]):
    """Rows in list order, each with its cursor.

    `more` says whether the list goes on in the direction walked.
    """

    rows: Sequence[RowT_co]
    cursors: Sequence[Cursor]
    more: bool
    count: Count | None = None
    """How long the whole list is, where the page tells; who reads it need not ask."""


@dataclass(frozen=True, slots=True)
class Found(Generic[RowT_co]):
    """A stretch of what a search found, and how many there are in all."""

    rows: Sequence[RowT_co]
    total: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a query has; `exact` is False for a lower bound or a lagging figure."""

    value: int
    exact: bool = True
    of: int | None = None
    """How many there are altogether, where the list ends before them; 0 when nobody knows."""
    among: tuple[int, int] | None = None
    """Where not everything was looked at: how many rows were, of how many there are."""

    def __str__(self) -> str:
        """As people read it.

        >>> str(Count(5_000, of=20_000))
        'the first 5,000 of 20,000'
        >>> str(Count(11, of=0, among=(5_000, 20_000)))
        '11 among the first 5,000 of 20,000'
        """
        if self.among is not None:
            read, there = self.among
            return f"{self.value:,} among the first {read:,} of {there:,}"
        if self.of is not None:
            return f"the first {self.value:,} of {f'{self.of:,}' if self.of else 'more'}"
        return f"{self.value:,}" if self.exact else f"~{self.value:,}"


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WORD = re.compile(rf'(?:[^\s"]|{_QUOTED.pattern}|".*)+')


def parse_device_query(text: str) -> DeviceQuery:
    """The filter language shared by console and command line.

    A bare word is part of the id, and of several words the id has each; `word*` is how the id
    begins, and with `*` elsewhere a word is the whole id. `enabled:yes`, `disabled`,
    `via:GATEWAY`, `gateway:yes`, `has:psk`, `expires<2027-01-01T00:00:00Z`, and `ext.site:berlin`
    or any other member by its path; values with blanks stand in double quotes.

    Raises:
        Invalid: naming the column of the word that cannot be understood.
    """
    conditions: dict[str, object] = {}
    attributes: list[AttributeFilter] = []
    parts: list[str] = []
    patterns: list[str] = []
    for match in _WORD.finditer(text):
        word, column = match.group(), match.start() + 1
        if '"' in _QUOTED.sub("", word):
            raise Invalid(f"The quote opened at column {column} is not closed.")
        if word in ("enabled", "disabled"):
            _set(conditions, "enabled", word == "enabled", column)
        elif word.startswith("expires<"):
            _set(conditions, "expires_before", _moment(word[8:], column), column)
        elif ":" in word.strip('"') and not word.startswith('"'):
            name, _, raw = word.partition(":")
            value = _unquote(raw)
            if name == "id" and value:
                parts.append(value)
            else:
                _condition(conditions, attributes, name, value, raw.startswith('"'), column)
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


def _condition(
    conditions: dict[str, object],
    attributes: list[AttributeFilter],
    name: str,
    value: str,
    quoted: bool,  # noqa: FBT001 - read in one place
    column: int,
) -> None:
    if not name or not value:
        raise Invalid(f"Column {column}: write a name and a value, such as ext.site:berlin.")
    if name in ("enabled", "gateway"):
        field_name = "enabled" if name == "enabled" else "is_gateway"
        _set(conditions, field_name, _truth(value, column), column)
    elif name == "via":
        _set(conditions, "via", value, column)
    elif name == "has":
        _set(conditions, "credential_type", value, column)
    else:
        path = tuple(name.split("."))
        if not all(path):
            raise Invalid(f"Column {column}: {name!r} has an empty step between its dots.")
        attributes.append(AttributeFilter(path, value if quoted else _literal(value)))


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


def _literal(value: str) -> str | float | bool:
    if value in ("true", "false"):
        return value == "true"
    number = float(value) if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", value) else math.inf
    return number if math.isfinite(number) else value  # one that is too large is no JSON number
