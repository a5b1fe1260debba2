"""What the product is held against: the same work on the same tables, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from registry_backend.domain.identifiers import generate_id
from registry_backend.storage.sqlite_open import connect_writer

LINES_A_TRANSACTION = 10_000
PAGE = 2000
_TICKS = 638_000_000_000_000_000

INSERT_DEVICE = """INSERT INTO devices (tenant_id, device_id, enabled, version, revision,
    generation_id, created_at, updated_at, changed_at, status_updated_at, credentials_version,
    credentials_revision, document) VALUES (?, ?, ?, ?, 0, ?, ?, NULL, ?, NULL, ?, 0, ?)"""
INSERT_CREDENTIAL = """INSERT INTO credentials (tenant_id, device_id, position, type, auth_id,
    enabled, expires_at, document) VALUES (?, ?, 0, 'psk', ?, 1, NULL, ?)"""
INSERT_JOURNAL = """INSERT INTO journal (at, actor, action, resource, tenant_id, resource_id,
    before, after) VALUES (?, 'import', 'created', 'device', ?, ?, NULL, NULL)"""
PAGE_OF_DEVICES = """SELECT device_id, enabled, revision, document FROM devices
    WHERE tenant_id = ? AND device_id > ? ORDER BY device_id LIMIT ?"""
CREDENTIALS_OF_PAGE = """SELECT device_id, document FROM credentials
    WHERE tenant_id = ? AND device_id > ? AND device_id <= ? ORDER BY device_id, position"""


class _Keys(BaseModel):
    primaryKey: str  # noqa: N815 - the line's own spelling
    secondaryKey: str  # noqa: N815 - as above


class _Authentication(BaseModel):
    symmetricKey: _Keys  # noqa: N815 - as above


class _Line(BaseModel):
    id: str
    status: Literal["enabled", "disabled"]
    statusReason: str | None = None  # noqa: N815 - as above
    authentication: _Authentication


def parse_and_insert(data: Path, lines: BinaryIO, tenant_id: str) -> int:
    """Parse each line by pydantic-core and insert its rows in key order; how many lines.

    Args:
        data: A registry that holds the tenant and no device.
        lines: The file, or a blob on its way here.
        tenant_id: Whose devices they become.
    """
    count = 0
    with closing(connect_writer(data)) as connection:
        while batch := list(islice(lines, LINES_A_TRANSACTION)):
            _insert(connection, tenant_id, batch, count)
            count += len(batch)
    return count


def _insert(connection: sqlite3.Connection, tenant_id: str, batch: list[bytes], at: int) -> None:
    parsed = [_Line.model_validate_json(line) for line in batch]
    devices, credentials, journal = [], [], []
    for number, line in enumerate(parsed, start=at + 1):
        enabled, version = line.status == "enabled", generate_id()
        members: dict[str, object] = {"enabled": enabled}
        if line.statusReason:
            members["status-reason"] = line.statusReason
        keys = line.authentication.symmetricKey
        secrets = [{"id": generate_id(), "key": key} for _, key in keys]
        credential = {"type": "psk", "auth-id": line.id, "secrets": secrets}
        place = (tenant_id, line.id)
        generation, document = str(_TICKS + number), to_json(members).decode()
        devices.append((*place, enabled, version, generation, at, at, version, document))
        credentials.append((*place, line.id, to_json(credential).decode()))
        journal.append((at, *place))
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT_DEVICE, devices)
    connection.executemany(INSERT_CREDENTIAL, credentials)
    connection.executemany(INSERT_JOURNAL, journal)
    added = (tenant_id, len(devices), sum(row[2] for row in devices), len(credentials))
    connection.execute(
        """INSERT INTO counts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        devices = devices + excluded.devices, enabled = enabled + excluded.enabled,
        credentials = credentials + excluded.credentials""",
        added,
    )
    connection.execute("COMMIT")


def read_and_write(connection: sqlite3.Connection, target: BinaryIO, tenant_id: str) -> int:
    """Read the devices by key pages and write a line each; how many lines.

    Knows devices with two symmetric keys and no others.
    """
    count = 0
    for page, keys in _pages(connection, tenant_id):
        target.writelines(_line(*row, keys[row[0]]) for row in page)
        count += len(page)
    return count


def _pages(
    connection: sqlite3.Connection, tenant_id: str
) -> Iterator[tuple[list[tuple[str, int, int, str]], dict[str, str]]]:
    after = ""
    while page := connection.execute(PAGE_OF_DEVICES, (tenant_id, after, PAGE)).fetchall():
        last = page[-1][0]
        yield page, dict(connection.execute(CREDENTIALS_OF_PAGE, (tenant_id, after, last)))
        after = last


def _line(device_id: str, enabled: int, revision: int, document: str, credential: str) -> bytes:
    members = from_json(document)
    primary, secondary = (secret["key"] for secret in from_json(credential)["secrets"])
    line: dict[str, object] = {
        "id": device_id,
        "eTag": "MA==" if revision == 0 else str(revision),
        "status": "enabled" if enabled else "disabled",
    }
    if reason := members.get("status-reason"):
        line["statusReason"] = reason
    keys = {"primaryKey": primary, "secondaryKey": secondary}
    line["authentication"] = {"symmetricKey": keys}
    return to_json(line) + b"\n"


def write_once(
    connection: sqlite3.Connection, tenant_id: str, device_id: str, *, version: str, at: int
) -> None:
    """One durable change of a device with its journal line: one transaction, no more."""
    connection.execute("BEGIN IMMEDIATE")
    current, document = connection.execute(
        "SELECT version, document FROM devices WHERE tenant_id = ? AND device_id = ?",
        (tenant_id, device_id),
    ).fetchone()
    connection.execute(
        """UPDATE devices SET version = ?, revision = revision + 1, updated_at = ?, changed_at = ?
        WHERE tenant_id = ? AND device_id = ? AND version = ?""",
        (version, at, at, tenant_id, device_id, current),
    )
    connection.execute(
        """INSERT INTO journal (at, actor, action, resource, tenant_id, resource_id, before, after)
        VALUES (?, 'bench', 'updated', 'device', ?, ?, ?, ?)""",
        (at, tenant_id, device_id, document, document),
    )
    connection.execute("COMMIT")
