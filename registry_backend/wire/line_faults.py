"""What is told of a line that is no device, in the words of every format; never a secret of it."""

from __future__ import annotations

from typing import Any

from registry_backend.domain.formats import is_row
from registry_backend.domain.json_faults import json_fault
from registry_backend.wire.import_errors import DESERIALIZATION_ERROR, LineFault

_SHORTER_THAN_KEYS = 16
"""Characters: a longer text in a wrong place may be a key that slipped there."""


def not_a_device(why: str, device_id: str | None = None) -> LineFault:
    """The fault of a line in the wrong form (iothub 4.8)."""
    return LineFault(DESERIALIZATION_ERROR, f"Invalid device format in line: {why}", device_id)


def not_json(line: bytes, error: ValueError) -> LineFault:
    """The fault of a line that no JSON parser takes."""
    if line[:1] == b"{":
        return not_a_device(json_fault(error, one_line=True))
    if is_row(line):
        return not_a_device(
            "no JSON object; this looks like CSV: import it with the format csv, whose first line "
            "names the columns"
        )
    return not_a_device("no JSON object, which begins with {")


def quoted(value: Any) -> str:
    """A wrong value as it may be shown: whole if it is too short to be a key.

    >>> quoted("on"), quoted(7), quoted("x" * 44)
    ('"on"', '7', 'a text of 44 characters')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if len(str(value)) <= _SHORTER_THAN_KEYS else "a number"
    if not isinstance(value, str):
        return "an object" if isinstance(value, dict) else "a list"
    if len(value) > _SHORTER_THAN_KEYS or not value.isprintable():
        return f"a text of {len(value):,} characters"
    return f'"{value}"'
