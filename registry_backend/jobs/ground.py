"""What the lines of an import need of a registry to take effect: a transaction, or a trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant


class Ground(Protocol):
    """The part of `storage.base.Transaction` that lines are applied to; all is as there."""

    def get_tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant of that id, or None."""

    def tenant_of_trust_anchor(self, subject_dn: str, *, other_than: str) -> Tenant | None:
        """Some other tenant with a trust anchor of that subject."""

    def tenant_of_alias(self, alias: str, *, other_than: str) -> Tenant | None:
        """Some other tenant with that alias."""

    def insert_tenant(self, tenant: Tenant) -> None:
        """Raises AlreadyExists."""

    def update_tenant(self, tenant: Tenant, *, expected: str) -> bool:
        """Replace a tenant."""

    def statistics(self, tenant_id: str) -> Statistics:
        """Kept counts."""

    def get_many_devices(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, Device]:
        """Those devices that are there, by device id."""

    def get_many_credentials(
        self, tenant_id: str, device_ids: Sequence[str]
    ) -> dict[str, CredentialSet]:
        """The sets of several devices by device id."""

    def owner_of(self, tenant_id: str, credential_type: str, auth_id: str) -> str | None:
        """Which device holds that (type, auth-id)."""

    def delete_device(self, tenant_id: str, device_id: str, *, expected: str) -> bool:
        """Remove a device and its credentials."""

    def put_devices(self, rows: Iterable[tuple[Device, Sequence[Credential] | None]]) -> None:
        """Insert or replace many devices of one tenant at once."""
