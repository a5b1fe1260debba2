"""The bundled registry's use cases as ports: each write is bound to the person at the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.adapters.base import ListAbilities
from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import (
    Count,
    DeviceQuery,
    DeviceSort,
    Order,
    Page,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage
from registry_backend.registry import Registry

TENANT_ABILITIES = ListAbilities(filters=frozenset({"id_contains", "enabled"}))
DEVICE_ABILITIES = ListAbilities(
    sorts=tuple(DeviceSort), filters=frozenset(DeviceQuery.__dataclass_fields__)
)
"""The bundled registry honours every condition there is."""


class LocalTenants:
    """Tenants of the bundled registry."""

    abilities = TENANT_ABILITIES

    def __init__(self, registry: Registry, actor: Actor) -> None:
        self._tenants = registry.tenants
        self._actor = actor

    async def page(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """As TenantsPort."""
        return await self._tenants.page(query, request)

    async def count(self, query: TenantQuery) -> Count:
        """As TenantsPort."""
        return await self._tenants.count(query)

    async def get(self, tenant_id: str) -> Tenant:
        """As TenantsPort."""
        return await self._tenants.get(tenant_id)

    async def create(self, tenant_id: str | None, attributes: TenantAttributes) -> Tenant:
        """As TenantsPort."""
        return await self._tenants.create(tenant_id, attributes, actor=self._actor)

    async def update(
        self, tenant_id: str, attributes: TenantAttributes, *, expected: str | None
    ) -> Tenant:
        """As TenantsPort."""
        return await self._tenants.update(
            tenant_id, attributes, expected=expected, actor=self._actor
        )

    async def delete(self, tenant_id: str, *, expected: str | None) -> None:
        """As TenantsPort."""
        await self._tenants.delete(tenant_id, expected=expected, actor=self._actor)

    async def usage(self, tenant_id: str) -> TenantUsage:
        """As TenantsPort."""
        return await self._tenants.usage(tenant_id)


class LocalDevices:
    """Devices of the bundled registry."""

    abilities = DEVICE_ABILITIES

    def __init__(self, registry: Registry, actor: Actor) -> None:
        self._devices = registry.devices
        self._actor = actor

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """As DevicesPort."""
        return await self._devices.page(tenant_id, query, order, request)

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """As DevicesPort."""
        return await self._devices.count(tenant_id, query)

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """As DevicesPort."""
        return await self._devices.position(tenant_id, device_id, query, order)

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """As DevicesPort."""
        return await self._devices.get(tenant_id, device_id)

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """As DevicesPort."""
        return await self._devices.create(tenant_id, device_id, attributes, actor=self._actor)

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """As DevicesPort."""
        return await self._devices.update(
            tenant_id, device_id, attributes, expected=expected, actor=self._actor
        )

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """As DevicesPort."""
        await self._devices.delete(tenant_id, device_id, expected=expected, actor=self._actor)

    async def delete_all(self, tenant_id: str) -> int:
        """As DevicesPort."""
        return await self._devices.delete_all(tenant_id, actor=self._actor)

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """As DevicesPort."""
        return await self._devices.gateways(tenant_id)


class LocalCredentials:
    """Credentials of the bundled registry."""

    def __init__(self, registry: Registry, actor: Actor) -> None:
        self._credentials = registry.credentials
        self._actor = actor

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """As CredentialsPort."""
        return await self._credentials.get(tenant_id, device_id)

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
    ) -> CredentialSet:
        """As CredentialsPort."""
        return await self._credentials.replace(
            tenant_id, device_id, credentials, expected=expected, actor=self._actor
        )

    async def page(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """As CredentialsPort."""
        return await self._credentials.page(
            tenant_id, expires_before=expires_before, request=request
        )

    async def count(self, tenant_id: str) -> Count:
        """As CredentialsPort."""
        return await self._credentials.count(tenant_id)
