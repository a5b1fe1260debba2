"""The resources of SQLite put together."""

from __future__ import annotations

from registry_backend.storage.sqlite_bulk import BulkWrites
from registry_backend.storage.sqlite_credentials import CredentialReads
from registry_backend.storage.sqlite_device_reads import DeviceReads
from registry_backend.storage.sqlite_device_texts import DeviceTextReads
from registry_backend.storage.sqlite_jobs import JobReads, JobWrites
from registry_backend.storage.sqlite_journal import JournalReads, JournalWrites
from registry_backend.storage.sqlite_modules import ModuleReads, ModuleWrites
from registry_backend.storage.sqlite_new_devices import NewDeviceWrites
from registry_backend.storage.sqlite_policies import PolicyReads, PolicyWrites
from registry_backend.storage.sqlite_tenants import TenantReads, TenantWrites


class SqliteSnapshot(
    TenantReads,
    DeviceReads,
    DeviceTextReads,
    CredentialReads,
    ModuleReads,
    PolicyReads,
    JobReads,
    JournalReads,
):
    """A `Snapshot` on a connection that is inside a transaction."""


class SqliteTransaction(
    TenantWrites,
    BulkWrites,
    NewDeviceWrites,
    DeviceTextReads,
    ModuleWrites,
    PolicyWrites,
    JobWrites,
    JournalWrites,
):
    """A `Transaction` on a connection that is inside a writing transaction."""
