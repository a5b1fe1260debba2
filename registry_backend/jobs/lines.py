"""Reading a file of lines in stretches of bounded size, whatever the file holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from registry_backend.jobs.drafts import Chunk, DeviceDraft, Entry
from registry_backend.jobs.sniffing import is_text
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.line_faults import not_a_device
from registry_backend.wire.ndjson import TenantDraft

MAX_LINE_BYTES = 1 << 20
"""A longer line is refused; a device never needs a tenth of it."""
CHUNK_LINES = 2000
CHUNK_BYTES = 4 << 20
_SKIP_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"

ParseLine = Callable[[bytes], DeviceDraft | TenantDraft | LineFault | None]
"""Reads a line without the blanks around it; None for one that asks for nothing."""


def read_chunk(
    path: Path,
    parse: ParseLine,
    *,
    offset: int,
    line: int,
    max_lines: int = CHUNK_LINES,
    table: bool = False,
) -> Chunk:
    """Read and parse the stretch that begins at a byte offset, `line` lines into the file.

    Blank lines are passed over, and so is a text before the first object: current hubs put a
    warning there (iothub 6.3). Of a table, the first line is passed over, and blanks at the ends
    of a row are part of it. Raises OSError.
    """
    entries: list[Entry] = []
    number, taken, unreadable, last = line, 0, 0, False
    with path.open("rb") as file:
        file.seek(offset)
        while number - line < max_lines and taken < CHUNK_BYTES:
            text = _read_line(file)
            if text is None:
                last = True
                break
            number += 1
            taken = taken + len(text) if isinstance(text, bytes) else file.tell() - offset
            entry = _read_entry(text, number, parse, table=table)
            if entry is not None:
                entries.append((number, entry))
                unreadable += isinstance(entry, LineFault) and _is_no_text(text)
        done = file.tell()
    return Chunk(entries, number - line, done, last, unreadable=unreadable)


def _is_no_text(line: bytes | LineFault) -> bool:
    return isinstance(line, bytes) and not is_text(line)


def _read_line(file: BinaryIO) -> bytes | LineFault | None:
    """The next line; a fault for one that is too long, none of which is held; None at the end."""
    text = file.readline(MAX_LINE_BYTES + 1)
    if not text:
        return None
    if len(text) <= MAX_LINE_BYTES or text.endswith(b"\n"):
        return text
    length = len(text)
    while not text.endswith(b"\n"):
        text = file.readline(_SKIP_BYTES)
        if not text:
            break
        length += len(text)
    return not_a_device(f"{length:,} bytes, more than {MAX_LINE_BYTES:,} on a line")


def _read_entry(
    text: bytes | LineFault, number: int, parse: ParseLine, *, table: bool
) -> DeviceDraft | TenantDraft | LineFault | None:
    if isinstance(text, LineFault):
        return text
    if table:
        return parse(text.rstrip(b"\r\n")) if number > 1 and text.strip() else None
    stripped = (text.removeprefix(_BOM) if number == 1 else text).strip()
    if not stripped or (number == 1 and _is_remark(stripped)):
        return None
    return parse(stripped)


def _is_remark(text: bytes) -> bool:
    """Whether the first line is a sentence for people, not broken JSON or binary data."""
    if text[:1] in (b"{", b"[", b'"'):
        return False
    try:
        return b" " in text and text.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False
