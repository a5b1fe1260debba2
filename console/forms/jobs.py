"""The forms of an import and an export (iothub 6.3 to 6.5, hono 4.1)."""

from __future__ import annotations

from typing import cast

from console.forms.fields import Field, Values, flag_of, text_of
from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import ImportMode, JobFormat, JobSpec, JobType

FORMATS: tuple[tuple[JobFormat, str], ...] = (
    ("devices.txt", "devices.txt: IoT Hub lines, one device each"),
    ("hono-1.1", "Hono 1.1: tenants, device-identities and credentials .json"),
    ("ndjson", "NDJSON: whole devices with all credentials"),
)
MODES: tuple[tuple[ImportMode, str], ...] = (
    (ImportMode.CREATE_OR_UPDATE, "create new, overwrite existing"),
    (ImportMode.CREATE, "create only"),
    (ImportMode.UPDATE, "overwrite existing only"),
    (ImportMode.UPDATE_IF_MATCH_ETAG, "overwrite where the ETag matches"),
    (ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG, "create, or overwrite where the ETag matches"),
    (ImportMode.DELETE, "delete"),
    (ImportMode.DELETE_IF_MATCH_ETAG, "delete where the ETag matches"),
)


def import_fields(folder: str) -> tuple[Field, ...]:
    """What an import needs to know."""
    return (
        Field(
            "folder",
            "Folder",
            "It holds the file; importErrors.log is written there.",
            value=folder,
        ),
        Field("format", "Format", "", "choice", "devices.txt", FORMATS),
        Field("blob_name", "File", "Its name in the folder.", value="devices.txt"),
        Field(
            "default_mode",
            "Mode",
            "For lines that name no importMode of their own.",
            "choice",
            ImportMode.CREATE_OR_UPDATE.value,
            tuple((mode.value, f"{mode.value}: {label}") for mode, label in MODES),
        ),
    )


def export_fields(folder: str) -> tuple[Field, ...]:
    """What an export needs to know."""
    return (
        Field(
            "folder",
            "Folder",
            "An existing file of that name is replaced at the end.",
            value=folder,
        ),
        Field("format", "Format", "", "choice", "devices.txt", FORMATS),
        Field("blob_name", "File", "Its name in the folder.", value="devices.txt"),
        Field(
            "exclude_keys",
            "Leave out keys",
            "Without this, the file holds every device's keys in clear: keep it safe.",
            "switch",
            value=True,
        ),
    )


def job_spec(job_type: JobType, tenant_id: str, values: Values) -> JobSpec:
    """The job asked for.

    Raises:
        Invalid: when no folder is named.
    """
    folder = text_of(values, "folder")
    if not folder:
        raise Invalid.at("folder", "name a folder on this machine")
    return JobSpec(
        type=job_type,
        tenant_id=tenant_id,
        folder=folder,
        format=cast("JobFormat", text_of(values, "format")),
        blob_name=text_of(values, "blob_name") or "devices.txt",
        exclude_keys=flag_of(values, "exclude_keys"),
        default_mode=ImportMode(text_of(values, "default_mode") or "createOrUpdate"),
    )
