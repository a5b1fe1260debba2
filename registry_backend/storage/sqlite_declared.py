"""Indexes on members of devices' documents that an operator declares, and asking them.

Each costs every write a little, so there is none that nobody asked for. They stay in the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter
from registry_backend.storage.paging import Parameter, successor
from registry_backend.storage.sqlite_attributes import json_path, leading_literal

MAX_ROWS = 50_000
"""More rows than this are not fetched by number."""


class IndexProbe(NamedTuple):
    """SQL that names rows, and what is bound to it; a LIMIT is bound last."""

    sql: str
    parameters: tuple[Parameter, ...]


def declare(connection: sqlite3.Connection, paths: Sequence[tuple[str, ...]]) -> None:
    """Make the indexes that are not there yet: about five seconds for a million devices each.

    Raises:
        Invalid: for a path that an index cannot be made on.
    """
    for path in paths:
        spelled = json_path(path)
        if spelled is None:
            text = "/" + "/".join(path)
            raise Invalid(f"No index can be made on {text!r}: use plain names, and no list places.")
        connection.execute(
            f"CREATE INDEX IF NOT EXISTS {_name(path)} ON devices (tenant_id, {_value(spelled)})"
        )


def probe(
    connection: sqlite3.Connection, tenant_id: str, attribute: AttributeFilter
) -> IndexProbe | None:
    """The way to ask the member's index; None without one, and for patterns without beginning."""
    spelled = json_path(attribute.path)
    if spelled is None or not _is_declared(connection, attribute.path):
        return None
    value = _value(spelled)
    own = _comparison(value, attribute.value)
    if own is None:
        return None
    # A list may hold the wanted value; its text begins with a bracket, and is checked later.
    rows = f"SELECT row FROM devices INDEXED BY {_name(attribute.path)} WHERE tenant_id = ? AND"  # noqa: S608 - escaped
    sql = f"""SELECT row FROM ({rows} {own.sql} UNION ALL {rows} {value} >= '[' AND {value} < '\\')
        LIMIT ?"""  # noqa: S608 - escaped or bound
    return IndexProbe(sql, (tenant_id, *own.parameters, tenant_id))


def _comparison(value: str, wanted: str | float | bool) -> IndexProbe | None:  # noqa: FBT001 - a JSON value
    if not isinstance(wanted, str):
        return IndexProbe(f"{value} = ?", (float(wanted),))
    prefix = leading_literal(wanted)
    if prefix is None:
        return IndexProbe(f"{value} = ?", (wanted,))
    end = successor(prefix)
    if not prefix or end is None:
        return None
    return IndexProbe(f"{value} >= ? AND {value} < ?", (prefix, end))


def _is_declared(connection: sqlite3.Connection, path: tuple[str, ...]) -> bool:
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", (_plain_name(path),)
    )
    return found.fetchone() is not None


def _plain_name(path: tuple[str, ...]) -> str:
    steps = (step.replace("~", "~0").replace("/", "~1") for step in path)
    return "declared:/" + "/".join(steps)


def _name(path: tuple[str, ...]) -> str:
    return '"' + _plain_name(path).replace('"', '""') + '"'


def _value(spelled: str) -> str:
    """The indexed expression; a query must spell it the same way, so nothing in it is bound."""
    escaped = spelled.replace("'", "''")
    return f"json_extract(document, '{escaped}')"
