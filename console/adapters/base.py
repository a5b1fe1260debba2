"""The adapter interface: the only way the console reaches a registry.

A port that is None is a capability the registry lacks: no port, no pane. Ports speak domain types
only and raise `RegistryError` only. Every write names the version it expects (None: any will do)
and returns what was saved.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.errors import Denied
from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.identities import Identity, IdentityKind, Provisioning
from registry_backend.domain.jobs import Job, JobError, JobFormat, JobSpec
from registry_backend.domain.journal import Change, JournalEntry
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


@dataclass(frozen=True, slots=True)
class ListAbilities:
    """What a list of this registry truly can do; the pane offers nothing else."""

    can_list: bool = True
    """False: open by id only."""
    can_seek: bool = True
    """Whether `skip` and `backward` cost little, so that any row can be jumped to."""
    sorts: tuple[DeviceSort, ...] = (DeviceSort.ID,)
    filters: frozenset[str] = field(default_factory=frozenset)
    """Names of DeviceQuery or TenantQuery conditions the registry honours."""


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


class DevicesPort(Protocol):
    """Devices of a tenant."""

    abilities: ListAbilities

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """A stretch of the devices."""

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """How many devices the query has."""

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """How many rows stand before the place where this id is or would be."""

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """Raises NotFound."""

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """Create under the given or a generated id.

        Raises NotFound (tenant), AlreadyExists, LimitReached, Invalid.
        """

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """Replace the attributes. Raises NotFound, VersionMismatch, Invalid."""

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """Remove the device and its credentials. Raises NotFound, VersionMismatch."""

    async def delete_all(self, tenant_id: str) -> int:
        """Remove every device of the tenant; how many there were."""

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """Known gateway ids, to choose from."""


class CredentialsPort(Protocol):
    """Credentials: one set per device."""

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """Raises NotFound (tenant or device)."""

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
    ) -> CredentialSet:
        """Replace the set; secrets with an id and no material keep what is stored (hono 3.6).

        Raises NotFound, VersionMismatch, AlreadyExists, LimitReached, Invalid.
        """

    async def page(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """Credentials of the whole tenant: those ending before a time, soonest first, or all."""

    async def count(self, tenant_id: str) -> Count:
        """How many credentials the tenant has."""


@dataclass(frozen=True, slots=True)
class JobAbilities:
    """What jobs of this registry can do; the pane offers nothing else."""

    imports: tuple[JobFormat, ...] = ("devices.txt", "csv", "ndjson", "hono-1.1")
    exports: tuple[JobFormat, ...] = ("devices.txt", "ndjson", "hono-1.1")
    folders: bool = True
    """Whether a folder of this machine will do."""
    containers: bool = False
    """Whether the address of a blob container will do."""
    can_forget: bool = True
    can_dry_run: bool = False


class JobsPort(Protocol):
    """Import and export jobs."""

    abilities: JobAbilities

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """Newest first."""

    async def get(self, job_id: str) -> Job:
        """Raises NotFound."""

    async def create(self, spec: JobSpec) -> Job:
        """Check the folder and start. Raises Invalid, LimitReached (one at a time per tenant)."""

    async def dry_run(
        self, spec: JobSpec, *, progress: Callable[[int], object] | None = None
    ) -> DryRun:
        """What that import would do, written nowhere; `progress` is told of lines read so far.

        Raises as `create`.
        """

    async def cancel(self, job_id: str) -> Job:
        """Stop; lines already applied stay. Raises NotFound, Invalid (already finished)."""

    async def forget(self, job_id: str) -> None:
        """Remove a finished job from the list. Raises NotFound, Invalid (still running)."""

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """Failed lines, read from `importErrors.log`."""


class StatisticsPort(Protocol):
    """Counts of devices."""

    async def get(self, tenant_id: str) -> Statistics:
        """Cheap: kept, not counted."""


class ConnectionsPort(Protocol):
    """How a device itself connects: what an operator pastes into it, made on demand."""

    async def connection_string(self, tenant_id: str, device_id: str, *, secondary: bool) -> str:
        """The device's connection string with one of its keys, a secret (iothub 7.3).

        Raises NotFound, Invalid (the device has no keys).
        """

    async def sas_token(
        self, tenant_id: str, device_id: str, *, minutes: int, secondary: bool
    ) -> str:
        """A token the device may present for so long, a secret (iothub 7.1). Raises as above."""


class ModulesPort(Protocol):
    """Module identities of the device that an Identity Service runs on (identityd 1)."""

    async def list(self) -> Sequence[Identity]:
        """The hub's modules of this device, without their keys."""

    async def get(self, module_id: str, kind: IdentityKind) -> Identity:
        """Raises NotFound, Invalid."""

    async def create(self, module_id: str, kind: IdentityKind, *, server: bool = False) -> Identity:
        """Create a module, or issue a local identity: for a client, or for a server too."""

    async def update(self, module_id: str) -> Identity:
        """Push a module's keys to the hub again."""

    async def delete(self, module_id: str) -> None:
        """Remove a module from the hub."""


class ProvisioningPort(Protocol):
    """The identities of an Identity Service's caller and device, and where they come from."""

    async def info(self) -> Provisioning:
        """How the device was provisioned; nobody is refused."""

    async def own(self) -> Identity:
        """The caller's own identity."""

    async def device(self) -> Identity:
        """The device's identity."""

    async def reprovision(self) -> None:
        """Provision again: every principal's module is deleted and made anew (identityd 1.3)."""


class JournalPort(Protocol):
    """What was written, when and by whom."""

    async def page(
        self, tenant_id: str, *, resource_id: str | None, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """Newest first; of one thing, or the whole tenant."""

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """Be told of writes by anyone; returns the way to stop."""


class PrincipalsPort(Protocol):
    """The principals of an Identity Service configuration."""

    async def load(self) -> PrincipalConfig:
        """Read all files; a broken one is reported in place, the rest still shown."""

    async def use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        """Read other files from now on."""

    async def view(self) -> EffectiveView:
        """Read all files; what each principal comes to, and everything amiss."""

    async def explain(self, uid: int, request: CallRequest) -> Answer:
        """What the daemon would answer to a uid by the files as they are now."""

    async def answers(
        self, user: str, *, module_id: str = "", kind: IdentityKind = "aziot"
    ) -> Sequence[Answer]:
        """What the daemon would answer to a user's ten calls; the user by number or name.

        Calls about a module are about `module_id`, or the user's own. Raises Invalid.
        """

    async def text(self, file: Path) -> str:
        """The text of one file; empty when the main file is not there. Raises RegistryError."""

    async def plan_text(self, file: Path, before: str, after: str) -> FileChange:
        """Plan another text for a whole file. Raises VersionMismatch when it has changed."""

    async def plan_add(self, principal: Principal, *, file: str | None) -> FileChange:
        """Plan a new table at the end of a file; None: in a file of its own in the folder."""

    async def plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        """Plan the change of one table. Raises VersionMismatch when the table has changed."""

    async def plan_delete(self, target: FilePrincipal) -> FileChange:
        """Plan the removal of one table and the comments that belong to it."""

    async def plan_undo(self, change: FileChange) -> FileChange:
        """Plan the way back from what was written. Raises VersionMismatch when it has changed."""

    async def apply(self, change: FileChange) -> PrincipalConfig:
        """Write a plan atomically.

        Raises VersionMismatch when the file has changed since, Invalid when it would stop the
        daemon and is not `forced`.
        """


class RegistryAdapter(ABC):
    """A connection to one registry; an async context manager."""

    title: str
    """What the header shows: a name for people."""
    kind: str
    """`local`, `hono`, `iothub` or `identity`."""
    address: str
    """Where it is: a path or URL without secrets."""
    read_only: bool = False
    production: bool = False
    """Whether the header warns that real devices hang on this registry."""
    color: str | None = None
    """The colour of its name in the header, to tell several registries apart; None: the usual."""
    sole_tenant: str = ""
    """The one tenant of a registry that is one, such as a hub; empty: `tenants` says."""
    credential_types: tuple[str, ...] = ()
    """Types of credentials that it can hold; empty: any."""
    device_members: frozenset[str] | None = None
    """Members of a device's document that it keeps; None: any."""
    plain_credentials: bool = False
    """Whether it keeps bare material: no state, validity or comment of a credential, no list."""
    tells_changes: bool = True
    """Whether a device says when it was last written."""
    usable_apart: str = ""
    """The pane that there is work in while the registry is out of reach; empty: none."""
    caller_uid: int | None = None
    """The uid that an Identity Service sees in its caller; None where nobody looks at that."""
    on_health: Callable[[str], object] | None = None
    """Set by who shows it: told `connected`, or what is wrong, when that changes."""
    on_notice: Callable[[str], object] | None = None
    """Set by who shows it: told what the registry did otherwise than it was asked."""

    tenants: TenantsPort | None = None
    devices: DevicesPort | None = None
    credentials: CredentialsPort | None = None
    jobs: JobsPort | None = None
    statistics: StatisticsPort | None = None
    journal: JournalPort | None = None
    principals: PrincipalsPort | None = None
    connections: ConnectionsPort | None = None
    modules: ModulesPort | None = None
    provisioning: ProvisioningPort | None = None

    sample: Callable[[], Awaitable[int]] | None = None
    """Fill in the sample fleet and say how many devices that made; None where nobody should."""

    @abstractmethod
    async def open(self) -> None:
        """Connect. Raises Unreachable, Denied, Fault."""

    async def take_up(self) -> None:  # noqa: B027 - most registries have nothing to take up
        """Go on with work that was interrupted; asked for once the first rows are shown."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was accepted, then let go."""

    def _tell_health(self, health: str) -> None:
        if self.on_health is not None:
            self.on_health(health)

    def _tell_notice(self, notice: str) -> None:
        if self.on_notice is not None:
            self.on_notice(notice)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def refuse_write() -> Denied:
    """The error of every write in a read-only session."""
    return Denied(
        "This session is read-only, so nothing was written.",
        hint="Start idconsole without --read-only to make changes.",
    )
