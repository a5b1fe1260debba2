"""The bundled registry's records as ports: each write is bound to the person at the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.adapters.local_connection import Connection
from console.adapters.ports.lists import ListAbilities
from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
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

TENANT_ABILITIES = ListAbilities(filters=frozenset({"id_contains", "enabled"}))
DEVICE_ABILITIES = ListAbilities(
    sorts=tuple(DeviceSort), filters=frozenset(DeviceQuery.__dataclass_fields__)
)
"""The bundled registry honours every condition there is."""


class LocalTenants:
    """Tenants of the bundled registry."""

    abilities = TENANT_ABILITIES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """As TenantsPort."""
        return await self._connection.registry.tenants.page(query, request)

    async def count(self, query: TenantQuery) -> Count:
        """As TenantsPort."""
        return await self._connection.registry.tenants.count(query)

    async def get(self, tenant_id: str) -> Tenant:
        """As TenantsPort."""
        return await self._connection.registry.tenants.get(tenant_id)

    async def create(self, tenant_id: str | None, attributes: TenantAttributes) -> Tenant:
        """As TenantsPort."""
        return await self._connection.registry.tenants.create(
            tenant_id, attributes, actor=self._connection.actor
        )

    async def update(
        self, tenant_id: str, attributes: TenantAttributes, *, expected: str | None
    ) -> Tenant:
        """As TenantsPort."""
        return await self._connection.registry.tenants.update(
            tenant_id, attributes, expected=expected, actor=self._connection.actor
        )

    async def delete(self, tenant_id: str, *, expected: str | None) -> None:
        """As TenantsPort."""
        await self._connection.registry.tenants.delete(
            tenant_id, expected=expected, actor=self._connection.actor
        )

    async def usage(self, tenant_id: str) -> TenantUsage:
        """As TenantsPort."""
        return await self._connection.registry.tenants.usage(tenant_id)


class LocalDevices:
    """Devices of the bundled registry."""

    abilities = DEVICE_ABILITIES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """As DevicesPort."""
        return await self._connection.registry.devices.page(tenant_id, query, order, request)

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """As DevicesPort."""
        return await self._connection.registry.devices.count(tenant_id, query)

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """As DevicesPort."""
        return await self._connection.registry.devices.position(tenant_id, device_id, query, order)

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """As DevicesPort."""
        return await self._connection.registry.devices.get(tenant_id, device_id)

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """As DevicesPort."""
        return await self._connection.registry.devices.create(
            tenant_id, device_id, attributes, actor=self._connection.actor
        )

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """As DevicesPort."""
        return await self._connection.registry.devices.update(
            tenant_id, device_id, attributes, expected=expected, actor=self._connection.actor
        )

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """As DevicesPort."""
        await self._connection.registry.devices.delete(
            tenant_id, device_id, expected=expected, actor=self._connection.actor
        )

    async def delete_all(self, tenant_id: str) -> int:
        """As DevicesPort."""
        return await self._connection.registry.devices.delete_all(
            tenant_id, actor=self._connection.actor
        )

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """As DevicesPort."""
        return await self._connection.registry.devices.gateways(tenant_id)


class LocalCredentials:
    """Credentials of the bundled registry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """As CredentialsPort."""
        return await self._connection.registry.credentials.get(tenant_id, device_id)

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
    ) -> CredentialSet:
        """As CredentialsPort."""
        return await self._connection.registry.credentials.replace(
            tenant_id, device_id, credentials, expected=expected, actor=self._connection.actor
        )

    async def page(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """As CredentialsPort."""
        return await self._connection.registry.credentials.page(
            tenant_id, expires_before=expires_before, request=request
        )

    async def count(self, tenant_id: str) -> Count:
        """As CredentialsPort."""
        return await self._connection.registry.credentials.count(tenant_id)
