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
from registry_backend.storage.sqlite_attributes import (
    Condition,
    bound,
    glob_condition,
    json_path,
    leading_literal,
)

MAX_ROWS = 50_000
"""More rows than this are not fetched by number."""


class Member(NamedTuple):
    """An index that tells which devices have the wanted value, their documents unread."""

    attribute: AttributeFilter
    name: str
    """Of the index, quoted."""
    condition: Condition
    """On rows of `devices AS d`; every column it names is in the index."""


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
        # All that a search for the member needs, so that it reads no row to count or to order.
        wanted = f"""CREATE INDEX {_name(path)} ON devices
            (tenant_id, {_value(spelled)}, device_id, enabled, {_kind(spelled)})"""
        stored = connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", (_plain_name(path),)
        ).fetchone()
        if stored != (wanted,):
            connection.execute(f"DROP INDEX IF EXISTS {_name(path)}")
            connection.execute(wanted)


def member(
    connection: sqlite3.Connection, tenant_id: str, attributes: Sequence[AttributeFilter]
) -> Member | None:
    """The narrowest index that answers one of the conditions by itself.

    None where none is declared, or where a list may hold the wanted value.
    """
    members = [
        found for each in attributes if (found := _member(connection, tenant_id, each)) is not None
    ]
    if len(members) < 2:
        return members[0] if members else None
    return min(members, key=lambda each: _rows_at_most(connection, tenant_id, each))


def declared_order(connection: sqlite3.Connection, path: tuple[str, ...]) -> Condition | None:
    """The member's value as its index has it, to sort `devices AS d` by; None without one."""
    spelled = json_path(path)
    if spelled is None or not _is_declared(connection, path):
        return None
    return Condition(_value(spelled, "d.document"))


def index_of(path: tuple[str, ...]) -> str:
    """The quoted name of a declared member's index."""
    return _name(path)


def _member(
    connection: sqlite3.Connection, tenant_id: str, attribute: AttributeFilter
) -> Member | None:
    spelled = json_path(attribute.path)
    if spelled is None or not _is_declared(connection, attribute.path):
        return None
    index = _name(attribute.path)
    value, kind = _value(spelled), _kind(spelled)
    lists = connection.execute(
        f"""SELECT 1 FROM devices INDEXED BY {index} WHERE tenant_id = ?
        AND {value} >= '[' AND {value} < '\\' AND {kind} = 'array' LIMIT 1""",  # noqa: S608 - escaped
        (tenant_id,),
    )
    if lists.fetchone() is not None:
        return None
    condition = _exact(_value(spelled, "d.document"), _kind(spelled, "d.document"), attribute)
    return Member(attribute, index, condition)


def _exact(value: str, kind: str, attribute: AttributeFilter) -> Condition:
    """Whether a member that is no list is what is wanted."""
    wanted = attribute.value
    if not isinstance(wanted, str):
        return _either(value, kind, wanted, attribute.or_text)
    fits = glob_condition(value, wanted)
    # Texts are greater than numbers; said where a pattern has no beginning of its own, so that
    # the index is entered at the first text.
    begins = f"{value} >= '' AND " if leading_literal(wanted) == "" else ""
    return Condition(f"{begins}{fits.sql} AND {kind} = 'text'", fits.parameters)


def _either(value: str, kind: str, wanted: float | bool, text: str | None) -> Condition:  # noqa: FBT001 - a JSON value
    """Whether it is a number or truth value, or a text; the index is entered once for each."""
    number = ("true" if wanted else "false",) if isinstance(wanted, bool) else ("integer", "real")
    kinds = ", ".join(f"'{each}'" for each in (*number, *(() if text is None else ("text",))))
    values, places = _values(wanted, text)
    return Condition(f"{value} IN ({places}) AND {kind} IN ({kinds})", values)


def _values(wanted: float | bool, text: str | None) -> tuple[tuple[Parameter, ...], str]:  # noqa: FBT001 - a JSON value
    """What the index holds for them, and as many question marks."""
    values = (bound(wanted),) if text is None else (bound(wanted), text)
    return values, ", ".join("?" for _ in values)


def _rows_at_most(connection: sqlite3.Connection, tenant_id: str, found: Member) -> int:
    """How many rows a condition has, counted no further than is useful."""
    (rows,) = connection.execute(
        f"""SELECT count(*) FROM (SELECT 1 FROM devices AS d INDEXED BY {found.name}
        WHERE d.tenant_id = ? AND {found.condition.sql} LIMIT ?)""",  # noqa: S608 - escaped or bound
        (tenant_id, *found.condition.parameters, MAX_ROWS),
    ).fetchone()
    return int(rows)


def probe(
    connection: sqlite3.Connection, tenant_id: str, attribute: AttributeFilter
) -> IndexProbe | None:
    """The way to ask the member's index; None without one, and for patterns without beginning."""
    spelled = json_path(attribute.path)
    if spelled is None or not _is_declared(connection, attribute.path):
        return None
    value = _value(spelled)
    own = _comparison(value, attribute)
    if own is None:
        return None
    # A list may hold the wanted value; its text begins with a bracket, and is checked later.
    rows = f"SELECT row FROM devices INDEXED BY {_name(attribute.path)} WHERE tenant_id = ? AND"  # noqa: S608 - escaped
    sql = f"""SELECT row FROM ({rows} {own.sql} UNION ALL {rows} {value} >= '[' AND {value} < '\\')
        LIMIT ?"""  # noqa: S608 - escaped or bound
    return IndexProbe(sql, (tenant_id, *own.parameters, tenant_id))


def _comparison(value: str, attribute: AttributeFilter) -> IndexProbe | None:
    wanted = attribute.value
    if not isinstance(wanted, str):
        values, places = _values(wanted, attribute.or_text)
        return IndexProbe(f"{value} IN ({places})", values)
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


def _value(spelled: str, document: str = "document") -> str:
    """The indexed expression; a query must spell it the same way, so nothing in it is bound."""
    return f"json_extract({document}, {_quoted(spelled)})"


def _kind(spelled: str, document: str = "document") -> str:
    """What tells true from 1, and a list from the text that looks like it."""
    return f"json_type({document}, {_quoted(spelled)})"


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
