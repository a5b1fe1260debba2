"""Conditions as a remote Hono is asked for them, and as we check its answers. Pure.

Registries differ in what they honour (hono 3.7), and some ignore what they are asked: so each
condition is put into words for the peer where it has words for it, and tried on every row here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import compact_json, is_json_number
from registry_backend.domain.errors import Unsupported
from registry_backend.domain.patterns import pattern_test
from registry_backend.domain.query import AttributeFilter, DeviceQuery, TenantQuery
from registry_backend.domain.tenants import TenantAttributes

FOR_DEVICES = frozenset(
    {"id_prefix", "id_contains", "id_patterns", "enabled", "via", "is_gateway", "attributes"}
)
"""Conditions on devices that can be honoured, by the peer or here."""
FOR_TENANTS = frozenset({"id_contains", "id_patterns", "enabled", "attributes"})
"""Conditions on tenants, likewise."""

Parameters = tuple[tuple[str, str], ...]
"""Query parameters of a search."""


def check_devices(query: DeviceQuery) -> None:
    """Raises Unsupported for a condition that neither a Hono nor we can answer."""
    for field in fields(DeviceQuery):
        if field.name not in FOR_DEVICES and getattr(query, field.name) != field.default:
            name = {"credential_type": "has:TYPE", "expires_before": "expires<DATE"}
            raise Unsupported(
                f"A remote Hono cannot list devices by {name.get(field.name, field.name)}: "
                "its search does not look at credentials."
            )


def asked(query: DeviceQuery | TenantQuery) -> Parameters:
    """The conditions that the peer has words for.

    `enabled` is among them only as false: whoever never gave it is enabled without saying so.
    """
    filters: list[Parameters] = []
    if isinstance(query, DeviceQuery):
        if query.id_prefix:
            filters.append(_equal("/id", f"{query.id_prefix}*"))
        if query.is_gateway is not None:
            filters.append((("isGateway", "true" if query.is_gateway else "false"),))
    filters.extend(_equal("/id", f"*{part}*") for part in query.id_contains)
    filters.extend(_equal("/id", pattern) for pattern in query.id_patterns)
    if query.enabled is False:
        filters.append(_equal("/enabled", value=False))
    filters.extend(
        _equal(_pointer(each.path), each.value)
        for each in query.attributes
        if each.or_text is None  # there is no word for either of two values
    )
    return tuple(parameter for each in filters for parameter in each)


def asks_for_ids(parameters: Parameters) -> bool:
    """Whether a search looks for ids, which not every peer can (hono 3.7)."""
    return any('"/id"' in value for _, value in parameters)


def complete(query: DeviceQuery | TenantQuery) -> bool:
    """Whether the peer can be asked for every condition, so that its totals are true."""
    by_gateway = isinstance(query, DeviceQuery) and query.via is not None
    # part of an id that holds a wildcard of theirs: they find more than is meant
    prefix = query.id_prefix if isinstance(query, DeviceQuery) else ""
    parts = "".join((prefix, *query.id_contains))
    wider = "*" in parts or "?" in parts
    # the same member twice: the last of them wins on one kind of peer (hono 3.7)
    pointers = [value.partition(',"op"')[0] for _, value in asked(query)]
    once = len(pointers) == len(set(pointers))
    either = any(each.or_text is not None for each in query.attributes)
    return query.enabled is not True and not (by_gateway or wider or either) and once


def device_test(query: DeviceQuery) -> Callable[[str, DeviceAttributes], bool]:
    """Whether a device has what the query asks; what only the peer can know counts as so."""

    def fits(device_id: str, attributes: DeviceAttributes) -> bool:
        return (
            device_id.startswith(query.id_prefix)
            and all(part in device_id for part in query.id_contains)
            and all(pattern_test(pattern)(device_id) for pattern in query.id_patterns)
            and query.enabled in (None, attributes.enabled)
            and (query.via is None or query.via in attributes.via)
            and _has_all(attributes.to_json(), query.attributes)
        )

    return fits


def tenant_test(query: TenantQuery) -> Callable[[str, TenantAttributes], bool]:
    """Whether a tenant has what the query asks."""

    def fits(tenant_id: str, attributes: TenantAttributes) -> bool:
        return (
            all(part in tenant_id for part in query.id_contains)
            and all(pattern_test(pattern)(tenant_id) for pattern in query.id_patterns)
            and query.enabled in (None, attributes.enabled)
            and _has_all(attributes.to_json(), query.attributes)
        )

    return fits


def _equal(pointer: str, value: str | float | bool) -> Parameters:  # noqa: FBT001 - a JSON value
    condition = {"field": pointer, "op": "eq", "value": _plain(value)}
    return (("filterJson", compact_json(condition)),)


def _plain(value: str | float | bool) -> str | float | bool:  # noqa: FBT001 - a JSON value
    """Whole numbers without a fraction, as peers store them."""
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _pointer(path: Sequence[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def _has_all(members: Any, filters: Sequence[AttributeFilter]) -> bool:
    return all(_has(members, each) for each in filters)


def _has(members: Any, wanted: AttributeFilter) -> bool:
    found = members
    for step in wanted.path:
        if not isinstance(found, dict) or step not in found:
            return False
        found = found[step]
    candidates = found if isinstance(found, list) else [found]
    return any(
        _equals(candidate, wanted.value)
        or (isinstance(candidate, str) and candidate == wanted.or_text)
        for candidate in candidates
    )


def _equals(found: Any, value: str | float | bool) -> bool:  # noqa: FBT001 - a JSON value
    if isinstance(value, str):
        return isinstance(found, str) and pattern_test(value)(found)
    if isinstance(value, bool):
        return found is value
    return is_json_number(found) and bool(found == value)
