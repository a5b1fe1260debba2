"""Tenants in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.query import (
    AttributeSort,
    Count,
    Found,
    Page,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import from_micros, to_micros
from registry_backend.storage.paging import Keys, Listing, Row, Where, fetch_page
from registry_backend.storage.rows import document_text, restore
from registry_backend.storage.search import contains
from registry_backend.storage.sqlite_attributes import attribute_condition, glob_condition
from registry_backend.storage.sqlite_base import Rows, micros, moment
from registry_backend.storage.sqlite_sorting import TENANT_COLUMNS, sort_order

_COLUMNS = "tenant_id, version, created_at, updated_at, document"
_KEYS = Keys(("tenant_id",), (str,))


class TenantReads(Rows):
    """The tenant part of a snapshot."""

    def get_tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant of that id, or None."""
        row = self._one(f"SELECT {_COLUMNS} FROM tenants WHERE tenant_id = ?", tenant_id)  # noqa: S608 - constant
        return _tenant(row) if row else None

    def has_tenant(self, tenant_id: str) -> bool:
        """Whether there is a tenant of that id; reads no document."""
        return self._one("SELECT 1 FROM tenants WHERE tenant_id = ?", tenant_id) is not None

    def tenant_without_case(self, name: str) -> str | None:
        """The id of the only tenant that is that name but for the case of a-z; else None."""
        found = self._all(
            "SELECT tenant_id FROM tenants WHERE tenant_id = ? COLLATE NOCASE LIMIT 2", name
        )
        return str(found[0][0]) if len(found) == 1 else None

    def page_tenants(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """A stretch of the tenants ordered by id."""
        rows, more = fetch_page(
            self._connection, Listing(_COLUMNS, "tenants", _where(query), _KEYS), request
        )
        return Page([_tenant(row) for row in rows], [_KEYS.cursor(row[:1]) for row in rows], more)

    def search_tenants(
        self, query: TenantQuery, sorts: Sequence[AttributeSort], *, skip: int, limit: int
    ) -> Found[Tenant]:
        """A stretch of the tenants in any order, ties by id, and how many the query has."""
        total = self.count_tenants(query).value
        if skip >= total:
            return Found([], total)
        where, by = _where(query), sort_order(sorts, TENANT_COLUMNS, document="document")
        rows = self._all(
            f"""SELECT {_COLUMNS} FROM tenants {where.sql()}
            ORDER BY {by.sql} LIMIT ? OFFSET ?""",  # noqa: S608 - bound
            *(*where.parameters, *by.parameters, limit, skip),
        )
        return Found([_tenant(row) for row in rows], total)

    def count_tenants(self, query: TenantQuery) -> Count:
        """How many tenants the query has."""
        where = _where(query)
        row = self._one(f"SELECT count(*) FROM tenants {where.sql()}", *where.parameters)  # noqa: S608 - bound
        return Count(row[0] if row else 0)

    def tenant_of_trust_anchor(self, subject_dn: str, *, other_than: str) -> Tenant | None:
        """Some other tenant with a trust anchor of that subject."""
        row = self._one(
            "SELECT tenant_id FROM trust_anchors WHERE subject_dn = ? AND tenant_id <> ? LIMIT 1",
            *(subject_dn, other_than),
        )
        return self.get_tenant(row[0]) if row else None

    def tenant_of_alias(self, alias: str, *, other_than: str) -> Tenant | None:
        """Some other tenant with that alias."""
        row = self._one(
            "SELECT tenant_id FROM tenants WHERE alias = ? AND tenant_id <> ? LIMIT 1",
            *(alias, other_than),
        )
        return self.get_tenant(row[0]) if row else None


class TenantWrites(TenantReads):
    """The tenant part of a transaction."""

    def insert_tenant(self, tenant: Tenant) -> None:
        """Raises AlreadyExists."""
        try:
            self._changed(
                "INSERT INTO tenants VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(tenant.tenant_id, tenant.attributes.alias, tenant.enabled, tenant.version),
                *(to_micros(tenant.created_at), micros(tenant.updated_at)),
                document_text(tenant.attributes),
            )
        except sqlite3.IntegrityError:
            raise AlreadyExists(f"The tenant {tenant.tenant_id!r} exists already.") from None
        self._put_trust_anchors(tenant)

    def update_tenant(self, tenant: Tenant, *, expected: str) -> bool:
        """Replace a tenant."""
        written = self._changed(
            """UPDATE tenants SET alias = ?, enabled = ?, version = ?, created_at = ?,
            updated_at = ?, document = ? WHERE tenant_id = ? AND version = ?""",
            *(tenant.attributes.alias, tenant.enabled, tenant.version),
            *(to_micros(tenant.created_at), micros(tenant.updated_at)),
            *(document_text(tenant.attributes), tenant.tenant_id, expected),
        )
        if written:
            self._changed("DELETE FROM trust_anchors WHERE tenant_id = ?", tenant.tenant_id)
            self._put_trust_anchors(tenant)
        return bool(written)

    def delete_tenant(self, tenant_id: str, *, expected: str) -> bool:
        """Remove a tenant; its devices stay."""
        deleted = self._changed(
            "DELETE FROM tenants WHERE tenant_id = ? AND version = ?", tenant_id, expected
        )
        if deleted:
            self._changed("DELETE FROM trust_anchors WHERE tenant_id = ?", tenant_id)
        return bool(deleted)

    def _put_trust_anchors(self, tenant: Tenant) -> None:
        subjects = {anchor.subject_dn for anchor in tenant.attributes.trusted_ca}
        self._connection.executemany(
            "INSERT INTO trust_anchors VALUES (?, ?)",
            [(subject, tenant.tenant_id) for subject in subjects if subject is not None],
        )


def _where(query: TenantQuery) -> Where:
    where = Where()
    for part in query.id_contains:
        where.add(*contains("tenant_id", part))
    if query.enabled is not None:
        where.add("enabled = ?", query.enabled)
    for pattern in query.id_patterns:
        condition = glob_condition("tenant_id", pattern)
        where.add(condition.sql, *condition.parameters)
    for attribute in query.attributes:
        if attribute.path == ("enabled",) and isinstance(attribute.value, bool):
            # A document that leaves it out is enabled (hono 2.2); the column knows.
            where.add("enabled = ?", attribute.value)
        else:
            condition = attribute_condition("document", attribute)
            where.add(condition.sql, *condition.parameters)
    return where


def _tenant(row: Row) -> Tenant:
    tenant_id, version, created_at, updated_at, document = row
    return Tenant(
        tenant_id=tenant_id,
        attributes=restore(TenantAttributes, document, what=f"tenant {tenant_id!r}"),
        version=version,
        created_at=from_micros(created_at),
        updated_at=moment(updated_at),
    )
