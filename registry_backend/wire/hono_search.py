"""Hono's search parameters: text in, a search out (hono 3.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry_backend.domain.document import parse_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import (
    AttributeFilter,
    AttributeSort,
    DeviceQuery,
    TenantQuery,
)

DEFAULT_PAGE_SIZE = 30
MAX_PAGE_SIZE = 200
MAX_PAGE_OFFSET = 2**31 - 1
"""Hono reads a Java int."""
MAX_CONDITIONS = 20
"""Our own bound on filters and on sorts: each may look at every document."""
MAX_POINTER_STEPS = 20
ID = ("id",)
ENABLED = ("enabled",)

_DIGITS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class HonoSearch:
    """What a client asks of a list."""

    page_size: int = DEFAULT_PAGE_SIZE
    page_offset: int = 0
    """A page number, or a number of records where the listener says so."""
    filters: tuple[AttributeFilter, ...] = ()
    sorts: tuple[AttributeSort, ...] = ()
    is_gateway: bool | None = None


def read_search(parameters: Sequence[tuple[str, str]]) -> HonoSearch:
    """The search that the decoded query parameters ask for; names not known are ignored.

    Raises:
        Invalid: naming the parameter, and what of it cannot be understood.
    """
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        given.setdefault(name, []).append(value)
    return HonoSearch(
        page_size=_number(given, "pageSize", DEFAULT_PAGE_SIZE, lowest=1, highest=MAX_PAGE_SIZE),
        page_offset=_number(given, "pageOffset", 0, lowest=0, highest=MAX_PAGE_OFFSET),
        filters=tuple(_filter(text) for text in _several(given, "filterJson")),
        sorts=tuple(_sort(text) for text in _several(given, "sortJson")),
        is_gateway=_truth(given, "isGateway"),
    )


def device_query(search: HonoSearch) -> DeviceQuery:
    """The devices that the search asks for."""
    patterns, attributes = _split(search.filters)
    enabled, rest = _enabled(attributes)
    return DeviceQuery(
        enabled=enabled, id_patterns=patterns, attributes=rest, is_gateway=search.is_gateway
    )


def tenant_query(search: HonoSearch) -> TenantQuery:
    """The tenants that the search asks for."""
    patterns, attributes = _split(search.filters)
    return TenantQuery(id_patterns=patterns, attributes=attributes)


def _split(
    filters: Sequence[AttributeFilter],
) -> tuple[tuple[str, ...], tuple[AttributeFilter, ...]]:
    patterns = tuple(
        each.value for each in filters if each.path == ID and isinstance(each.value, str)
    )
    # A number as id finds nothing, as no document has such a member.
    rest = tuple(each for each in filters if not (each.path == ID and isinstance(each.value, str)))
    return patterns, rest


def _enabled(
    attributes: tuple[AttributeFilter, ...],
) -> tuple[bool | None, tuple[AttributeFilter, ...]]:
    """The one state asked for, whose devices are counted already, and the other filters."""
    states = [each for each in attributes if each.path == ENABLED and isinstance(each.value, bool)]
    if len(states) != 1:
        return None, attributes
    return bool(states[0].value), tuple(each for each in attributes if each is not states[0])


def _one(given: Mapping[str, list[str]], name: str) -> str | None:
    values = set(given.get(name, ()))
    if len(values) > 1:
        raise Invalid.at(name, "is given more than once, with different values")
    return values.pop() if values else None


def _several(given: Mapping[str, list[str]], name: str) -> list[str]:
    values = given.get(name, [])
    if len(values) > MAX_CONDITIONS:
        raise Invalid.at(name, f"may be given {MAX_CONDITIONS} times, not {len(values)}")
    return values


def _number(
    given: Mapping[str, list[str]], name: str, default: int, *, lowest: int, highest: int
) -> int:
    text = _one(given, name)
    if text is None:
        return default
    number = int(text) if _DIGITS.fullmatch(text) else -1
    if not lowest <= number <= highest:
        raise Invalid.at(name, f"must be a whole number from {lowest} to {highest}")
    return number


def _truth(given: Mapping[str, list[str]], name: str) -> bool | None:
    text = _one(given, name)
    if text is None:
        return None
    if text.lower() not in ("true", "false"):
        raise Invalid.at(name, "must be true or false")
    return text.lower() == "true"


def _filter(text: str) -> AttributeFilter:
    members = _members(text, "filterJson", {"field", "op", "value"})
    if members.get("op", "eq") != "eq":
        raise Invalid.at("filterJson.op", "must be eq, the only operator")
    value = members.get("value")
    if not isinstance(value, str | float | int):
        raise Invalid.at("filterJson.value", "must be a text, a number, true or false")
    if not _is_comparable(value):
        raise Invalid.at("filterJson.value", "must fit into 64 bits, where it is a whole number")
    return AttributeFilter(read_pointer(members.get("field"), "filterJson.field"), value)


def _is_comparable(value: str | float) -> bool:
    """Whether a store can compare this: whole numbers beyond 64 bits it cannot."""
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _sort(text: str) -> AttributeSort:
    members = _members(text, "sortJson", {"field", "direction"})
    direction = members.get("direction", "asc")
    if direction not in ("asc", "desc"):
        raise Invalid.at("sortJson.direction", "must be asc or desc")
    path = read_pointer(members.get("field"), "sortJson.field")
    return AttributeSort(path, descending=direction == "desc")


def _members(text: str, name: str, known: set[str]) -> dict[str, Any]:
    members = parse_json(text, what=name)
    if not isinstance(members, dict):
        raise Invalid.at(name, "must be a JSON object")
    unknown = sorted(members.keys() - known)
    if unknown:
        raise Invalid.at(f"{name}.{unknown[0]}", f"is unknown; known are {sorted(known)}")
    return members


def read_pointer(value: object, field: str) -> tuple[str, ...]:
    """The names in a JSON pointer (RFC 6901). Raises Invalid at `field`."""
    if not isinstance(value, str) or not value.startswith("/") or value == "/":
        raise Invalid.at(field, "must be a JSON pointer such as /ext/site")
    if re.search(r"~(?![01])", value):
        raise Invalid.at(field, "is no JSON pointer: ~ must be written ~0, and / in a name ~1")
    steps = value.removeprefix("/").split("/")
    if len(steps) > MAX_POINTER_STEPS:
        raise Invalid.at(field, f"may have {MAX_POINTER_STEPS} steps, not {len(steps)}")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
