"""The list of tenants as a table reads it."""

from __future__ import annotations

from dataclasses import dataclass

from console.adapters.ports.tenants import TenantsPort
from registry_backend.domain.errors import Invalid
from registry_backend.domain.filter_language import parse_device_query
from registry_backend.domain.query import (
    Count,
    Cursor,
    DeviceQuery,
    Page,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.tenants import Tenant

MOST_WALKED = 5_000
"""Tenants passed over to find one's place; ports have no quicker way."""


@dataclass(frozen=True, slots=True)
class TenantSource:
    """The tenants that a query has, ordered by id."""

    port: TenantsPort
    query: TenantQuery

    async def page(self, request: PageRequest) -> Page[Tenant]:
        """A stretch of the list."""
        return await self.port.page(self.query, request)

    async def count(self) -> Count:
        """How many there are."""
        return await self.port.count(self.query)

    async def position(self, key: str) -> int | None:
        """Where an id stands, found by walking; None when it is not there or too far away."""
        start: Cursor | None = None
        for passed in range(0, MOST_WALKED, 500):
            page = await self.port.page(self.query, PageRequest(start=start, limit=500))
            for index, tenant in enumerate(page.rows):
                if tenant.tenant_id == key:
                    return passed + index
            if not page.more or not page.cursors:
                return None
            start = page.cursors[-1]
        return None

    def key(self, row: Tenant) -> str:
        """What tells one tenant from another."""
        return row.tenant_id


def parse_tenant_query(text: str) -> TenantQuery:
    """The part of the filter language that tenants understand.

    Raises:
        Invalid: for a word that only devices have.
    """
    query = parse_device_query(text)
    wanted = TenantQuery(id_contains=query.id_contains, enabled=query.enabled)
    if query != DeviceQuery(id_contains=wanted.id_contains, enabled=wanted.enabled):
        raise Invalid("Tenants are found by a part of the id, enabled or disabled.")
    return wanted
