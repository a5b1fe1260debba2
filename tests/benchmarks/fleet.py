"""Registries to measure on: the sample fleet, and the same fleet many times over."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from registry_backend.open import open_registry
from registry_backend.sample import build_sample, load_sample
from registry_backend.storage.search import index_rows
from registry_backend.storage.sqlite_open import connect_writer

TENANT = "harbour-lights"
"""The tenant that has all devices."""
BASE_DEVICES = 1000
_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_SITES = ("lock-gate", "pier-1", "pier-2", "pier-3", "quay-east", "quay-west")

_NUMBERS = """WITH RECURSIVE copies(copy) AS
    (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < :last)"""
_ID = """substr(o.device_id, 1, length(o.device_id) - 4)
    || printf('%07d', copy * 1000 + CAST(substr(o.device_id, -4) AS INTEGER))"""

_CLONE_DEVICES = f"""{_NUMBERS}
    INSERT INTO devices (tenant_id, device_id, enabled, version, revision, generation_id,
        created_at, updated_at, changed_at, status_updated_at, credentials_version,
        credentials_revision, document)
    SELECT tenant_id, {_ID}, enabled, version, revision, generation_id, created_at, updated_at,
        changed_at, status_updated_at, credentials_version, credentials_revision, document
    FROM (SELECT * FROM devices ORDER BY device_id) AS o CROSS JOIN copies
    ORDER BY substr(device_id, 1, length(device_id) - 4), copy, device_id"""  # noqa: S608 - constant
_CLONE_LINKS = f"""{_NUMBERS}
    INSERT INTO device_links (tenant_id, relation, target, device_id)
    SELECT tenant_id, relation, target, {_ID} FROM device_links AS o CROSS JOIN copies
    ORDER BY 1, 2, 3, 4"""  # noqa: S608 - constant
_CLONE_CREDENTIALS = f"""{_NUMBERS}
    INSERT INTO credentials (tenant_id, device_id, position, type, auth_id, enabled, expires_at,
        document)
    SELECT tenant_id, {_ID}, position, type, auth_id || '-' || copy, enabled, expires_at,
        json_set(document, '$."auth-id"', auth_id || '-' || copy)
    FROM (SELECT * FROM credentials ORDER BY auth_id) AS o CROSS JOIN copies
    ORDER BY auth_id || '-' || copy"""  # noqa: S608 - constant
_CLONE_COUNTS = """UPDATE counts SET devices = devices * (1 + :last),
    enabled = enabled * (1 + :last), credentials = credentials * (1 + :last)"""


def build_base(path: Path, *, devices: int = BASE_DEVICES) -> None:
    """A registry with the sample fleet of one tenant, all of its ids searchable."""
    asyncio.run(_load(path, devices))
    _index(path)


def multiply(base: Path, path: Path, *, devices: int) -> None:
    """A registry with the devices of `base` and copies of them under new ids.

    Args:
        base: A registry of `build_base`.
        path: The file to make.
        devices: A multiple of `BASE_DEVICES`.
    """
    shutil.copyfile(base, path)
    bound = {"last": devices // BASE_DEVICES - 1}
    with closing(connect_writer(path)) as connection:
        connection.execute("BEGIN")
        if bound["last"]:
            for statement in (_CLONE_DEVICES, _CLONE_LINKS, _CLONE_CREDENTIALS, _CLONE_COUNTS):
                connection.execute(statement, bound)
        connection.execute("COMMIT")
    _index(path)


def import_lines(devices: int) -> Iterator[str]:
    """Lines of a `devices.txt` in key order: two keys each, every 25th disabled with a reason."""
    each = -(-devices // len(_SITES))
    for number in range(devices):
        device_id = f"hl-{_SITES[number // each]}-lamp-{number:07d}"
        digest = hashlib.blake2b(device_id.encode(), digest_size=64).digest()
        primary, secondary = (b64encode(half).decode() for half in (digest[:32], digest[32:]))
        status = (
            '"status":"disabled","statusReason":"spare in store"'
            if number % 25 == 24
            else '"status":"enabled"'
        )
        yield (
            f'{{"id":"{device_id}",{status},"authentication":{{"symmetricKey":'
            f'{{"primaryKey":"{primary}","secondaryKey":"{secondary}"}}}}}}\n'
        )


def write_import(path: Path, *, devices: int) -> None:
    """Write `import_lines` to a file."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(import_lines(devices))


async def _load(path: Path, devices: int) -> None:
    registry = await open_registry(path)
    try:
        await load_sample(registry.store, build_sample(_NOW, devices=devices, only=TENANT))
    finally:
        await registry.close()


def _index(path: Path) -> None:
    """Fill the search index, as the registry does when nobody writes."""
    with closing(connect_writer(path)) as connection:
        more = True
        while more:
            connection.execute("BEGIN IMMEDIATE")
            more = index_rows(connection, limit=100_000)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def open_plain(path: Path) -> sqlite3.Connection:
    """A reading connection that knows nothing of the product."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
