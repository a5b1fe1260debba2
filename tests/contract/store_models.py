"""Registry models for store tests, and what a query means in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from uuid import uuid4

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType
from registry_backend.domain.query import AttributeFilter, DeviceQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes

START = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
"""Validity of secrets is kept in whole seconds (hono 2.6)."""


def a_tenant(tenant_id: str, *, version: str = "v1", **members: Any) -> Tenant:
    """A tenant with these attributes."""
    attributes = TenantAttributes.parse(members)
    return Tenant(tenant_id=tenant_id, attributes=attributes, version=version, created_at=START)


def a_device(
    tenant_id: str,
    device_id: str,
    *,
    version: str = "v1",
    updated_after: int | None = None,
    **members: Any,
) -> Device:
    """A device with these attributes; `updated_after` is in seconds since START."""
    changed = None if updated_after is None else START + timedelta(seconds=updated_after)
    return Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=DeviceAttributes.parse(members),
        version=version,
        revision=0,
        generation_id=uuid4().hex,
        created_at=START,
        updated_at=changed,
    )


def a_credential(
    auth_id: str, *, type_: str = "psk", ends: Sequence[datetime | None] = (None,)
) -> Credential:
    """A credential with one secret for each end of validity."""
    secrets = [{"key": "c2VjcmV0", **({"not-after": end} if end else {})} for end in ends]
    return Credential.parse({"type": type_, "auth-id": auth_id, "secrets": secrets})


def a_job(job_id: str, tenant_id: str, *, after: int = 0) -> Job:
    """A waiting import, made so many seconds after START."""
    spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder="/somewhere")
    created = START + timedelta(seconds=after)
    return Job(job_id=job_id, spec=spec, status=JobStatus.ENQUEUED, created_at=created)


Fleet = Mapping[str, tuple[Device, Sequence[Credential]]]
"""Devices of one tenant with their credentials, by id."""


def fitting(fleet: Fleet, query: DeviceQuery) -> set[str]:
    """The ids of the devices that a query is meant to find."""
    return {
        device_id
        for device_id, (device, credentials) in fleet.items()
        if _identity_fits(device, query)
        and _links_fit(fleet, device, query)
        and _credentials_fit(credentials, query)
        and all(_member_fits(device, wanted) for wanted in query.attributes)
    }


def _identity_fits(device: Device, query: DeviceQuery) -> bool:
    name = device.device_id.encode().lower()
    return (
        device.device_id.startswith(query.id_prefix)
        and all(part.encode().lower() in name for part in query.id_contains)
        and all(_equal(device.device_id, pattern) for pattern in query.id_patterns)
        and query.enabled in (None, device.enabled)
    )


def _links_fit(fleet: Fleet, device: Device, query: DeviceQuery) -> bool:
    named = {gateway for each, _ in fleet.values() for gateway in each.attributes.via}
    is_gateway = device.device_id in named or bool(device.attributes.member_of)
    if query.is_gateway not in (None, is_gateway):
        return False
    if query.via is None:
        return True
    through = fleet.get(query.via)
    groups = set(through[0].attributes.member_of) if through else set()
    return query.via in device.attributes.via or bool(groups & set(device.attributes.via_groups))


def _credentials_fit(credentials: Sequence[Credential], query: DeviceQuery) -> bool:
    ends = [each.expires_at for each in credentials]
    before = query.expires_before
    return (
        query.credential_type is None
        or query.credential_type in [each.type for each in credentials]
    ) and (before is None or any(end is not None and end < before for end in ends))


def _member_fits(device: Device, wanted: AttributeFilter) -> bool:
    if wanted.path == ("enabled",) and isinstance(wanted.value, bool):
        return device.enabled is wanted.value
    found: Any = device.attributes.to_json()
    for name in wanted.path:
        if isinstance(found, list):
            found = {str(place): each for place, each in enumerate(found)}
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return any(
        _equal(each, wanted.value) or (isinstance(each, str) and each == wanted.or_text)
        for each in (found if isinstance(found, list) else [found])
    )


def _equal(found: Any, value: str | float | bool) -> bool:
    if isinstance(value, str):
        pattern = value.replace("[", "[[]")
        return isinstance(found, str) and fnmatchcase(found, pattern)
    if isinstance(value, bool) or isinstance(found, bool):
        return found is value
    return isinstance(found, int | float) and found == value
