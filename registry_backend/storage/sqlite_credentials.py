"""Credentials in SQLite: one row each, the set's version with the device."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.query import Count, Page, PageRequest
from registry_backend.domain.timestamps import to_micros
from registry_backend.storage.paging import Keys, Listing, Row, Where, fetch_page
from registry_backend.storage.rows import document_text, restore
from registry_backend.storage.sqlite_base import Rows, micros, moment

_BY_AUTH_ID = Keys(("auth_id", "type"), (str, str))
_BY_EXPIRY = Keys(("expires_at", "auth_id", "type"), (int, str, str))
INSERT_CREDENTIAL = """INSERT INTO credentials
    (tenant_id, device_id, position, type, auth_id, enabled, expires_at, document)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


class CredentialReads(Rows):
    """The credentials part of a snapshot."""

    def get_credentials(self, tenant_id: str, device_id: str) -> CredentialSet | None:
        """The set of a device, empty if it has none; None when there is no such device."""
        return self.get_many_credentials(tenant_id, [device_id]).get(device_id)

    def get_many_credentials(
        self, tenant_id: str, device_ids: Sequence[str]
    ) -> dict[str, CredentialSet]:
        """The sets of several devices by device id."""
        rows = self._all(
            """SELECT d.device_id, d.credentials_version, d.credentials_revision, c.document
            FROM json_each(?) AS wanted
            CROSS JOIN devices AS d ON d.tenant_id = ? AND d.device_id = wanted.value
            LEFT JOIN credentials AS c ON c.tenant_id = d.tenant_id AND c.device_id = d.device_id
            ORDER BY wanted.id, c.position""",
            *(json.dumps(list(dict.fromkeys(device_ids))), tenant_id),
        )
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(row)
        return {
            device_id: _credential_set(tenant_id, device_id, group)
            for device_id, group in found.items()
        }

    def owner_of(self, tenant_id: str, credential_type: str, auth_id: str) -> str | None:
        """Which device holds that (type, auth-id)."""
        row = self._one(
            "SELECT device_id FROM credentials WHERE tenant_id = ? AND auth_id = ? AND type = ?",
            *(tenant_id, auth_id, credential_type),
        )
        return str(row[0]) if row else None

    def page_credentials(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """A tenant's credentials: those that end before a time ordered by it, or all by auth-id."""
        where = Where()
        where.add("tenant_id = ?", tenant_id)
        if expires_before is None:
            keys, total = _BY_AUTH_ID, self.count_credentials(tenant_id).value
        else:
            keys, total = _BY_EXPIRY, None
            where.add("expires_at IS NOT NULL AND expires_at < ?", to_micros(expires_before))
        columns = "expires_at, auth_id, type, device_id, enabled"
        listing = Listing(columns, "credentials", where, keys, total=total)
        rows, more = fetch_page(self._connection, listing, request)
        first = 3 - len(keys.columns)
        cursors = [keys.cursor(row[first:3]) for row in rows]
        return Page([_credential_row(tenant_id, row) for row in rows], cursors, more)

    def count_credentials(self, tenant_id: str) -> Count:
        """How many credential objects a tenant has; O(1)."""
        kept = self._one("SELECT credentials FROM counts WHERE tenant_id = ?", tenant_id)
        return Count(kept[0] if kept else 0)


class CredentialWrites(CredentialReads):
    """The credentials part of a transaction."""

    def put_credentials(self, credentials: CredentialSet, *, expected: str) -> bool:
        """Replace a set, and count the device's revision on.

        Raises AlreadyExists naming the (type, auth-id) another device owns.
        """
        tenant_id, device_id = credentials.tenant_id, credentials.device_id
        rows = credential_rows(tenant_id, device_id, credentials.credentials)
        with self._all_or_nothing():
            written = self._changed(
                """UPDATE devices SET credentials_version = ?, credentials_revision = ?,
                revision = revision + 1
                WHERE tenant_id = ? AND device_id = ? AND credentials_version = ?""",
                *(credentials.version, credentials.revision, tenant_id, device_id, expected),
            )
            if not written:
                return False
            removed = self._remove_credentials(tenant_id, device_id)
            for credential in credentials.credentials:
                owner = self.owner_of(tenant_id, credential.type, credential.auth_id)
                if owner is not None:
                    raise taken(credential.type, credential.auth_id, owner)
            self._insert_credentials(rows)
            self._count(tenant_id, credentials=len(rows) - removed)
        return True

    def _remove_credentials(self, tenant_id: str, device_id: str) -> int:
        """Remove a device's credentials without counting; how many there were."""
        return self._changed(
            "DELETE FROM credentials WHERE tenant_id = ? AND device_id = ?", tenant_id, device_id
        )

    def _insert_credentials(self, rows: Sequence[Row]) -> None:
        """Insert rows of `credential_rows` that take no other row's (type, auth-id)."""
        self._connection.executemany(INSERT_CREDENTIAL, rows)


def credential_rows(tenant_id: str, device_id: str, credentials: Sequence[Credential]) -> list[Row]:
    """What is bound for each credential of a set.

    Raises:
        AlreadyExists: when the set itself names a (type, auth-id) twice.
    """
    if len(credentials) > 1:
        _refuse_pair_given_twice(device_id, credentials)
    return [
        (
            tenant_id,
            device_id,
            position,
            credential.type,
            credential.auth_id,
            credential.enabled,
            _whole_seconds(credential.expires_at),
            document_text(credential),
        )
        for position, credential in enumerate(credentials)
    ]


def _whole_seconds(end: datetime | None) -> int | None:
    """As exact as the document, which has no fractions (hono 2.6)."""
    return None if end is None else micros(end.replace(microsecond=0))


def _refuse_pair_given_twice(device_id: str, credentials: Sequence[Credential]) -> None:
    pairs = [(credential.type, credential.auth_id) for credential in credentials]
    if len(set(pairs)) < len(pairs):
        raise taken(*next(pair for pair in pairs if pairs.count(pair) > 1), device_id)


def taken(credential_type: str, auth_id: str, owner: str) -> AlreadyExists:
    """What to say when a (type, auth-id) is in use."""
    return AlreadyExists(
        f"A credential of type {credential_type!r} with auth-id {auth_id!r} exists already: "
        f"it belongs to device {owner!r}.",
        hint="Use another auth-id, or remove that credential first.",
    )


def _credential_set(tenant_id: str, device_id: str, rows: Sequence[Row]) -> CredentialSet:
    what = f"a credential of device {device_id!r} in tenant {tenant_id!r}"
    return CredentialSet(
        tenant_id=tenant_id,
        device_id=device_id,
        credentials=tuple(
            restore(Credential, document, what=what) for *_, document in rows if document
        ),
        version=rows[0][1],
        revision=rows[0][2],
    )


def _credential_row(tenant_id: str, row: Row) -> CredentialRow:
    expires_at, auth_id, credential_type, device_id, enabled = row
    return CredentialRow(
        tenant_id=tenant_id,
        device_id=device_id,
        type=credential_type,
        auth_id=auth_id,
        enabled=bool(enabled),
        expires_at=moment(expires_at),
    )
