"""Import files read on this side: lines to what a hub is told of each device (iothub 4.3, 6.4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from console.adapters.iothub_blobs import LONGEST_LINE, blob_lines, is_container
from console.adapters.iothub_bodies import AUTHORITY
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.domain.imports import DELETES
from registry_backend.domain.jobs import ImportMode, JobSpec
from registry_backend.wire import csv_lines, iothub, ndjson
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub_device import KIND
from registry_backend.wire.iothub_keys import keys_of, thumbprints_of
from registry_backend.wire.line_faults import not_a_device

_LINES_AT_ONCE = 200
"""Lines read before others may run."""


class DeviceLine(NamedTuple):
    """A line that can be sent."""

    device_id: str
    mode: ImportMode
    etag: str | None
    named_mode: ImportMode | None
    element: JsonObject
    """As a bulk call takes it; holds keys."""
    lacks_keys: bool = False
    """Whether the line leaves keys to be made."""

    def __repr__(self) -> str:
        return f"DeviceLine({self.device_id!r}, {self.mode.value})"


class Entry(NamedTuple):
    """A line of the file."""

    number: int
    size: int
    """Bytes, its newline included."""
    content: DeviceLine | LineFault | None
    """None: it asks for nothing."""


class TooLong(NamedTuple):
    """A line of which nothing is held."""

    size: int
    """Bytes, its newline included."""

    @property
    def fault(self) -> LineFault:
        """What there is to say of it."""
        return not_a_device(f"{self.size:,} bytes, more than {LONGEST_LINE:,} on a line")


def file_of(spec: JobSpec) -> Path:
    """The file that a job reads or writes on this machine."""
    return folder_path(spec.folder) / spec.blob_name


def folder_path(folder: str) -> Path:
    """A path or a `file:` address as a path."""
    if folder.startswith("file:"):
        return Path(unquote(urlsplit(folder).path))
    return Path(folder).expanduser()


def check_source(spec: JobSpec) -> int:
    """The size of the file to import. Raises Invalid when it cannot be read."""
    path = file_of(spec)
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            return file.tell()
    except OSError as error:
        why = error.strerror or "unreadable"
        raise Invalid.told(
            "folder", f"{path} cannot be imported: {why}.", hint="Name the folder that holds it."
        ) from None


async def entries(spec: JobSpec, *, proxy: str | None = None) -> AsyncIterator[Entry]:
    """The lines of an import's file, in order.

    Raises:
        Invalid: for a table whose first line cannot be used, or a line without end in a container.
        RegistryError: when the container cannot be read.
    """
    lines: AsyncIterator[bytes | TooLong] = (
        blob_lines(spec.folder, spec.blob_name, proxy=proxy)
        if is_container(spec.folder)
        else _file_lines(file_of(spec))
    )
    header: csv_lines.Header | None = None
    number, before = 0, 0
    async for line in lines:
        number += 1
        if isinstance(line, TooLong):
            if number == 1 and spec.format == "csv":
                raise Invalid(f"The first line of {spec.blob_name} is too long to name columns.")
            size, before = before + line.size, 0
            yield Entry(number, size, line.fault)
            continue
        size, text = before + len(line) + 1, line.strip()
        before = 0
        if number == 1 and spec.format == "csv":
            header = csv_lines.read_header(line)
            before = size  # a header asks for nothing, so its bytes count with the first row
            continue
        warning = number == 1 and spec.format == "devices.txt" and not text.startswith(b"{")
        if not text or warning:  # hubs of today begin an export without keys with words
            yield Entry(number, size, None)
            continue
        yield Entry(number, size, _read(text, spec, header))


def _read(
    text: bytes, spec: JobSpec, header: csv_lines.Header | None
) -> DeviceLine | LineFault | None:
    found: iothub.HubLine | ndjson.WholeDevice | ndjson.TenantDraft | LineFault | None
    if header is not None:
        found = csv_lines.parse_row(header, text)
    elif spec.format == "ndjson":
        found = ndjson.parse_line(text)
        if isinstance(found, LineFault) and isinstance(
            hub_line := iothub.parse_line(text), iothub.HubLine
        ):
            found = (
                hub_line  # a hub's own lines, in a file that is called NDJSON: they are that too
            )
    else:
        found = iothub.parse_line(text)
    match found:
        case iothub.HubLine():
            hub = dict(found.hub or {})
            return _line(found, spec, found.enabled, found.status_reason, _proof(found, hub), hub)
        case ndjson.WholeDevice():
            attributes = found.attributes
            hub = attributes.hub.to_json() if attributes and attributes.hub else {}
            keys = keys_of(found.device_id, found.credentials or ())
            prints = thumbprints_of(found.device_id, found.credentials or ())
            proof = _authentication(keys, prints, hub.pop(KIND, None))
            enabled = attributes is None or attributes.enabled
            reason = attributes.status_reason if attributes else None
            return _line(found, spec, enabled, reason, proof, hub)
        case ndjson.TenantDraft():
            return None
        case _:
            return found


def _line(
    found: iothub.HubLine | ndjson.WholeDevice,
    spec: JobSpec,
    enabled: bool,  # noqa: FBT001 - read in one place
    reason: str | None,
    proof: JsonObject | None,
    hub: JsonObject,
) -> DeviceLine:
    mode = found.mode or spec.default_mode
    element: JsonObject = {
        "id": found.device_id,
        "importMode": mode.value,
        "status": "enabled" if enabled else "disabled",
    }
    if found.etag is not None:
        element["eTag"] = found.etag
    if mode not in DELETES:
        if reason is not None:
            element["statusReason"] = reason
        if proof is not None:
            element["authentication"] = proof
        element |= hub
    lacks_keys = isinstance(found, iothub.HubLine) and found.lacks_keys
    return DeviceLine(found.device_id, mode, found.etag, found.mode, element, lacks_keys)


def _proof(line: iothub.HubLine, hub: JsonObject) -> JsonObject | None:
    return _authentication(line.keys, line.thumbprints, hub.pop(KIND, None))


def _authentication(
    keys: tuple[str, str] | None, prints: tuple[str, str] | None, kind: object
) -> JsonObject | None:
    """How the device proves itself; None: the hub makes keys."""
    if keys is not None:
        return {"symmetricKey": {"primaryKey": keys[0], "secondaryKey": keys[1]}, "type": "sas"}
    if prints is not None:
        pair = {"primaryThumbprint": prints[0], "secondaryThumbprint": prints[1]}
        return {"x509Thumbprint": pair, "type": "selfSigned"}
    return {"type": AUTHORITY} if kind == AUTHORITY else None


async def _file_lines(path: Path) -> AsyncIterator[bytes | TooLong]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if number % _LINES_AT_ONCE == 0:
                await asyncio.sleep(0)
            if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
                yield line.rstrip(b"\r\n")
                continue
            size = len(line)
            while not line.endswith(b"\n") and (line := file.readline(LONGEST_LINE)):
                size += len(line)
                await asyncio.sleep(0)
            yield TooLong(size)


Progress = Callable[[int], object]
"""Told of lines read so far."""
