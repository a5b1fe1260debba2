"""Search for a part of a device id: a trigram index, filled in behind the writes.

Indexing a row costs more than writing it, so no write waits for it: rows are indexed in batches
when the writer has time. `search_progress` says up to which row; rows above are looked at one by
one. Row numbers are never used twice, so a row below that mark is indexed or gone.
Part search ignores the case of ASCII letters, as people type.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

TRIGRAM = 3
"""Shorter terms have no trigram, so the index cannot help them."""
_LONGEST = 4096
"""No id is nearly as long; SQLite refuses patterns that are much longer."""


def contains(column: str, term: str) -> tuple[str, str]:
    """The condition that a column has this part, and what to bind to it."""
    if len(term) > _LONGEST or "\0" in term:
        return "? IS NULL", term
    escaped = re.sub(r"([%_!])", r"!\1", term)
    return f"{column} LIKE ? ESCAPE '!'", f"%{escaped}%"


def rows_with(
    connection: sqlite3.Connection, tenant_id: str, term: str, *, limit: int
) -> list[int] | None:
    """Rows that may hold the term: a superset of those that do, to be checked by the caller.

    None when the index cannot answer with fewer than `limit` rows: the term is too short or too
    common, or too many rows are not indexed yet.
    """
    if len(term) < TRIGRAM or "\0" in term:
        return None
    last, done = _last_row(connection), _indexed_up_to(connection)
    if last - done >= limit:
        return None
    hits = connection.execute(
        "SELECT rowid FROM device_search WHERE device_search MATCH ? LIMIT ?",
        (_expression(term), limit),
    ).fetchall()
    fresh = connection.execute(
        "SELECT row FROM devices NOT INDEXED WHERE row > ? AND tenant_id = ?", (done, tenant_id)
    ).fetchall()
    rows = [row for (row,) in (*hits, *fresh)]
    return rows if len(rows) < limit else None


def index_rows(connection: sqlite3.Connection, *, limit: int) -> bool:
    """Index the next rows; whether there are more of them. Needs a write transaction."""
    done = _indexed_up_to(connection)
    (reached,) = connection.execute(
        "SELECT max(row) FROM (SELECT row FROM devices WHERE row > ? ORDER BY row LIMIT ?)",
        (done, limit),
    ).fetchone()
    if reached is None:
        return False
    connection.execute(
        """INSERT INTO device_search (rowid, device_id)
        SELECT row, device_id FROM devices WHERE row > ? AND row <= ? ORDER BY row""",
        (done, reached),
    )
    connection.execute("UPDATE search_progress SET indexed_up_to = ?", (reached,))
    return bool(reached < _last_row(connection))


def has_unindexed_rows(connection: sqlite3.Connection) -> bool:
    """Whether some rows wait for the index; two point reads."""
    return _last_row(connection) > _indexed_up_to(connection)


def forget_rows(connection: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take removed devices (row, device id) out of the index."""
    done = _indexed_up_to(connection)
    connection.executemany(
        "INSERT INTO device_search (device_search, rowid, device_id) VALUES ('delete', ?, ?)",
        [(row, device_id) for row, device_id in rows if row <= done],
    )


def _expression(term: str) -> str:
    """Every trigram of the term; the index keeps no positions, so their order is not asked."""
    trigrams = {term[place : place + TRIGRAM] for place in range(len(term) - TRIGRAM + 1)}
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in sorted(trigrams))


def _last_row(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(row), 0) FROM devices").fetchone()[0])


def _indexed_up_to(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT indexed_up_to FROM search_progress").fetchone()[0])
