"""In which format a file of devices is written, told by its name and its first bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import NamedTuple

from registry_backend.domain.jobs import JobFormat

HONO_FILES = ("tenants.json", "device-identities.json", "credentials.json")
"""hono 4.1"""
HEAD_BYTES = 64 << 10
"""How much of a file is looked at."""
NAMED: dict[JobFormat, str] = {
    "devices.txt": "lines of devices.txt",
    "csv": "CSV",
    "ndjson": "NDJSON",
    "hono-1.1": "Hono's files",
}
"""Each format, to be read after `looks like`."""
ONE_DOCUMENT = "one JSON document"
"""What a file of lines is not."""
_USUAL: dict[JobFormat, str] = {"csv": "devices.csv", "ndjson": "devices.ndjson"}
_SUFFIXES: dict[str, JobFormat] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_BOM = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t")
_DOCUMENT = re.compile(rb"\[\s*\{|\{\s*\n\s*\"")
_COLUMN = re.compile(r'"?[A-Za-z][A-Za-z0-9 _-]{0,39}"?')


class Input(NamedTuple):
    """What an import reads in a folder."""

    name: str | None
    """None: the usual files of the format."""
    format: JobFormat


def usual_name(job_format: JobFormat) -> str:
    """The file read or written when none is named.

    >>> usual_name("csv")
    'devices.csv'
    """
    return _USUAL.get(job_format, "devices.txt")


def format_of_name(name: str) -> JobFormat | None:
    """The format that a file's name speaks for; None where it speaks for none."""
    if name in HONO_FILES:
        return "hono-1.1"
    lowered = name.lower()
    return next((found for suffix, found in _SUFFIXES.items() if lowered.endswith(suffix)), None)


def format_of_head(head: bytes) -> JobFormat | None:
    r"""The format that a file's beginning speaks for; None where it speaks for none.

    >>> format_of_head(b"id,status\nd1,enabled\n"), format_of_head(b'{"id":"d1"}\n')
    ('csv', 'devices.txt')
    """
    line = _first_line(head)
    if line.startswith("{"):
        return _of_object(line)
    return "csv" if _is_header(line) else None


def told_format(name: str, head: bytes) -> JobFormat:
    """The format of a file; its first bytes count for more than its name."""
    named = format_of_name(name)
    if named == "hono-1.1":
        return named
    seen = format_of_head(head)
    if seen == "devices.txt" and named == "ndjson":
        return named  # a hub's lines are that too
    return seen or named or "devices.txt"


def input_among(names: Collection[str]) -> Input:
    """What to import from a folder with these files: those of usual names before any other."""
    for usual in ("devices.txt", "ndjson", "csv"):
        job_format: JobFormat = usual
        if usual_name(job_format) in names:
            return Input(usual_name(job_format), job_format)
    if any(name in HONO_FILES for name in names):
        return Input(None, "hono-1.1")
    others = [name for name in names if format_of_name(name) is not None]
    if len(others) == 1:
        return Input(others[0], format_of_name(others[0]) or "devices.txt")
    return Input(None, "devices.txt")


def seen_instead(head: bytes, job_format: JobFormat) -> str:
    """What a file of lines looks like, where that is not its format; empty where it may be."""
    if job_format in ("devices.txt", "ndjson") and _is_document(head):
        return ONE_DOCUMENT
    seen = format_of_head(head)
    fits = seen in (None, job_format) or (seen == "devices.txt" and job_format == "ndjson")
    return "" if fits or seen is None else NAMED[seen]


def is_row(line: bytes) -> bool:
    """Whether a line that is no JSON is perhaps a row of a table."""
    if line[:1] in (b"{", b"[", b""):
        return False
    return any(delimiter.encode() in line for delimiter in _DELIMITERS)


def _is_document(head: bytes) -> bool:
    """Whether devices stand in a JSON array, or one stands on several lines."""
    text = head.removeprefix(_BOM).lstrip()
    return _DOCUMENT.match(text) is not None


def _first_line(head: bytes) -> str:
    for line in head.removeprefix(_BOM).splitlines():
        if text := line.strip():
            return text.decode("utf-8", "replace")
    return ""


def _of_object(line: str) -> JobFormat | None:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict):
        return None
    names = {str(name).lower() for name in members}
    if "device-id" in names or {"format", "tenant-id"} <= names:
        return "ndjson"
    return "devices.txt" if "id" in names else None


def _is_header(line: str) -> bool:
    """Whether a line names columns, one of them that of the ids."""
    delimiter = max(_DELIMITERS, key=line.count)
    names = [name.strip() for name in line.split(delimiter)]
    while names and not names[-1]:
        names.pop()
    plain = {re.sub(r'[ _"-]', "", name).lower() for name in names}
    return bool(plain & {"id", "deviceid"}) and all(_COLUMN.fullmatch(name) for name in names)
