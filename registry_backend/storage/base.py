"""The Store protocol: documents and rows in transactions, and no rules.

A use case is a plain function of a `Transaction`. The store runs it where its library may block
(one writer thread for SQLite, pooled connections for PostgreSQL) and answers when it is durable.
Every list leads with the tenant. Errors raised here are of the domain's family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.devices import Device
from registry_backend.domain.jobs import Job
from registry_backend.domain.journal import Actor, Change, JournalEntry
from registry_backend.domain.modules import Module
from registry_backend.domain.policies import Policy
from registry_backend.domain.query import (
    AttributeSort,
    Count,
    DeviceQuery,
    Found,
    Order,
    Page,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant

ResultT = TypeVar("ResultT")


class NewCredential(NamedTuple):
    """A credential of a new device."""

    type: str
    auth_id: str
    enabled: bool
    document: str
    """What `rows.document_text` makes of the model; none of its secrets ends."""


class NewDevice(NamedTuple):
    """A device at revision 0 that names no gateway and no group, with all of its credentials."""

    device_id: str
    enabled: bool
    version: str
    generation_id: str
    document: str
    """What `rows.document_text` makes of the attributes."""
    credentials: tuple[NewCredential, ...]


class DeviceTexts(NamedTuple):
    """What is stored of a device, its documents unread."""

    device_id: str
    enabled: bool
    revision: int
    document: str
    credentials: tuple[str, ...]
    """Their documents in order."""


class StoredDevice(NamedTuple):
    """A device as it is stored, its document unread."""

    enabled: bool
    version: str
    revision: int
    generation_id: str
    created_at: datetime
    updated_at: datetime | None
    status_updated_at: datetime | None
    document: str
    """`to_text()` of its attributes."""


class StoredIdentity(NamedTuple):
    """A device with its credentials as they are stored."""

    device: StoredDevice
    credentials: tuple[str, ...]
    """Their documents in order, unread."""


class Snapshot(Protocol):
    """A consistent view of the store: all that reading needs."""

    # tenants
    def get_tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant of that id, or None."""

    def has_tenant(self, tenant_id: str) -> bool:
        """Whether there is a tenant of that id; reads no document."""

    def tenant_without_case(self, name: str) -> str | None:
        """The id of the only tenant that is that name but for the case of a-z; else None."""

    def page_tenants(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """A stretch of the tenants ordered by id."""

    def count_tenants(self, query: TenantQuery) -> Count:
        """How many tenants the query has."""

    def search_tenants(
        self, query: TenantQuery, sorts: Sequence[AttributeSort], *, skip: int, limit: int
    ) -> Found[Tenant]:
        """A stretch of the tenants in any order, ties by id, and how many the query has."""

    def tenant_of_trust_anchor(self, subject_dn: str, *, other_than: str) -> Tenant | None:
        """Some other tenant with a trust anchor of that subject."""

    def tenant_of_alias(self, alias: str, *, other_than: str) -> Tenant | None:
        """Some other tenant with that alias."""

    # devices
    def get_device(self, tenant_id: str, device_id: str) -> Device | None:
        """The device of that id, or None."""

    def get_many_devices(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, Device]:
        """Those devices that are there, by device id."""

    def get_device_of(self, tenant_id: str, device_id: str) -> Device | None:
        """The device of that id, or None, also when its tenant is not there."""

    def get_stored_device(self, tenant_id: str, device_id: str) -> StoredDevice | None:
        """The device of that id without a model, or None, also when its tenant is not there."""

    def get_stored_identity(self, tenant_id: str, device_id: str) -> StoredIdentity | None:
        """The same with its credentials."""

    def revisions(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, int]:
        """The revisions of those devices that are there, by device id; reads no document."""

    def page_devices(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """A stretch of a tenant's devices."""

    def search_devices(
        self,
        tenant_id: str,
        query: DeviceQuery,
        sorts: Sequence[AttributeSort],
        *,
        skip: int,
        limit: int,
    ) -> Found[Device]:
        """A stretch of a tenant's devices in any order, ties by id, and how many there are."""

    def count_devices(self, tenant_id: str, query: DeviceQuery) -> Count:
        """How many devices the query has; O(1) without conditions and for `enabled` alone."""

    def position_of_device(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """How many rows of that list stand before the place where this id is or would be."""

    def page_device_texts(
        self, tenant_id: str, *, after: str | None, limit: int
    ) -> Sequence[DeviceTexts]:
        """Devices in the order of their ids, those after an id or from the first; no models."""

    def gateways_of(self, tenant_id: str) -> Sequence[str]:
        """Ids that other devices name in `via`, in order; at most 1000."""

    def statistics(self, tenant_id: str) -> Statistics:
        """Kept counts; O(1)."""

    # credentials
    def get_credentials(self, tenant_id: str, device_id: str) -> CredentialSet | None:
        """The set of a device, empty if it has none; None when there is no such device."""

    def get_many_credentials(
        self, tenant_id: str, device_ids: Sequence[str]
    ) -> dict[str, CredentialSet]:
        """The sets of several devices by device id."""

    def owner_of(self, tenant_id: str, credential_type: str, auth_id: str) -> str | None:
        """Which device holds that (type, auth-id)."""

    def page_credentials(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """A tenant's credentials: those that end before a time ordered by it, or all by auth-id."""

    def count_credentials(self, tenant_id: str) -> Count:
        """How many credential objects a tenant has; O(1)."""

    # modules
    def get_module(self, tenant_id: str, device_id: str, module_id: str) -> Module | None:
        """The module of that id, or None."""

    def list_modules(self, tenant_id: str, device_id: str) -> Sequence[Module]:
        """A device's modules by id."""

    # policies
    def get_policy(self, name: str) -> Policy | None:
        """The policy of that name, or None; names compare without case."""

    def list_policies(self) -> Sequence[Policy]:
        """All policies of the registry by name."""

    # jobs
    def get_job(self, job_id: str) -> Job | None:
        """The job of that id, or None."""

    def list_jobs(self, tenant_id: str | None) -> Sequence[Job]:
        """Jobs newest first, of one tenant or all; at most 1000."""

    # journal
    def page_journal(
        self, tenant_id: str, *, resource_id: str | None, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """Newest first, below a sequence number; of one thing or the whole tenant."""


class Transaction(Snapshot, Protocol):
    """A snapshot that can be written to; all of it becomes durable together or not at all.

    `update_*` and `delete_*` write only where the stored version is `expected`, in the statement
    itself, and answer whether they did.
    """

    def insert_tenant(self, tenant: Tenant) -> None:
        """Raises AlreadyExists."""

    def update_tenant(self, tenant: Tenant, *, expected: str) -> bool:
        """Replace a tenant."""

    def delete_tenant(self, tenant_id: str, *, expected: str) -> bool:
        """Remove a tenant; its devices stay."""

    def insert_device(self, device: Device) -> None:
        """Insert with an empty credential set. Raises AlreadyExists."""

    def update_device(self, device: Device, *, expected: str, before: Device | None = None) -> bool:
        """Replace a device's attributes, version and times.

        `before` is the device as this transaction read it: what it tells is not read again.
        """

    def replace_device(self, device: Device, *, stored: StoredDevice, text: str) -> bool:
        """The same for a device that this transaction read, with the text of its attributes."""

    def delete_device(self, tenant_id: str, device_id: str, *, expected: str) -> bool:
        """Remove a device and its credentials."""

    def delete_devices(self, tenant_id: str, *, limit: int) -> int:
        """Remove up to `limit` devices with their credentials; how many were removed."""

    def index_attributes(self, paths: Sequence[tuple[str, ...]]) -> None:
        """Index these members of devices' documents, where they are not yet. Raises Invalid."""

    def put_credentials(self, credentials: CredentialSet, *, expected: str) -> bool:
        """Replace a set, and count the device's revision on: a hub's ETag covers its keys.

        Raises AlreadyExists naming the (type, auth-id) another device owns.
        """

    def put_devices(self, rows: Iterable[tuple[Device, Sequence[Credential] | None]]) -> None:
        """Insert or replace many devices of one tenant at once, as imports do.

        Versions are not compared: the caller has read them in this transaction. A credential
        sequence replaces the set; None leaves it. Raises AlreadyExists as `put_credentials`.
        """

    def insert_new_devices(
        self, tenant_id: str, rows: Sequence[NewDevice], *, at: datetime
    ) -> None:
        """Insert devices that are not there yet, created at that moment, with their credentials.

        Raises AlreadyExists when a device id or (type, auth-id) is taken or given twice; nothing
        is inserted then.
        """

    def put_module(self, module: Module) -> None:
        """Insert or replace a module of a device that is there; it goes when the device goes."""

    def delete_module(self, tenant_id: str, device_id: str, module_id: str) -> bool:
        """Remove a module."""

    def put_policy(self, policy: Policy) -> None:
        """Insert or replace a policy."""

    def put_job(self, job: Job) -> None:
        """Insert or replace a job."""

    def delete_job(self, job_id: str) -> bool:
        """Forget a job."""

    def add_journal(self, actor: Actor, at: datetime, lines: Iterable[JournalEntry]) -> None:
        """Append lines; their `sequence` is given here."""

    def add_line(
        self, actor: Actor, at: datetime, change: Change, *, before: str | None, after: str | None
    ) -> None:
        """Append one line, as `add_journal` does, whose documents are JSON text already."""

    def add_creations(
        self, actor: Actor, at: datetime, tenant_id: str, device_ids: Sequence[str]
    ) -> None:
        """Append a line for each device created, as `add_journal` would without documents."""

    def note(self, change: Change) -> None:
        """Tell watchers of this change once it is durable."""


class Store(Protocol):
    """One registry's data."""

    async def read(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """Run `work` on a snapshot, off the event loop."""

    async def read_point(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """Run a `work` that only reads a few rows by key; it may run right here."""

    async def read_one(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """The same for a `work` that asks a single thing, and so needs no transaction around it."""

    async def write(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        """Run `work` in a transaction; returns once it is durable.

        `work` may be run again on a fresh transaction, so it must have no effect but through it.
        Cancelling the caller does not cancel the write.
        """

    def subscribe(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """Call `listener` on the event loop after each durable write; returns the way to stop."""

    async def close(self) -> None:
        """Finish what was accepted and release the files."""
