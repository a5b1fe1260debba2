"""The ids that an import's files name, for a registry that is opened by id only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from registry_backend.domain.document import parse_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import HONO_TENANT_ID
from registry_backend.domain.jobs import ImportMode, JobFormat
from registry_backend.jobs.drafts import Entry
from registry_backend.jobs.lines import MAX_LINE_BYTES, ParseLine, read_chunk
from registry_backend.jobs.sniffing import seems
from registry_backend.jobs.sources import MAX_WHOLE_BYTES
from registry_backend.wire import csv_lines, hono_files, iothub, ndjson
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.ndjson import TenantDraft

_PARSERS: dict[JobFormat, ParseLine] = {
    "devices.txt": iothub.parse_line,
    "ndjson": ndjson.parse_line,
}
_OPENED = (hono_files.TENANTS_FILE, hono_files.DEVICES_FILE)
"""Of Hono's files; credentials alone name nothing that could be opened."""
_DELETIONS = frozenset({ImportMode.DELETE, ImportMode.DELETE_IF_MATCH_ETAG})


@dataclass(slots=True)
class NamedIds:
    """What files name.

    Args:
        tenants: Ids of tenants, in the order of their appearance.
        devices: Ids of devices by tenant, without those that a line deletes.
        faults: What is wrong with entries that could not be read, each with its place.
    """

    tenants: dict[str, None] = field(default_factory=dict)
    devices: dict[str, dict[str, None]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def note(self, entries: Iterable[Entry], tenant_id: str) -> None:
        """Take in entries; `tenant_id` is whose devices those are that name no tenant."""
        for line, entry in entries:
            if isinstance(entry, LineFault):
                where = "" if line is None else f"line {line:,}: "
                self.faults.append(f"{where}{entry.message}")
                continue
            owner = entry.tenant_id or tenant_id
            self.tenants[owner] = None
            if isinstance(entry, TenantDraft):
                continue
            theirs = self.devices.setdefault(owner, {})
            if entry.mode in _DELETIONS:
                theirs.pop(entry.device_id, None)
            else:
                theirs[entry.device_id] = None


def named_ids(path: Path, job_format: JobFormat, *, tenant_id: str | None) -> NamedIds:
    """Read what an import would read, and write nothing.

    Args:
        path: A file; of hono-1.1 also the folder that holds the files.
        job_format: How it is written.
        tenant_id: Whose devices those are that name no tenant.

    Raises:
        Invalid: when a file is missing or no text, or its tenant is neither named nor given.
        OSError: when it cannot be read.
    """
    found = NamedIds()
    if job_format == "hono-1.1":
        files = _hono_files(path)
        for each in files:
            _check_text(each)
        contents = {each.name: each.read_bytes() for each in files}
        found.note(((None, entry) for entry in hono_files.parse_files(contents)), "")
        return found
    _check_text(path)
    owner = tenant_id or (_first_lines_tenant(path) if job_format == "ndjson" else None)
    if owner is None:
        raise Invalid(
            f"{path} does not say whose devices its lines are.", hint="Name it with --tenant."
        )
    found.note(_lines(path, _parser(path, job_format), table=job_format == "csv"), owner)
    return found


def _hono_files(path: Path) -> list[Path]:
    wanted = [path / name for name in _OPENED] if path.is_dir() else [path]
    files = [each for each in wanted if each.name in _OPENED and each.exists()]
    if not files:
        raise Invalid(
            f"{path} holds neither tenants nor devices of Hono's.",
            hint=f"Name {' or '.join(_OPENED)}, or the folder that has them.",
        )
    if sum(each.stat().st_size for each in files) > MAX_WHOLE_BYTES:
        raise Invalid(f"Hono's files are over {MAX_WHOLE_BYTES >> 20} MiB together.")
    return files


def _check_text(path: Path) -> None:
    seeming = seems(path)
    if seeming is not None:
        raise Invalid(f"{path} cannot be read: it seems to be {seeming.what}.", hint=seeming.advice)


def _first_lines_tenant(path: Path) -> str | None:
    """The tenant that the first line of a whole copy carries; None where it carries none."""
    with path.open("rb") as file:
        line = file.readline(MAX_LINE_BYTES)
    try:
        members = parse_json(line, what=path.name)
    except Invalid:
        return None
    named = members.get("tenant-id") if isinstance(members, dict) else None
    fits = isinstance(named, str) and HONO_TENANT_ID.fullmatch(named)
    return named if fits else None


def _parser(path: Path, job_format: JobFormat) -> ParseLine:
    if job_format != "csv":
        return _PARSERS[job_format]
    with path.open("rb") as file:
        return partial(csv_lines.parse_row, csv_lines.read_header(file.readline(MAX_LINE_BYTES)))


def _lines(path: Path, parse: ParseLine, *, table: bool) -> Iterator[Entry]:
    offset, line, last = 0, 0, False
    while not last:
        chunk = read_chunk(path, parse, offset=offset, line=line, table=table)
        yield from chunk.entries
        offset, line, last = chunk.offset, line + chunk.lines, chunk.last
