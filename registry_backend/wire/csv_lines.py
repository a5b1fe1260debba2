"""Devices from a table: a header line that names columns, then a device a row (iothub 4.3).

Each row becomes what a device line of the same content would be. Import only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub import HubLine, read_members
from registry_backend.wire.line_faults import not_a_device

COLUMNS = (
    "id",
    "status",
    "primaryKey",
    "secondaryKey",
    "primaryThumbprint",
    "secondaryThumbprint",
    "statusReason",
    "importMode",
    "eTag",
)
"""Names of columns; case, blanks, `_` and `-` in them do not count, and `deviceId` is `id`."""
_KEYS = ("primaryKey", "secondaryKey")
_THUMBPRINTS = ("primaryThumbprint", "secondaryThumbprint")
_DELIMITERS = (",", ";", "\t")
_BOM = b"\xef\xbb\xbf"


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character not in " _-")


_BY_PLAIN_NAME = {_plain(name): name for name in COLUMNS} | {"deviceid": "id"}


class Header(NamedTuple):
    """How to read the rows of a table."""

    delimiter: str
    columns: tuple[str, ...]
    """Of `COLUMNS`, in the table's order."""


def read_header(line: bytes) -> Header:
    """Read a table's first line.

    Raises:
        Invalid: for a column that nobody knows, one named twice, or none with the ids.
    """
    try:
        text = line.removeprefix(_BOM).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _refused("The first line is no text in UTF-8.", "Save the table as UTF-8.") from None
    delimiter = max(_DELIMITERS, key=_outside_quotes(text).count)
    names = _split(text, delimiter)
    if names is None:
        raise _refused("The quotes in the first line do not match.", "Name each column plainly.")
    while names and not names[-1]:
        names.pop()  # spreadsheets write columns that nobody filled
    if names and not any(_plain(name) in _BY_PLAIN_NAME for name in names):
        raise _refused(
            "Its first line names no column that is known.",
            "Put a line such as id,status before the first row. Known columns are "
            f"{', '.join(COLUMNS)}.",
        )
    columns = tuple(_column(name) for name in names)
    for name in columns:
        if columns.count(name) > 1:
            raise _refused(f"The column {name} is there twice.", "Leave one of them out.")
    if "id" not in columns:
        raise _refused("No column is named id or deviceId.", "The first line names the columns.")
    return Header(delimiter, columns)


def parse_row(header: Header, row: bytes) -> HubLine | LineFault | None:
    """Read one row without its newline; None for one whose fields are all empty.

    A row that cannot be used comes back as a fault; its text never quotes the row.
    """
    try:
        fields = _split(row.decode("utf-8"), header.delimiter)
    except UnicodeDecodeError:
        return not_a_device("no UTF-8")
    if fields is None:
        return not_a_device(
            "a quoted field does not end on its line; no field may hold a line break"
        )
    if not any(fields):
        return None
    if any(fields[len(header.columns) :]):
        return not_a_device(
            f"{len(fields)} fields, and the first line names {len(header.columns)} columns"
        )
    cells = {name: field for name, field in zip(header.columns, fields, strict=False) if field}
    if "status" not in header.columns:
        cells["status"] = "enabled"
    return read_members(_members(cells))


def _members(cells: dict[str, str]) -> JsonObject:
    """The row as the members of a device line."""
    authentication: JsonObject = {}
    keys = {name: cells[name] for name in _KEYS if name in cells}
    prints = {name: cells[name] for name in _THUMBPRINTS if name in cells}
    if keys:
        authentication["symmetricKey"] = keys
    if prints:
        authentication["x509Thumbprint"] = prints
    members: JsonObject = {
        name: value for name, value in cells.items() if name not in (*_KEYS, *_THUMBPRINTS)
    }
    if authentication:
        members["authentication"] = authentication
    return members


def _column(name: str) -> str:
    found = _BY_PLAIN_NAME.get(_plain(name))
    if found is not None:
        return found
    near = get_close_matches(_plain(name), _BY_PLAIN_NAME, n=1, cutoff=0.5)
    hint = f"Known columns are {', '.join(COLUMNS)}."
    if near:
        hint = f"Is it {_BY_PLAIN_NAME[near[0]]}? {hint}"
    shown = name if len(name) <= 40 and name.isprintable() else "of the first line"
    raise _refused(f"The column {shown!r} is not known.", hint)


def _split(text: str, delimiter: str) -> list[str] | None:
    """The fields of a line without the blanks around them; None when its quotes do not match."""
    if text.count('"') % 2:
        return None
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    return [field.strip() for field in rows[0]] if rows else [""]


def _outside_quotes(text: str) -> str:
    def parts() -> Iterator[str]:
        for number, part in enumerate(text.split('"')):
            if number % 2 == 0:
                yield part

    return "".join(parts())


def _refused(sentence: str, hint: str) -> Invalid:
    return Invalid.told("blob_name", f"The table cannot be imported. {sentence}", hint=hint)
