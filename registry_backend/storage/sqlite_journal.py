"""The journal in SQLite, and the marks that tell other processes what was touched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import get_args

from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.journal import Action, Actor, Change, JournalEntry, Resource
from registry_backend.domain.timestamps import from_micros, to_micros
from registry_backend.storage.paging import MAX_LIMIT, Row
from registry_backend.storage.sqlite_base import Rows

_INSERT = """INSERT INTO journal
    (at, actor, action, resource, tenant_id, resource_id, before, after)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""

_RESOURCES, _ACTIONS = frozenset(get_args(Resource)), frozenset(get_args(Action))


class JournalReads(Rows):
    """The journal part of a snapshot."""

    def page_journal(
        self, tenant_id: str, *, resource_id: str | None, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """Newest first, below a sequence number; of one thing or the whole tenant."""
        rows = self._all(
            f"""SELECT sequence, at, actor, action, resource, tenant_id, resource_id, before, after
            FROM journal WHERE tenant_id = ? {"" if resource_id is None else "AND resource_id = ?"}
            AND sequence < ? ORDER BY sequence DESC LIMIT ?""",  # noqa: S608 - constants
            *((tenant_id,) if resource_id is None else (tenant_id, resource_id)),
            *(2**63 - 1 if before is None else before, max(0, min(limit, MAX_LIMIT))),
        )
        return [_entry(row) for row in rows]


class JournalWrites(JournalReads):
    """The journal part of a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.changes: list[Change] = []
        """What `note` was told, in order."""

    def add_journal(self, actor: Actor, at: datetime, lines: Iterable[JournalEntry]) -> None:
        """Append lines; their `sequence` is given here."""
        who, when = str(actor), to_micros(at)
        self._connection.executemany(
            _INSERT,
            [
                (
                    *(when, who, line.action, line.resource, line.tenant_id, line.resource_id),
                    *(_text(line.before), _text(line.after)),
                )
                for line in lines
            ],
        )

    def add_line(
        self, actor: Actor, at: datetime, change: Change, *, before: str | None, after: str | None
    ) -> None:
        """Append one line, as `add_journal` does, whose documents are JSON text already."""
        self._changed(
            _INSERT,
            *(to_micros(at), str(actor), change.action, change.resource),
            *(change.tenant_id, change.resource_id, before, after),
        )

    def note(self, change: Change) -> None:
        """Tell watchers of this change once it is durable."""
        self.changes.append(change)


def mark_touched(connection: sqlite3.Connection, changes: Iterable[Change]) -> int:
    """Leave marks for other processes; the newest stamp.

    Needs the write transaction that made the changes.
    """
    stamp = last_stamp(connection)
    touched = {(change.resource, change.tenant_id): change.action for change in changes}
    if touched:
        stamp += 1
        connection.executemany(
            "INSERT OR REPLACE INTO touched (resource, tenant_id, action, stamp) VALUES (?,?,?,?)",
            [(*where, action, stamp) for where, action in touched.items()],
        )
    return stamp


def touched_since(connection: sqlite3.Connection, stamp: int) -> list[Change]:
    """What was marked after that stamp, one change for each resource and tenant.

    Marks of things that only another release knows are passed over.
    """
    rows = connection.execute(
        "SELECT resource, action, tenant_id FROM touched WHERE stamp > ? ORDER BY stamp", (stamp,)
    )
    return [
        Change(resource=resource, action=action, tenant_id=tenant_id, resource_id="")
        for resource, action, tenant_id in rows
        if resource in _RESOURCES and action in _ACTIONS
    ]


def last_stamp(connection: sqlite3.Connection) -> int:
    """The newest mark; 0 when there is none."""
    return int(connection.execute("SELECT coalesce(max(stamp), 0) FROM touched").fetchone()[0])


def _text(members: JsonObject | None) -> str | None:
    return None if members is None else compact_json(members)


def _members(text: str | None) -> JsonObject | None:
    members: JsonObject | None = None if text is None else json.loads(text)
    return members


def _entry(row: Row) -> JournalEntry:
    sequence, at, actor, action, resource, tenant_id, resource_id, before, after = row
    return JournalEntry(
        sequence=sequence,
        at=from_micros(at),
        actor=actor,
        action=action,
        resource=resource,
        tenant_id=tenant_id,
        resource_id=resource_id,
        before=_members(before),
        after=_members(after),
    )
