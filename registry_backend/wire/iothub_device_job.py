"""Import and export jobs of a hub: what a request asks for, and a job to JSON (iothub 3.3, 4.5)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from registry_backend.domain.document import JsonObject
from registry_backend.domain.jobs import Job, JobSpec, JobStatus, JobType, without_query
from registry_backend.wire.iothub_device import object_of
from registry_backend.wire.iothub_device_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    DESERIALIZATION_ERROR,
    HubInvalid,
)
from registry_backend.wire.iothub_device_versions import HubVersion

DEVICES_BLOB = "devices.txt"


def read_job(
    value: Any, version: HubVersion, *, tenant_id: str, kind: JobType | None = None
) -> JobSpec:
    """What a request asks for; `kind` where its path says it and not its body.

    Raises:
        HubInvalid: with the member that is missing or not as it should be.
    """
    members = object_of(value, "The body")
    kind = kind or _read_kind(members.get("type"))
    if str(members.get("storageAuthenticationType") or "keyBased").lower() != "keybased":
        raise HubInvalid(ARGUMENT_INVALID, "storageAuthenticationType: there is keyBased only.")
    if _flag(members, "includeConfigurations"):
        raise HubInvalid(
            ARGUMENT_INVALID,
            "includeConfigurations: this registry keeps no configurations, so none are moved. "
            "Leave it out, or send false.",
        )
    output = _required(members, "outputBlobContainerUri", "exportBlobContainerUri")
    if kind is JobType.EXPORT:
        return JobSpec(
            type=kind,
            tenant_id=tenant_id,
            folder=output,
            blob_name=_optional(members, "outputBlobName") or DEVICES_BLOB,
            exclude_keys=_flag(
                members, "excludeKeysInExport", "excludeKeys", default=not version.exports_keys
            ),
        )
    return JobSpec(
        type=kind,
        tenant_id=tenant_id,
        folder=_required(members, "inputBlobContainerUri"),
        output_folder=output,
        blob_name=_optional(members, "inputBlobName") or DEVICES_BLOB,
    )


def write_job(job: Job, version: HubVersion) -> JsonObject:
    """A job as answers have it; container addresses without their query, which is a secret.

    One that is being cancelled runs until its log is written: there is no word between.
    """
    spec = job.spec
    members: JsonObject = {
        "jobId": job.job_id,
        "startTimeUtc": _moment(job.started_at or job.created_at),
        "type": spec.type.value,
        "status": job.status.value,
        "progress": _progress(job),
        "outputBlobContainerUri": _shown(spec.written_folder),
        "failureReason": job.failure_reason,
    }
    if job.ended_at is not None:
        members["endTimeUtc"] = _moment(job.ended_at)
    if spec.type is JobType.IMPORT:
        members["inputBlobContainerUri"] = _shown(spec.folder)
    else:
        members["excludeKeysInExport"] = spec.exclude_keys
    if version.blob_names:
        side = "inputBlobName" if spec.type is JobType.IMPORT else "outputBlobName"
        members[side] = spec.blob_name
    return members


def _progress(job: Job) -> int:
    """Whole percent; a hundred is said of completed jobs alone, whose blobs are where they go."""
    percent = int((job.fraction or 0.0) * 100)
    return percent if job.status is JobStatus.COMPLETED else min(percent, 99)


def write_unknown_job(job_id: str) -> JsonObject:
    """What is said of a scheduled job, of which this registry has none (iothub 2.2)."""
    return {"jobId": job_id, "type": "unknown", "status": "unknown"}


def _read_kind(value: Any) -> JobType:
    if value is None:
        raise HubInvalid(ARGUMENT_NULL, "type is missing.")
    try:
        return JobType(value.lower() if isinstance(value, str) else value)
    except ValueError:
        raise HubInvalid(ARGUMENT_INVALID, "type is neither import nor export.") from None


def _required(members: JsonObject, *names: str) -> str:
    for name in names:
        text = _optional(members, name)
        if text:
            return text
    raise HubInvalid(ARGUMENT_NULL, f"{names[0]} is missing.")


def _optional(members: JsonObject, name: str) -> str | None:
    text = members.get(name)
    if text is not None and not isinstance(text, str):
        raise HubInvalid(DESERIALIZATION_ERROR, f"{name} is not a string.")
    return text


def _flag(members: JsonObject, *names: str, default: bool = False) -> bool:
    given = next((members[name] for name in names if members.get(name) is not None), default)
    if isinstance(given, str) and given.lower() in ("true", "false"):
        return given.lower() == "true"
    if not isinstance(given, bool):
        raise HubInvalid(DESERIALIZATION_ERROR, f"{names[0]} is not a boolean.")
    return given


def _shown(folder: str) -> str:
    return without_query(folder) if "://" in folder else Path(folder).absolute().as_uri()


def _moment(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
