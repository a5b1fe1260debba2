"""The input of an import, stretch by stretch, from any place in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import ImportMode, JobSpec
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.jobs.containers import input_paths, stamp_of
from registry_backend.jobs.drafts import Chunk, Entry
from registry_backend.jobs.lines import MAX_LINE_BYTES, ParseLine, read_chunk
from registry_backend.jobs.plain import plain_devices
from registry_backend.jobs.preparing import Preparation, prepare_files, prepare_lines
from registry_backend.wire import csv_lines, hono_files, iothub, ndjson
from registry_backend.wire.ndjson import TenantDraft, WholeDevice

ENTRIES_OF_A_CHUNK = 1000
MAX_UNREADABLE = 1000
"""Lines in a stretch that are no text: as many and hardly another, and the import stops."""
MAX_WHOLE_BYTES = 512 << 20
"""Hono's files are one JSON value each and must be held whole."""


class Source(Protocol):
    """An import's input; its methods block, so they run on a thread."""

    stamp: str
    size: int

    def read(self, *, offset: int, lines: int) -> Chunk:
        """The stretch that begins there.

        Raises:
            Invalid: when the input has changed or cannot be read at all.
            OSError: when it cannot be opened.
        """


def open_source(spec: JobSpec, preparation: Preparation) -> Source:
    """The input a job names. Raises Invalid; OSError."""
    paths = input_paths(spec)
    if spec.format == "hono-1.1":
        return FilesSource(paths, preparation)
    if spec.format == "csv":
        return TableSource(paths[0], spec.default_mode)
    if spec.format == "devices.txt":
        return HubSource(paths[0], spec.default_mode)
    return LinesSource(paths[0], ndjson.parse_line, preparation)


class HubSource:
    """A file of IoT Hub's lines, never held whole."""

    def __init__(self, path: Path, default_mode: ImportMode) -> None:
        self._path = path
        self._default_mode = default_mode
        self.stamp, self.size = stamp_of([path])

    def read(self, *, offset: int, lines: int) -> Chunk:
        """As `Source.read`."""
        _require_unchanged([self._path], self.stamp, f"at line {lines + 1}")
        chunk = read_chunk(self._path, iothub.parse_line, offset=offset, line=lines)
        _require_text(chunk, self._path.name, lines)
        return replace(chunk, plain=plain_devices(chunk.entries, self._default_mode))


class TableSource:
    """A table of devices, never held whole; its first line is no line of the import."""

    def __init__(self, path: Path, default_mode: ImportMode) -> None:
        self._path = path
        self._default_mode = default_mode
        with path.open("rb") as file:
            header = file.readline(MAX_LINE_BYTES)
        self._first_row = len(header)
        self._parse = partial(csv_lines.parse_row, csv_lines.read_header(header))
        self.stamp, self.size = stamp_of([path])

    def read(self, *, offset: int, lines: int) -> Chunk:
        """As `Source.read`."""
        offset, line = max(offset, self._first_row), lines + 1
        _require_unchanged([self._path], self.stamp, f"at line {line + 1}")
        chunk = read_chunk(self._path, self._parse, offset=offset, line=line, table=True)
        _require_text(chunk, self._path.name, line)
        return replace(chunk, plain=plain_devices(chunk.entries, self._default_mode))


class LinesSource:
    """A file of lines, never held whole."""

    def __init__(self, path: Path, parse: ParseLine, preparation: Preparation) -> None:
        self._path = path
        self._parse = parse
        self._preparation = preparation
        self.stamp, self.size = stamp_of([path])

    def read(self, *, offset: int, lines: int) -> Chunk:
        """As `Source.read`."""
        _require_unchanged([self._path], self.stamp, f"at line {lines + 1}")
        chunk = read_chunk(self._path, self._parse, offset=offset, line=lines)
        _require_text(chunk, self._path.name, lines)
        return replace(chunk, entries=list(prepare_lines(chunk.entries, self._preparation)))


class FilesSource:
    """Hono's files, read once; `offset` grows in proportion to the entries handed out."""

    def __init__(self, paths: list[Path], preparation: Preparation) -> None:
        self._paths = paths
        self._preparation = preparation
        self._entries: list[Entry] | None = None
        self.stamp, self.size = stamp_of(paths)
        if self.size > MAX_WHOLE_BYTES:
            raise Invalid.at(
                "folder", f"Hono's files are over {MAX_WHOLE_BYTES >> 20} MiB together"
            )

    def read(self, *, offset: int, lines: int) -> Chunk:
        """As `Source.read`."""
        del offset
        if self._entries is None:
            _require_unchanged(self._paths, self.stamp, f"at entry {lines + 1}")
            files = {path.name: path.read_bytes() for path in self._paths}
            found = ((None, entry) for entry in with_tenants(hono_files.parse_files(files)))
            # In their final form at once, since what is refused here is an entry of its own.
            self._entries = list(prepare_files(found, self._preparation))
        total = len(self._entries)
        end = min(total, lines + ENTRIES_OF_A_CHUNK)
        done = self.size * end // total if total else self.size
        return Chunk(self._entries[lines:end], end - lines, done, end == total)


def _require_unchanged(paths: list[Path], stamp: str, where: str) -> None:
    if stamp_of(paths)[0] != stamp:
        names = " or ".join(path.name for path in paths)
        raise changed_input(names, where)


def with_tenants(entries: Iterable[hono_files.FileEntry]) -> Iterator[hono_files.FileEntry]:
    """The entries, and before its first device each tenant that the files only name (hono 4.1)."""
    known: set[str] = set()
    for entry in entries:
        if isinstance(entry, TenantDraft):
            known.add(entry.tenant_id or "")
        elif isinstance(entry, WholeDevice) and entry.attributes is not None:
            tenant_id = entry.tenant_id or ""
            if tenant_id not in known:
                known.add(tenant_id)
                yield TenantDraft(tenant_id, TenantAttributes(), only_if_missing=True)
        yield entry


def _require_text(chunk: Chunk, name: str, lines: int) -> None:
    """Stop where a file turns into something else: each of its lines would be one more error."""
    if chunk.unreadable >= MAX_UNREADABLE and chunk.unreadable >= chunk.lines * 0.9:
        raise Invalid(
            f"From about line {lines + 1:,} on, {name} is no text; the import stopped there.",
            hint="Lines before that are applied. Check how the file was made or copied.",
        )


def changed_input(names: str, where: str) -> Invalid:
    """The error of an input that is no longer the one the job began with."""
    return Invalid(
        f"{names} was changed while the import ran; it stopped {where}.",
        hint="Lines before that are applied. Start a new import for the changed file.",
    )
