"""The schema of the SQLite store as an ordered list of steps, and the way from any to the last.

A step is never edited once released: a change of schema is a new step at the end.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from registry_backend.domain.errors import Unreachable

APPLICATION_ID = 0x69644353
"""`idCS`: tells our files from other programs' SQLite files."""

Migration = Sequence[str]
"""SQL statements that lead from one version to the next."""

MIGRATIONS: Sequence[Migration] = (
    (
        """CREATE TABLE tenants (
            tenant_id TEXT PRIMARY KEY,
            alias TEXT,
            enabled INTEGER NOT NULL,
            version TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER,
            document TEXT NOT NULL
        )""",
        "CREATE INDEX tenants_by_alias ON tenants (alias) WHERE alias IS NOT NULL",
        """CREATE TABLE trust_anchors (
            subject_dn TEXT NOT NULL,
            tenant_id TEXT NOT NULL,
            PRIMARY KEY (subject_dn, tenant_id)
        ) WITHOUT ROWID""",
        "CREATE INDEX trust_anchors_of_tenant ON trust_anchors (tenant_id)",
        """CREATE TABLE devices (
            row INTEGER PRIMARY KEY AUTOINCREMENT,
            tenant_id TEXT NOT NULL,
            device_id TEXT NOT NULL,
            enabled INTEGER NOT NULL,
            version TEXT NOT NULL,
            revision INTEGER NOT NULL,
            generation_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER,
            changed_at INTEGER NOT NULL,
            status_updated_at INTEGER,
            credentials_version TEXT NOT NULL,
            credentials_revision INTEGER NOT NULL,
            document TEXT NOT NULL
        )""",
        "CREATE UNIQUE INDEX devices_by_id ON devices (tenant_id, device_id)",
        "CREATE INDEX devices_by_state ON devices (tenant_id, enabled, device_id)",
        "CREATE INDEX devices_by_change ON devices (tenant_id, changed_at, device_id)",
        """CREATE TABLE device_links (
            tenant_id TEXT NOT NULL,
            relation TEXT NOT NULL,
            target TEXT NOT NULL,
            device_id TEXT NOT NULL,
            PRIMARY KEY (tenant_id, relation, target, device_id)
        ) WITHOUT ROWID""",
        "CREATE INDEX device_links_of_device ON device_links (tenant_id, device_id, relation)",
        """CREATE TABLE credentials (
            row INTEGER PRIMARY KEY,
            tenant_id TEXT NOT NULL,
            device_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            type TEXT NOT NULL,
            auth_id TEXT NOT NULL,
            enabled INTEGER NOT NULL,
            expires_at INTEGER,
            document TEXT NOT NULL
        )""",
        # Led by the auth-id, not by the type: the same index then serves the list by auth-id.
        "CREATE UNIQUE INDEX credentials_by_auth_id ON credentials (tenant_id, auth_id, type)",
        "CREATE INDEX credentials_of_device ON credentials (tenant_id, device_id)",
        "CREATE INDEX credentials_by_type ON credentials (tenant_id, type, device_id)",
        """CREATE INDEX credentials_by_expiry ON credentials (tenant_id, expires_at, auth_id, type)
            WHERE expires_at IS NOT NULL""",
        """CREATE TABLE counts (
            tenant_id TEXT PRIMARY KEY,
            devices INTEGER NOT NULL,
            enabled INTEGER NOT NULL,
            credentials INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE jobs (
            job_id TEXT PRIMARY KEY,
            tenant_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            document TEXT NOT NULL
        )""",
        "CREATE INDEX jobs_by_age ON jobs (created_at, job_id)",
        "CREATE INDEX jobs_of_tenant ON jobs (tenant_id, created_at, job_id)",
        """CREATE TABLE journal (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            resource TEXT NOT NULL,
            tenant_id TEXT NOT NULL,
            resource_id TEXT NOT NULL,
            before TEXT,
            after TEXT
        )""",
        "CREATE INDEX journal_of_tenant ON journal (tenant_id)",
        "CREATE INDEX journal_of_resource ON journal (tenant_id, resource_id)",
        # What was last written where, so that other processes on this file can refresh.
        """CREATE TABLE touched (
            resource TEXT NOT NULL,
            tenant_id TEXT NOT NULL,
            action TEXT NOT NULL,
            stamp INTEGER NOT NULL,
            PRIMARY KEY (resource, tenant_id)
        ) WITHOUT ROWID""",
        "CREATE INDEX touched_by_stamp ON touched (stamp)",
        """CREATE VIRTUAL TABLE device_search
            USING fts5 (device_id, content='', detail=none, columnsize=0, tokenize='trigram')""",
        "CREATE TABLE search_progress (indexed_up_to INTEGER NOT NULL)",
        "INSERT INTO search_progress VALUES (0)",
    ),
    (
        """CREATE TABLE modules (
            tenant_id TEXT NOT NULL,
            device_id TEXT NOT NULL,
            module_id TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, module_id)
        ) WITHOUT ROWID""",
        """CREATE TRIGGER modules_go_with_devices AFTER DELETE ON devices BEGIN
            DELETE FROM modules
            WHERE tenant_id = old.tenant_id AND device_id = old.device_id;
        END""",
        """CREATE TABLE policies (
            name TEXT COLLATE NOCASE PRIMARY KEY,
            document TEXT NOT NULL
        ) WITHOUT ROWID""",
    ),
)


def schema_version(connection: sqlite3.Connection) -> int:
    """How many steps a file has been through; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(version: int, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Refuse a file that a later release wrote.

    Raises:
        Unreachable: naming both versions.
    """
    if version > len(migrations):
        raise Unreachable(
            f"The registry {path} has schema version {version}; this release knows versions "
            f"up to {len(migrations)}. It was left as it is.",
            layer="file",
            hint="Use the newer release that wrote it.",
        )


def upgrade(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring a file to the last version in one transaction, after a backup if it holds anything.

    Raises:
        Unreachable: when the file is newer than this release.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read under the lock: another process may have upgraded the file meanwhile.
        version = schema_version(connection)
        check_version(version, path, migrations)
        if 0 < version < len(migrations):
            back_up(path, version)
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def back_up(path: Path, version: int) -> Path:
    """Copy a file's committed state to `NAME.vVERSION.bak` beside it, readable by its owner."""
    backup = path.with_name(f"{path.name}.v{version}.bak")
    partial = backup.with_name(backup.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    target = sqlite3.connect(partial)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
    partial.replace(backup)
    return backup
