"""Tenants of a registry."""

from __future__ import annotations

from typing import Protocol

from console.adapters.ports.lists import ListAbilities
from registry_backend.domain.query import Count, Page, PageRequest, TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage


class TenantsPort(Protocol):
    """Tenants of the registry."""

    abilities: ListAbilities

    async def page(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """A stretch of the tenants, ordered by id."""

    async def count(self, query: TenantQuery) -> Count:
        """How many tenants the query has."""

    async def get(self, tenant_id: str) -> Tenant:
        """Raises NotFound."""

    async def create(self, tenant_id: str | None, attributes: TenantAttributes) -> Tenant:
        """Create under the given or a generated id. Raises AlreadyExists, Invalid."""

    async def update(
        self, tenant_id: str, attributes: TenantAttributes, *, expected: str | None
    ) -> Tenant:
        """Replace the attributes. Raises NotFound, VersionMismatch, AlreadyExists, Invalid."""

    async def delete(self, tenant_id: str, *, expected: str | None) -> None:
        """Remove the tenant; its devices stay. Raises NotFound, VersionMismatch."""

    async def usage(self, tenant_id: str) -> TenantUsage:
        """What hangs on the tenant."""
