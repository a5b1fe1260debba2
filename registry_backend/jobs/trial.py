"""A registry as an import would leave it, line after line, with nothing written (iothub 6.6).

Only what a later line asks for again is held: which lines those are is found out beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant
from registry_backend.storage.base import Snapshot

Key = int
"""A hash of names; names themselves would fill the memory."""


def device_key(tenant_id: str, device_id: str) -> Key:
    """Of a device."""
    return hash((tenant_id, device_id))


def claim_key(tenant_id: str, credential_type: str, auth_id: str) -> Key:
    """Of what a device may be known by."""
    return hash((tenant_id, credential_type, auth_id))


@dataclass(slots=True)
class Again:
    """What more than one line of a file names."""

    devices: set[Key] = field(default_factory=set)
    claims: set[Key] = field(default_factory=set)


@dataclass(slots=True)
class Left:
    """What the lines so far have left, as far as later ones ask.

    Args:
        again: What they ask for.
    """

    again: Again
    devices: dict[Key, tuple[Device, tuple[Credential, ...]] | None] = field(default_factory=dict)
    """None: gone."""
    owners: dict[Key, str] = field(default_factory=dict)
    released: set[Key] = field(default_factory=set)
    """Claims that stored devices hold no longer."""
    tenants: dict[str, Tenant] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    """Devices more than are stored, by tenant; may be negative."""


class Trial:
    """A `Ground` over a snapshot and what earlier lines left.

    Args:
        snapshot: What is stored.
        left: Changed by what is written here.
    """

    def __init__(self, snapshot: Snapshot, left: Left) -> None:
        self._snapshot = snapshot
        self._left = left
        self._served: dict[str, tuple[Credential, ...]] = {}

    def get_tenant(self, tenant_id: str) -> Tenant | None:
        """As Ground."""
        return self._left.tenants.get(tenant_id) or self._snapshot.get_tenant(tenant_id)

    def tenant_of_trust_anchor(self, subject_dn: str, *, other_than: str) -> Tenant | None:
        """As Ground."""
        for tenant in self._left.tenants.values():
            subjects = {anchor.subject_dn for anchor in tenant.attributes.trusted_ca}
            if tenant.tenant_id != other_than and subject_dn in subjects:
                return tenant
        found = self._snapshot.tenant_of_trust_anchor(subject_dn, other_than=other_than)
        return None if found is None or found.tenant_id in self._left.tenants else found

    def tenant_of_alias(self, alias: str, *, other_than: str) -> Tenant | None:
        """As Ground."""
        for tenant in self._left.tenants.values():
            if tenant.tenant_id != other_than and tenant.attributes.alias == alias:
                return tenant
        found = self._snapshot.tenant_of_alias(alias, other_than=other_than)
        return None if found is None or found.tenant_id in self._left.tenants else found

    def insert_tenant(self, tenant: Tenant) -> None:
        """As Ground."""
        self._left.tenants[tenant.tenant_id] = tenant

    def update_tenant(self, tenant: Tenant, *, expected: str) -> bool:
        """As Ground; nobody else writes here."""
        del expected
        self._left.tenants[tenant.tenant_id] = tenant
        return True

    def statistics(self, tenant_id: str) -> Statistics:
        """As Ground, of the total alone."""
        stored = self._snapshot.statistics(tenant_id)
        total = stored.total + self._left.more.get(tenant_id, 0)
        return stored.model_copy(update={"total": total})

    def get_many_devices(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, Device]:
        """As Ground."""
        left = {each: device_key(tenant_id, each) for each in device_ids}
        unknown = [each for each, key in left.items() if key not in self._left.devices]
        found = self._snapshot.get_many_devices(tenant_id, unknown)
        for device_id, key in left.items():
            known = self._left.devices.get(key)
            if known is not None:
                found[device_id] = known[0]
        return found

    def get_many_credentials(
        self, tenant_id: str, device_ids: Sequence[str]
    ) -> dict[str, CredentialSet]:
        """As Ground."""
        sets: dict[str, CredentialSet] = {}
        unknown = []
        for device_id in device_ids:
            key = device_key(tenant_id, device_id)
            if key not in self._left.devices:
                unknown.append(device_id)
                continue
            found = self._left.devices[key]
            if found is not None:
                sets[device_id] = CredentialSet(
                    tenant_id=tenant_id, device_id=device_id, credentials=found[1], version=""
                )
        sets |= self._snapshot.get_many_credentials(tenant_id, unknown)
        self._served = {device_id: theirs.credentials for device_id, theirs in sets.items()}
        return sets

    def owner_of(self, tenant_id: str, credential_type: str, auth_id: str) -> str | None:
        """As Ground."""
        key = claim_key(tenant_id, credential_type, auth_id)
        if key in self._left.owners:
            return self._left.owners[key]
        if key in self._left.released:
            return None
        return self._snapshot.owner_of(tenant_id, credential_type, auth_id)

    def delete_device(self, tenant_id: str, device_id: str, *, expected: str) -> bool:
        """As Ground; nobody else writes here."""
        del expected
        self._hand_over(tenant_id, device_id, self._served.get(device_id, ()), ())
        self._leave(tenant_id, device_id, None)
        self._left.more[tenant_id] = self._left.more.get(tenant_id, 0) - 1
        return True

    def put_devices(self, rows: Iterable[tuple[Device, Sequence[Credential] | None]]) -> None:
        """As Ground."""
        for device, credentials in rows:
            tenant_id, device_id = device.tenant_id, device.device_id
            before = self._served.get(device_id)
            after = tuple((before or ()) if credentials is None else credentials)
            if credentials is not None:
                self._hand_over(tenant_id, device_id, before or (), after)
            self._leave(tenant_id, device_id, (device, after))
            if before is None:
                self._left.more[tenant_id] = self._left.more.get(tenant_id, 0) + 1

    def named_once(self, tenant_id: str, device_ids: Sequence[str]) -> bool:
        """Whether no other line asks for any of these."""
        again = self._left.again.devices
        return not any(device_key(tenant_id, device_id) in again for device_id in device_ids)

    def revisions(self, tenant_id: str, device_ids: Sequence[str]) -> dict[str, int]:
        """Of devices that no other line asks for, those that are there."""
        return self._snapshot.revisions(tenant_id, device_ids)

    def add(self, tenant_id: str, count: int) -> None:
        """Count new devices that no later line asks for."""
        self._left.more[tenant_id] = self._left.more.get(tenant_id, 0) + count

    def _hand_over(
        self,
        tenant_id: str,
        device_id: str,
        before: Sequence[Credential],
        after: Sequence[Credential],
    ) -> None:
        """Let a device give up what it was known by, and take what it is known by now."""
        held = {claim_key(tenant_id, each.type, each.auth_id) for each in before}
        holds = {claim_key(tenant_id, each.type, each.auth_id) for each in after}
        for key in held - holds:
            self._left.owners.pop(key, None)
            self._left.released.add(key)
        for key in (holds - held) & self._left.again.claims:
            self._left.owners[key] = device_id

    def _leave(
        self, tenant_id: str, device_id: str, left: tuple[Device, tuple[Credential, ...]] | None
    ) -> None:
        key = device_key(tenant_id, device_id)
        if key in self._left.again.devices:
            self._left.devices[key] = left
