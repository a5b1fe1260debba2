"""Models as JSON for scripts; pure. Names are those of the protocols, dashes included."""

from __future__ import annotations

from datetime import datetime

from registry_backend.domain.credentials import CredentialRow, CredentialSet
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.effective import EffectivePrincipal
from registry_backend.domain.jobs import Job
from registry_backend.domain.principals import FilePrincipal
from registry_backend.domain.secrets import MASK, masked
from registry_backend.domain.tenants import Tenant
from registry_backend.domain.timestamps import NOT_TOLD, format_timestamp

_OPEN_SECRET_MEMBERS = frozenset(
    {"id", "enabled", "not-before", "not-after", "comment", "hash-function", "algorithm"}
)
"""Of a secret; all others may be secret, those that only a generic type knows too."""


def moment(at: datetime | None) -> str | None:
    """A time; null where there is none or the registry does not tell."""
    return None if at in (None, NOT_TOLD) else format_timestamp(at)


def tenant_json(tenant: Tenant, *, reveal: bool = False) -> JsonObject:
    """A tenant; `data` is what clients write."""
    data = tenant.attributes.to_json()
    return {
        "tenant-id": tenant.tenant_id,
        "version": tenant.version,
        "created": moment(tenant.created_at),
        "updated": moment(tenant.updated_at),
        "data": data if reveal else masked(data),
    }


def device_json(device: Device, *, reveal: bool = False) -> JsonObject:
    """A device; `data` is what clients write."""
    data = device.attributes.to_json()
    return {
        "tenant-id": device.tenant_id,
        "device-id": device.device_id,
        "version": device.version,
        "revision": device.revision,
        "generation-id": device.generation_id,
        "created": moment(device.created_at),
        "updated": moment(device.updated_at),
        "status-updated": moment(device.status_updated_at),
        "data": data if reveal else masked(data),
    }


def credentials_json(credentials: CredentialSet, *, reveal: bool = False) -> JsonObject:
    """A device's credentials; secrets as dots unless `reveal`."""
    found = [credential.to_json() for credential in credentials.credentials]
    return {
        "tenant-id": credentials.tenant_id,
        "device-id": credentials.device_id,
        "version": credentials.version,
        "credentials": found if reveal else [_veiled(members) for members in found],
    }


def _veiled(credential: JsonObject) -> JsonObject:
    veiled: JsonObject = masked(credential)
    if "secrets" in veiled:
        veiled["secrets"] = [
            {
                name: value if name in _OPEN_SECRET_MEMBERS or value is None else MASK
                for name, value in secret.items()
            }
            for secret in veiled["secrets"]
        ]
    return veiled


def credential_row_json(row: CredentialRow) -> JsonObject:
    """A credential in a list: nothing secret is in it."""
    return {
        "tenant-id": row.tenant_id,
        "device-id": row.device_id,
        "type": row.type,
        "auth-id": row.auth_id,
        "enabled": row.enabled,
        "expires": moment(row.expires_at),
    }


def job_json(job: Job) -> JsonObject:
    """A job."""
    return {
        "job-id": job.job_id,
        "type": job.spec.type.value,
        "tenant-id": job.spec.tenant_id,
        "folder": job.spec.shown_folder,
        "format": job.spec.format,
        "file": job.spec.blob_name,
        "status": job.standing,
        "counts": job.counts.model_dump() if job.counts_told else None,
        "created": moment(job.created_at),
        "started": moment(job.started_at),
        "ended": moment(job.ended_at),
        "failure-reason": job.failure_reason,
    }


def principal_json(found: FilePrincipal) -> JsonObject:
    """A principal and where it stands."""
    principal = found.principal
    members: JsonObject = {"file": str(found.file), "line": found.line}
    if principal is None:
        return members | {"problem": found.problem}
    localid = {"localid": {"attributes": principal.localid_attributes}}
    return {
        "name": principal.name,
        "uid": principal.uid,
        "idtype": None if principal.idtype is None else [kind.value for kind in principal.idtype],
        **(localid if principal.has_localid else {}),
        **members,
        "problem": found.problem or None,
    }


def effective_json(found: EffectivePrincipal) -> JsonObject:
    """A principal, where it stands, and what it comes to."""
    return principal_json(found.entry) | {
        "user": found.user,
        "groups": list(found.groups),
        "standing": found.standing.value,
        "role": found.role.value if found.role else None,
        "why-inert": found.why_inert or None,
        "may-call": [operation.value for operation in found.may_call],
    }
