"""The filter language where a list knows only some of its conditions."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from console.commands.boundary import UsageFault
from registry_backend.domain.filter_language import parse_device_query
from registry_backend.domain.query import DeviceQuery, TenantQuery


def tenant_query(text: str) -> TenantQuery:
    """Conditions on tenants. Raises Invalid; UsageFault for a condition on devices."""
    query = parse_device_query(text)
    _only(query, {"id_contains", "enabled"}, "tenants by a part of their id, enabled and disabled")
    return TenantQuery(id_contains=query.id_contains, enabled=query.enabled)


def credential_query(text: str) -> datetime | None:
    """The one condition on credentials. Raises Invalid; UsageFault for another condition."""
    query = parse_device_query(text)
    _only(query, {"expires_before"}, "credentials by expires<DATE")
    return query.expires_before


def _only(query: DeviceQuery, known: set[str], what: str) -> None:
    empty = DeviceQuery()
    for field in fields(DeviceQuery):
        if field.name not in known and getattr(query, field.name) != getattr(empty, field.name):
            raise UsageFault(f"--filter can choose {what}, nothing else.")
