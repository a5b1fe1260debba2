"""Values as TOML text, and the question whether two parsed documents are the same."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from registry_backend.domain.errors import Invalid

Table = dict[str, Any]
"""A TOML table as `tomllib` reads it."""

_LARGEST = 2**63 - 1


def key_text(key: str) -> str:
    """A key, quoted only where TOML asks for it.

    Raises:
        Invalid: when it holds characters that no file can hold.
    """
    return tomlkit.key(key).as_string() if key.isascii() and key.isprintable() else _string(key)


def value_text(value: object, *, field: str = "") -> str:
    """A value on one line: tables and arrays in their inline form.

    Args:
        value: What `tomllib` could have read.
        field: Its path, for the error.

    Raises:
        Invalid: when TOML has no word for it.
    """
    if isinstance(value, dict):
        pairs = [f"{key_text(key)} = {value_text(below)}" for key, below in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(value_text(below) for below in value)}]"
    if isinstance(value, str):
        return _string(value, field=field)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST:
        raise Invalid.at(field, "is a number of more than 64 bits, which TOML cannot hold")
    if isinstance(value, bool | int | float | datetime | date | time):
        return tomlkit.item(value).as_string()
    raise Invalid.at(field, f"is of a kind that TOML has no word for ({type(value).__name__})")


def same(left: object, right: object) -> bool:
    """Whether two parsed values are the same, in type too; not-a-number equals itself."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


def _string(value: str, *, field: str = "") -> str:
    try:
        value.encode("utf-8")
        return tomlkit.string(value).as_string()
    except (UnicodeEncodeError, TOMLKitError):
        raise Invalid.at(field, "holds characters that a TOML file cannot hold") from None
