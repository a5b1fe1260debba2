"""The forms of an import and an export (iothub 6.3 to 6.5, hono 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from console.forms.fields import Field, Values, collect, flag_of, text_of
from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import ImportMode, JobFormat, JobSpec, JobType

FORMATS: dict[JobFormat, str] = {
    "devices.txt": "devices.txt: IoT Hub lines, one device each",
    "hono-1.1": "Hono 1.1: tenants, device-identities and credentials .json",
    "ndjson": "NDJSON: whole devices with all credentials",
    "csv": "CSV: a table of devices with a header line",
}
FILES: dict[JobFormat, str] = {"csv": "devices.csv", "ndjson": "devices.ndjson"}
"""The file of a format where none is named; `devices.txt` for the others."""
MODES: tuple[tuple[ImportMode, str], ...] = (
    (ImportMode.CREATE_OR_UPDATE, "create new, overwrite existing"),
    (ImportMode.CREATE, "create only"),
    (ImportMode.UPDATE, "overwrite existing only"),
    (ImportMode.UPDATE_IF_MATCH_ETAG, "overwrite where the ETag matches"),
    (ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG, "create, or overwrite where the ETag matches"),
    (ImportMode.DELETE, "delete"),
    (ImportMode.DELETE_IF_MATCH_ETAG, "delete where the ETag matches"),
)


def import_fields(
    folder: str, *, formats: Sequence[JobFormat], folders: bool = True, containers: bool = False
) -> tuple[Field, ...]:
    """What an import needs to know."""
    log = "Where importErrors.log is written. Empty: into the folder that is read."
    return (
        *_place("folder", "sas", folder, "It holds the file.", folders, containers),
        _format(formats),
        Field("blob_name", "File", f"Its name there. Empty: {_default_files(formats)}."),
        Field(
            "default_mode",
            "Mode",
            "For lines that name no importMode of their own.",
            "choice",
            ImportMode.CREATE_OR_UPDATE.value,
            tuple((mode.value, f"{mode.value}: {label}") for mode, label in MODES),
        ),
        *_place("output_folder", "output_sas", "", log, folders, containers, label="Log into"),
    )


def export_fields(
    folder: str, *, formats: Sequence[JobFormat], folders: bool = True, containers: bool = False
) -> tuple[Field, ...]:
    """What an export needs to know."""
    text = "An existing file of that name is replaced at the end."
    return (
        *_place("folder", "sas", folder, text, folders, containers),
        _format(formats),
        Field("blob_name", "File", f"Its name there. Empty: {_default_files(formats)}."),
        Field(
            "exclude_keys",
            "Leave out keys",
            "Without this, the file holds every device's keys in clear: keep it safe.",
            "switch",
            value=True,
        ),
    )


def _place(
    name: str,
    secret: str,
    value: str,
    text: str,
    folders: bool,  # noqa: FBT001 - one of two, named at both calls
    containers: bool,  # noqa: FBT001 - as above
    *,
    label: str = "",
) -> tuple[Field, ...]:
    if not containers:
        return (Field(name, label or "Folder", text, value=value),)
    kinds = "Folder or container" if folders else "Container"
    text = f"{text} A container: https://ACCOUNT.blob.core.windows.net/NAME"
    hidden = "Of a container: what follows the ? of its address."
    return (
        Field(name, label or kinds, text, value=value, spills_into=secret),
        Field(secret, f"{label or 'Container'}: access signature", hidden, "secret"),
    )


def _format(formats: Sequence[JobFormat]) -> Field:
    options = tuple((name, label) for name, label in FORMATS.items() if name in formats)
    return Field("format", "Format", "", "choice", options[0][0] if options else "", options)


def _default_files(formats: Sequence[JobFormat]) -> str:
    names = dict.fromkeys(FILES.get(name, "devices.txt") for name in FORMATS if name in formats)
    return ", ".join(names)


def job_spec(job_type: JobType, tenant_id: str, values: Values) -> JobSpec:
    """The job asked for.

    Raises:
        Invalid: when no folder is named, or a signature has no container.
    """
    (folder, output), problems = collect(
        lambda: _address(values, "folder", "sas"),
        lambda: _address(values, "output_folder", "output_sas"),
    )
    if problems:
        raise Invalid(problems=problems)
    if not folder:
        raise Invalid.at("folder", "name a folder on this machine, or a container")
    job_format = cast("JobFormat", text_of(values, "format"))
    return JobSpec(
        type=job_type,
        tenant_id=tenant_id,
        folder=folder,
        output_folder=output or None,
        format=job_format,
        blob_name=text_of(values, "blob_name") or FILES.get(job_format, "devices.txt"),
        exclude_keys=flag_of(values, "exclude_keys"),
        default_mode=ImportMode(text_of(values, "default_mode") or "createOrUpdate"),
    )


def _address(values: Values, name: str, secret: str) -> str:
    """A folder, or a container with its signature.

    Raises:
        Invalid: naming the field, for a signature without a container.
    """
    place, signature = text_of(values, name), text_of(values, secret).lstrip("?")
    if not signature:
        return place
    if not place.startswith(("http://", "https://")):
        raise Invalid.at(secret, "belongs to the address of a container: https://…")
    return f"{place.partition('?')[0]}?{signature}"
