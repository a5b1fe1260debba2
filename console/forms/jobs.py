"""The forms of an import and an export (iothub 6.3 to 6.5, hono 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from console.forms.fields import Field, Values, collect, flag_of, text_of
from registry_backend.domain.errors import Invalid
from registry_backend.domain.formats import format_of_name, usual_name
from registry_backend.domain.jobs import ImportMode, JobFormat, JobSpec, JobType

FORMATS: dict[JobFormat, str] = {
    "devices.txt": "devices.txt: IoT Hub lines, one device each",
    "hono-1.1": "Hono 1.1: tenants, device-identities and credentials .json",
    "ndjson": "NDJSON: whole devices with all credentials",
    "csv": "CSV: a table of devices with a header line",
}
TOLD = "told"
"""Stands for a format that the file is to tell."""
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
        *_place(
            *("folder", "sas", folder, _IMPORTED if folders else "It holds the file."),
            *(folders, containers),
            label="File or folder" if folders and not containers else "",
            kinds="File, folder or container",
        ),
        _format(formats, told=True),
        Field("blob_name", "File", f"Its name in a folder. Empty: {_default_files(formats)}."),
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


_IMPORTED = "The file, or the folder that holds it."


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
    kinds: str = "Folder or container",
) -> tuple[Field, ...]:
    if not containers:
        return (Field(name, label or "Folder", text, value=value),)
    kinds = kinds if folders else "Container"
    text = f"{text} A container: https://ACCOUNT.blob.core.windows.net/NAME"
    hidden = "Of a container: what follows the ? of its address."
    return (
        Field(name, label or kinds, text, value=value, spills_into=secret),
        Field(secret, f"{label or 'Container'}: access signature", hidden, "secret"),
    )


def _format(formats: Sequence[JobFormat], *, told: bool = False) -> Field:
    options = [(str(name), label) for name, label in FORMATS.items() if name in formats]
    if told and len(options) > 1:
        options.insert(0, (TOLD, "as the file's name and first line tell"))
    return Field("format", "Format", "", "choice", options[0][0] if options else "", options)


def _default_files(formats: Sequence[JobFormat]) -> str:
    names = dict.fromkeys(usual_name(name) for name in FORMATS if name in formats)
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
    entered, name = text_of(values, "format"), text_of(values, "blob_name")
    told = format_of_name(name) or "devices.txt"
    job_format = told if entered == TOLD else cast("JobFormat", entered)
    return JobSpec(
        type=job_type,
        tenant_id=tenant_id,
        folder=folder,
        output_folder=output or None,
        format=job_format,
        blob_name=name or usual_name(job_format),
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
