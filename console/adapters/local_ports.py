"""The bundled registry's use cases as ports: each write is bound to the person at the console."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from console.adapters.base import ListAbilities
from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.jobs import Job, JobError, JobSpec
from registry_backend.domain.journal import Actor, Change, JournalEntry
from registry_backend.domain.principals import FileChange, FilePrincipal, Principal, PrincipalConfig
from registry_backend.domain.query import (
    Count,
    DeviceQuery,
    DeviceSort,
    Order,
    Page,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage
from registry_backend.jobs.runner import JobRunner
from registry_backend.registry import Registry

if TYPE_CHECKING:
    from registry_backend.identityd.principals import PrincipalFiles


class Connection:
    """The open registry and who works with it; ports are there before it is opened.

    Args:
        actor: Who the journal names.
        address: Where the registry is, for messages.
    """

    def __init__(self, actor: Actor, address: str) -> None:
        self.actor = actor
        self.address = address
        self.opened: Registry | None = None
        self.runner: JobRunner | None = None

    @property
    def registry(self) -> Registry:
        """The registry. Raises Unreachable while it is closed."""
        if self.opened is None:
            raise self._closed()
        return self.opened

    @property
    def jobs(self) -> JobRunner:
        """Who runs jobs. Raises Unreachable while the registry is closed."""
        if self.runner is None:
            raise self._closed()
        return self.runner

    def _closed(self) -> Unreachable:
        return Unreachable(f"The registry in {self.address} is not open.", layer="file")


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


class LocalJobs:
    """Jobs of the bundled registry, run by this process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """As JobsPort."""
        return await self._connection.jobs.list(tenant_id)

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        return await self._connection.jobs.get(job_id)

    async def create(self, spec: JobSpec) -> Job:
        """As JobsPort."""
        return await self._connection.jobs.create(spec, actor=self._connection.actor)

    async def cancel(self, job_id: str) -> Job:
        """As JobsPort."""
        return await self._connection.jobs.cancel(job_id, actor=self._connection.actor)

    async def forget(self, job_id: str) -> None:
        """As JobsPort."""
        await self._connection.jobs.forget(job_id, actor=self._connection.actor)

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """As JobsPort."""
        return await self._connection.jobs.errors(job_id, skip=skip, limit=limit)


class LocalStatistics:
    """Kept counts of the bundled registry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, tenant_id: str) -> Statistics:
        """As StatisticsPort."""
        return await self._connection.registry.statistics.get(tenant_id)


class LocalJournal:
    """History and live changes of the bundled registry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self, tenant_id: str, *, resource_id: str | None, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """As JournalPort."""
        return await self._connection.registry.journal.page(
            tenant_id, resource_id=resource_id, before=before, limit=limit
        )

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """As JournalPort."""
        return self._connection.registry.journal.watch(listener)


class LocalPrincipals:
    """The Identity Service's files of this machine."""

    def __init__(self, main_file: Path, config_dir: Path, *, read_only: bool) -> None:
        self._read_only = read_only
        self._paths = (main_file, config_dir)

    @cached_property
    def _files(self) -> PrincipalFiles:
        from registry_backend.identityd.principals import (  # noqa: PLC0415 - most sessions never ask
            PrincipalFiles,
        )

        return PrincipalFiles(*self._paths, read_only=self._read_only)

    async def load(self) -> PrincipalConfig:
        """As PrincipalsPort."""
        return await self._files.load()

    async def use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        """As PrincipalsPort."""
        self._paths = (main_file, config_dir)
        vars(self).pop("_files", None)
        return await self._files.load()

    async def plan_add(self, principal: Principal, *, file: str | None) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_add(principal, file=file)

    async def plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_update(target, principal)

    async def plan_delete(self, target: FilePrincipal) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_delete(target)

    async def apply(self, change: FileChange) -> PrincipalConfig:
        """As PrincipalsPort."""
        return await self._files.apply(change)
