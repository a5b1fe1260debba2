"""The containers of a job: which kinds a program allows, and whether they will do (iothub 6.2)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Literal

from registry_backend.domain.errors import Invalid, RegistryError
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.jobs.blob_address import (
    CONTAINER_REFUSED,
    BlobContainer,
    check_blob_name,
    container_refused,
)
from registry_backend.jobs.blobs import QUICK, Blobs
from registry_backend.jobs.containers import (
    ERROR_LOG,
    EXPORT_ERROR_LOG,
    Folder,
    check_input,
    check_output,
)
from registry_backend.jobs.sniffing import HEAD_BYTES, seems_from
from registry_backend.wire.csv_lines import read_header
from registry_backend.wire.hono_files import FILE_NAMES

ContainerKind = Literal["path", "file", "blob"]
"""path: a folder by its path; file: by its `file:` address; blob: a container over http(s)."""

ANYWHERE: frozenset[ContainerKind] = frozenset({"path", "file", "blob"})
"""For a program that its own user works with: it reads and writes what the user may."""
OF_A_SERVER: frozenset[ContainerKind] = frozenset({"blob"})
"""For callers over the network: none of them names files of the server's machine."""
OF_A_LOCAL_SERVER: frozenset[ContainerKind] = frozenset({"blob", "file"})
"""For a server that only its own machine reaches, where there may be no blob storage."""

Place = Folder | BlobContainer
_WHOLE = re.compile(r"file:(//[^/?#]*/|/(?!/))", re.IGNORECASE)
_NAMES: dict[ContainerKind, str] = {
    "path": "folders by their path",
    "file": "file: addresses, such as file:///srv/fleet",
    "blob": "blob containers, such as https://ACCOUNT.blob.core.windows.net/NAME?SIGNATURE",
}
_WHY_NOT: dict[ContainerKind, str] = {
    "path": "a path means nothing to callers from elsewhere",
    "file": "file: addresses name files of the server's own machine, and one of its listeners is "
    "open to other machines",
    "blob": "it has no folder beside its data where the files of containers could be kept",
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where a job reads, None for an export, and where it writes."""

    source: Place | None
    target: Place


def kind_of(text: str) -> ContainerKind:
    """What kind of container a text names.

    >>> kind_of("/srv/fleet"), kind_of("file:///srv/fleet"), kind_of("https://a.example/c?sig=x")
    ('path', 'file', 'blob')
    """
    if text.lower().lstrip().startswith("file:"):
        return "file"
    return "blob" if "://" in text else "path"


def locate(text: str, *, at: str = "folder") -> Place:
    """The container that a text names. Raises Invalid at the field `at`."""
    match kind_of(text):
        case "blob":
            return BlobContainer.parse(text, at=at)
        case "file":
            # a relative one would mean another folder to each program that reads it
            text = text.strip()
            if not _WHOLE.match(text):
                raise container_refused(
                    "A file: address names a folder by its whole path.",
                    "It has the form file:///FOLDER.",
                    at=at,
                )
    return Folder.parse(text, at=at)


def places_of(spec: JobSpec, allowed: frozenset[ContainerKind] = ANYWHERE) -> Places:
    """Where a job reads and writes. Raises Invalid naming the field that cannot be used."""
    named = {"folder": spec.folder}
    if spec.output_folder is not None:
        named["output_folder"] = spec.output_folder
    for at, text in named.items():
        if kind_of(text) not in allowed:
            raise _not_taken(kind_of(text), allowed, at)
    found = {at: locate(text, at=at) for at, text in named.items()}
    if spec.format != "hono-1.1" and spec.blob_name in (ERROR_LOG, EXPORT_ERROR_LOG):
        raise container_refused(
            f"{spec.blob_name} is where errors are written.",
            "Choose another name.",
            at="blob_name",
        )
    target = found.get("output_folder", found["folder"])
    if spec.type is JobType.EXPORT:
        return Places(None, target)
    return Places(found["folder"], target)


def _not_taken(kind: ContainerKind, allowed: frozenset[ContainerKind], at: str) -> Invalid:
    """Why this kind of container is not taken, and which is."""
    kinds = " or ".join(_NAMES[kind] for kind in ("path", "file", "blob") if kind in allowed)
    return container_refused(
        f"This registry does not read or write there: {_WHY_NOT[kind]}.",
        f"It takes {kinds}.",
        at=at,
    )


def settled(spec: JobSpec, places: Places) -> JobSpec:
    """The job with its folders as absolute paths and its other addresses as they were."""
    named = {"folder": places.source or places.target, "output_folder": places.target}
    return spec.model_copy(
        update={
            at: str(place.path)
            for at, place in named.items()
            if isinstance(place, Folder) and (at == "folder" or spec.output_folder is not None)
        }
    )


async def probe(spec: JobSpec, places: Places) -> None:
    """Touch the output, then the input, as a hub does before it accepts a job (iothub 6.2).

    Raises:
        Invalid: naming the field, and what is wrong with the container.
    """
    at = "folder" if spec.output_folder is None else "output_folder"
    target = places.target
    if isinstance(target, Folder):
        await asyncio.to_thread(check_output, target, spec, at=at)
    else:
        if spec.type is JobType.EXPORT and spec.format != "hono-1.1":
            check_blob_name(spec.blob_name)
        await _probe_output(target, at)
    await probe_input(spec, places)


async def probe_input(spec: JobSpec, places: Places) -> None:
    """Look at the beginning of what an import would read. Raises Invalid, as `probe`."""
    if isinstance(places.source, Folder):
        await asyncio.to_thread(check_input, spec)
    elif isinstance(places.source, BlobContainer):
        if spec.format != "hono-1.1":
            check_blob_name(spec.blob_name)
        try:
            await _probe_blobs(spec, places.source)
        except Invalid:
            raise
        except RegistryError as error:
            raise _not_usable(error, "folder") from None


async def _probe_output(container: BlobContainer, at: str) -> None:
    name = f"idconsole-probe-{generate_id()}"
    try:
        async with Blobs(container, "output", QUICK) as blobs:
            await blobs.put(name, b"probe")
            await blobs.delete(name)
    except RegistryError as error:
        raise _not_usable(error, at) from None


async def _probe_blobs(spec: JobSpec, container: BlobContainer) -> None:
    names = FILE_NAMES if spec.format == "hono-1.1" else (spec.blob_name,)
    async with Blobs(container, "input", QUICK) as blobs:
        there = await blobs.find(names)
        if not there:
            raise container_refused(
                f"The input blob container has no blob {' or '.join(names)}.",
                f"Looked in {container.shown}. Put it there, or name the blob to import.",
                at="folder" if spec.format == "hono-1.1" else "blob_name",
            )
        for name, head in there.items():
            beginning = await blobs.read(name, head, offset=0, length=HEAD_BYTES)
            seeming = seems_from(beginning)
            if seeming is not None:
                raise container_refused(
                    f"{container.shown_blob(name)} cannot be imported: it seems to be "
                    f"{seeming.what}.",
                    seeming.advice,
                    at="blob_name",
                )
            if spec.format == "csv":
                read_header(beginning.partition(b"\n")[0])


def _not_usable(error: RegistryError, at: str) -> Invalid:
    return Invalid.told(at, error.message, hint=error.hint, code=CONTAINER_REFUSED)
