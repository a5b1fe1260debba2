"""Device queries as SQL: what to walk, which conditions to check, in which order.

Three plans. When one condition can name the few rows that may fit (part of an id, a gateway, an
expiry), those rows are fetched by number and sorted. A member with a declared index is looked up
there, and what fits is counted and ordered without reading a row. Otherwise the index of the
order asked for is walked and each row checked, so that a page ends as soon as it is full.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from registry_backend.domain.query import (
    AttributeFilter,
    AttributeSort,
    DeviceQuery,
    DeviceSort,
    Order,
)
from registry_backend.domain.timestamps import to_micros
from registry_backend.storage import search, sqlite_declared
from registry_backend.storage.paging import Keys, Listing, Parameter, Where, successor
from registry_backend.storage.sqlite_attributes import (
    Condition,
    attribute_condition,
    glob_condition,
    longest_literal,
)
from registry_backend.storage.sqlite_declared import Member

MAX_CANDIDATES = 5000
"""More rows than this are not fetched by number: walking the index gets to a page sooner."""

VIA = "via"
VIA_GROUP = "via-group"
MEMBER_OF = "member-of"

_CONNECTS_THROUGH = """EXISTS (SELECT 1 FROM device_links AS l WHERE l.tenant_id = d.tenant_id
    AND l.relation = 'via' AND l.target = ? AND l.device_id = d.device_id)
  OR EXISTS (SELECT 1 FROM device_links AS l JOIN device_links AS m ON m.tenant_id = l.tenant_id
    AND m.relation = 'member-of' AND m.target = l.target AND m.device_id = ?
    WHERE l.tenant_id = d.tenant_id AND l.device_id = d.device_id AND l.relation = 'via-group')"""
_IS_GATEWAY = """EXISTS (SELECT 1 FROM device_links AS l WHERE l.tenant_id = d.tenant_id
    AND l.relation = 'via' AND l.target = d.device_id)
  OR EXISTS (SELECT 1 FROM device_links AS l WHERE l.tenant_id = d.tenant_id
    AND l.device_id = d.device_id AND l.relation = 'member-of')"""
_HAS_TYPE = """EXISTS (SELECT 1 FROM credentials AS c INDEXED BY credentials_by_type
    WHERE c.tenant_id = d.tenant_id AND c.type = ? AND c.device_id = d.device_id)"""
_EXPIRES = """EXISTS (SELECT 1 FROM credentials AS c INDEXED BY credentials_of_device
    WHERE c.tenant_id = d.tenant_id AND c.device_id = d.device_id AND c.expires_at < ?)"""

GATEWAY_IDS = """WITH RECURSIVE gateway(id) AS (
    SELECT min(target) FROM device_links WHERE tenant_id = ? AND relation = 'via'
    UNION ALL
    SELECT (SELECT min(target) FROM device_links
            WHERE tenant_id = ? AND relation = 'via' AND target > gateway.id)
    FROM gateway WHERE gateway.id IS NOT NULL
  )
  SELECT id FROM gateway WHERE id IS NOT NULL LIMIT ?"""
"""Steps from gateway to gateway, however many devices name each."""

_THEIR_ROWS = (
    ") AS l LEFT JOIN devices AS d ON d.tenant_id = l.tenant_id AND d.device_id = l.device_id"
)
"""One row for each entry found, even without a device: the limit is on entries."""
_ROWS_VIA = f"""SELECT d.row FROM (
    SELECT tenant_id, device_id FROM device_links
    WHERE tenant_id = ? AND relation = 'via' AND target = ?
    UNION
    SELECT l.tenant_id, l.device_id FROM device_links AS m
    CROSS JOIN device_links AS l ON l.tenant_id = m.tenant_id AND l.relation = 'via-group'
        AND l.target = m.target
    WHERE m.tenant_id = ? AND m.device_id = ? AND m.relation = 'member-of'
    LIMIT ?
  {_THEIR_ROWS}"""  # noqa: S608 - constant
_ROWS_OF_GATEWAYS = f"""SELECT d.row FROM (
    SELECT ? AS tenant_id, id AS device_id FROM ({GATEWAY_IDS})
    UNION
    SELECT tenant_id, device_id FROM device_links
    WHERE tenant_id = ? AND relation = 'member-of'
    LIMIT ?
  {_THEIR_ROWS}"""  # noqa: S608 - constant
_ROWS_EXPIRING = f"""SELECT d.row FROM (
    SELECT tenant_id, device_id FROM credentials INDEXED BY credentials_by_expiry
    WHERE tenant_id = ? AND expires_at IS NOT NULL AND expires_at < ? LIMIT ?
  {_THEIR_ROWS}"""  # noqa: S608 - constant
_ROWS_WITH_TYPE = f"""SELECT d.row FROM (
    SELECT tenant_id, device_id FROM credentials INDEXED BY credentials_by_type
    WHERE tenant_id = ? AND type = ? LIMIT ?
  {_THEIR_ROWS}"""  # noqa: S608 - constant


def device_keys(order: Order) -> Keys:
    """The columns that an order stands for."""
    if order.by is DeviceSort.ID:
        return Keys(("d.device_id",), (str,), order.descending)
    return Keys(("d.changed_at", "d.device_id"), (int, str), order.descending)


def device_listing(
    connection: sqlite3.Connection,
    tenant_id: str,
    query: DeviceQuery,
    order: Order,
    columns: str,
    *,
    total: int | None = None,
) -> Listing:
    """The devices of a query, ready to be paged or counted."""
    keys = device_keys(order)
    by_id = order.by is DeviceSort.ID
    member = sqlite_declared.member(connection, tenant_id, query.attributes) if by_id else None
    where = _where(tenant_id, query, member)
    rows = _candidates(connection, tenant_id, query, declared=member is None)
    if rows is not None:
        source = "json_each(?) AS hit CROSS JOIN devices AS d ON d.row = hit.value"
        return Listing(columns, source, where, keys, parameters=(json.dumps(rows),))
    if member is not None:
        index = member.name
    elif by_id:
        index = "devices_by_id" if query.enabled is None else "devices_by_state"
    else:
        index = "devices_by_change"
    return Listing(columns, f"devices AS d INDEXED BY {index}", where, keys, total=total)


def sorted_listing(
    connection: sqlite3.Connection,
    tenant_id: str,
    query: DeviceQuery,
    sort: AttributeSort,
    *,
    total: int,
) -> Listing:
    """Numbers of rows, to be sorted first by a member: along its index if that ends sooner."""
    if total > MAX_CANDIDATES and sqlite_declared.declared_order(connection, sort.path):
        same = [each for each in query.attributes if each.path == sort.path]
        where = _where(tenant_id, query, sqlite_declared.member(connection, tenant_id, same))
        source = f"devices AS d INDEXED BY {sqlite_declared.index_of(sort.path)}"
        return Listing("d.row", source, where, device_keys(Order()))
    return device_listing(connection, tenant_id, query, Order(), "d.row")


def _where(tenant_id: str, query: DeviceQuery, member: Member | None = None) -> Where:
    where = Where()
    where.add("d.tenant_id = ?", tenant_id)
    if query.enabled is not None:
        where.add("d.enabled = ?", query.enabled)
    _add_id_conditions(where, query)
    if query.via is not None:
        where.add(_CONNECTS_THROUGH, query.via, query.via)
    if query.is_gateway is not None:
        where.add(_IS_GATEWAY if query.is_gateway else f"NOT ({_IS_GATEWAY})")
    if query.credential_type is not None:
        where.add(_HAS_TYPE, query.credential_type)
    if query.expires_before is not None:
        where.add(_EXPIRES, to_micros(query.expires_before))
    for attribute in query.attributes:
        by_index = member is not None and member.attribute is attribute
        condition = member.condition if member and by_index else _attribute(attribute)
        where.add(condition.sql, *condition.parameters)
    return where


def _add_id_conditions(where: Where, query: DeviceQuery) -> None:
    if query.id_prefix:
        where.add("d.device_id >= ?", query.id_prefix)
        end = successor(query.id_prefix)
        if end is not None:
            where.add("d.device_id < ?", end)
    for part in query.id_contains:
        where.add(*search.contains("d.device_id", part))
    for pattern in query.id_patterns:
        condition = glob_condition("d.device_id", pattern)
        where.add(condition.sql, *condition.parameters)


def _attribute(attribute: AttributeFilter) -> Condition:
    if attribute.path == ("enabled",) and isinstance(attribute.value, bool):
        # A document that leaves it out is enabled (hono 2.4); the column knows.
        return Condition("d.enabled = ?", (attribute.value,))
    return attribute_condition("d.document", attribute)


def _candidates(
    connection: sqlite3.Connection, tenant_id: str, query: DeviceQuery, *, declared: bool
) -> list[int] | None:
    """Row numbers among which all that fit are, if some condition knows few enough.

    `declared` says whether to ask the declared indexes too.
    """
    for probe in _probes(connection, tenant_id, query, query.attributes if declared else ()):
        rows = probe()
        if rows is not None:
            return rows
    return None


def _probes(
    connection: sqlite3.Connection,
    tenant_id: str,
    query: DeviceQuery,
    attributes: Sequence[AttributeFilter],
) -> Iterator[Callable[[], list[int] | None]]:
    """For each condition with an index of its own, the way to ask it; None means too many."""
    limit = MAX_CANDIDATES + 1

    def ask(sql: str, *parameters: Parameter, limit: int = limit) -> Callable[[], list[int] | None]:
        def answer() -> list[int] | None:
            found = connection.execute(sql, (*parameters, limit)).fetchall()
            return None if len(found) == limit else list({row for (row,) in found if row})

        return answer

    if query.via is not None:
        yield ask(_ROWS_VIA, tenant_id, query.via, tenant_id, query.via)
    if query.is_gateway:
        yield ask(_ROWS_OF_GATEWAYS, tenant_id, tenant_id, tenant_id, limit, tenant_id)
    # A pattern with a beginning is walked from there; others are asked for their longest part.
    patterns = (longest_literal(each) for each in query.id_patterns if each.startswith(("*", "?")))
    parts = sorted({*query.id_contains, *patterns}, key=len, reverse=True)
    yield from (
        partial(search.rows_with, connection, tenant_id, part, limit=limit) for part in parts
    )
    for attribute in attributes:
        declared = sqlite_declared.probe(connection, tenant_id, attribute)
        if declared is not None:
            yield ask(declared.sql, *declared.parameters, limit=sqlite_declared.MAX_ROWS + 1)
    if query.expires_before is not None:
        yield ask(_ROWS_EXPIRING, tenant_id, to_micros(query.expires_before))
    if query.credential_type is not None:
        yield ask(_ROWS_WITH_TYPE, tenant_id, query.credential_type)
