"""Pages by key in SQL: cursors, keyset comparisons, and walking from the nearer end.

Identifiers in the SQL built here are constants of this package; every value is bound.
"""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from registry_backend.domain.document import compact_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import Cursor, PageRequest

MAX_LIMIT = 1000
"""More rows than this are not given at once; `more` says that there are some."""

Row = tuple[Any, ...]
Parameter = str | int | float | None


@dataclass(slots=True)
class Where:
    """Conditions joined by AND, with what is bound to them."""

    clauses: list[str] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)

    def add(self, clause: str, *parameters: Parameter) -> None:
        """One more condition that must hold."""
        self.clauses.append(clause)
        self.parameters.extend(parameters)

    def sql(self) -> str:
        """The WHERE clause; empty without conditions."""
        return "WHERE " + " AND ".join(f"({clause})" for clause in self.clauses) if self else ""

    def __bool__(self) -> bool:
        return bool(self.clauses)


@dataclass(frozen=True, slots=True)
class Keys:
    """The columns a list is ordered by; together they tell any two rows apart."""

    columns: tuple[str, ...]
    kinds: tuple[type, ...]
    descending: bool = False

    def cursor(self, values: Sequence[str | int]) -> Cursor:
        """The place of the row with these key values."""
        encoded = base64.urlsafe_b64encode(compact_json(list(values)).encode("utf-8"))
        return Cursor(encoded.decode("ascii").rstrip("="))

    def decode(self, cursor: Cursor) -> list[str | int]:
        """The key values of a cursor.

        Raises:
            Invalid: when this list did not make it.
        """
        try:
            encoded = cursor.encode("ascii")
            decoded = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), b"-_", validate=True)
            values = json.loads(decoded)
        except (UnicodeError, binascii.Error, ValueError, RecursionError):
            raise _malformed() from None
        if not isinstance(values, list) or [type(value) for value in values] != list(self.kinds):
            raise _malformed()
        if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in values):
            raise _malformed()
        return values

    def beyond(self, *, upward: bool) -> str:
        """The comparison that leaves only rows after (before) the bound key values."""
        marks = ", ".join("?" for _ in self.columns)
        return f"({', '.join(self.columns)}) {'>' if upward else '<'} ({marks})"

    def order(self, *, upward: bool) -> str:
        """The ORDER BY list for a walk in that direction."""
        return ", ".join(f"{column} {'ASC' if upward else 'DESC'}" for column in self.columns)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: columns and source are SQL of ours, `where` binds after `parameters`."""

    columns: str
    source: str
    where: Where
    keys: Keys
    parameters: tuple[Parameter, ...] = ()
    total: int | None = None
    """How many rows there are, where that is known without counting."""
    near: Callable[[int, bool], tuple[Sequence[str | int] | None, int]] | None = None
    """From a number of rows to skip and whether to walk upward: the keys of a row near there, or
    None, and how many rows after it are still to skip. Without it all are."""


def fetch_page(
    connection: sqlite3.Connection, listing: Listing, request: PageRequest
) -> tuple[list[Row], bool]:
    """The rows of a stretch in list order, and whether the list goes on in that direction.

    Raises:
        Invalid: for a cursor of another list, a negative skip, or a limit under 1.
    """
    if request.limit < 1 or request.skip < 0:
        raise Invalid(f"A page needs a limit of 1 to {MAX_LIMIT} and a skip of 0 or more.")
    request = replace(request, limit=min(request.limit, MAX_LIMIT), skip=min(request.skip, 2**62))
    total = listing.total
    if total is None or request.start is not None or request.skip <= total // 2:
        return _walk(connection, listing, request)
    wanted = min(request.limit, total - request.skip)
    if wanted <= 0:
        return [], False
    other_end = PageRequest(
        backward=not request.backward, skip=total - request.skip - wanted, limit=wanted
    )
    rows, _ = _walk(connection, listing, other_end)
    return rows, request.skip + wanted < total


def _walk(
    connection: sqlite3.Connection, listing: Listing, request: PageRequest
) -> tuple[list[Row], bool]:
    keys = listing.keys
    upward = keys.descending == request.backward
    where = Where(list(listing.where.clauses), list(listing.where.parameters))
    values, skip = _beginning(listing, request, upward=upward)
    if values is not None:
        where.add(keys.beyond(upward=upward), *values)
    sql = f"""SELECT {listing.columns} FROM {listing.source} {where.sql()}
        ORDER BY {keys.order(upward=upward)} LIMIT ? OFFSET ?"""  # noqa: S608 - constants, bound
    bound = (*listing.parameters, *where.parameters, request.limit + 1, skip)
    rows: list[Row] = connection.execute(sql, bound).fetchall()
    more = len(rows) > request.limit
    del rows[request.limit :]
    if request.backward:
        rows.reverse()
    return rows, more


def _beginning(
    listing: Listing, request: PageRequest, *, upward: bool
) -> tuple[Sequence[str | int] | None, int]:
    """The keys of the row after which to begin, and how many rows to skip from there."""
    if request.start is not None:
        return listing.keys.decode(request.start), request.skip
    if listing.near is not None:
        return listing.near(request.skip, upward)
    return None, request.skip


def successor(prefix: str) -> str | None:
    """The smallest text after every text that begins with `prefix`; None when there is none."""
    for place in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[place]) + 1
        if following == 0xD800:
            following = 0xE000
        if following <= 0x10FFFF:
            return prefix[:place] + chr(following)
    return None


def _malformed() -> Invalid:
    return Invalid("The cursor is not one of this list.", hint="Begin again at the first page.")
