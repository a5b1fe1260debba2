"""Opening a registry's file: refused when it is not ours, and then left byte for byte as it was."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from registry_backend.domain.errors import Denied, Fault, RegistryError, Unreachable, Unsupported
from registry_backend.storage.migrations import (
    APPLICATION_ID,
    MIGRATIONS,
    Migration,
    check_version,
    schema_version,
    upgrade,
)
from registry_backend.storage.sqlite_errors import translated

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_OLDEST_SQLITE = (3, 37, 0)
BUSY_SECONDS = 5.0
"""How long another process may hold the file before a caller is told."""


def prepare(path: Path, *, read_only: bool, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make sure that `path` is a registry of this release: create it, check it or upgrade it.

    Raises:
        Unreachable: no file, no permission, an empty file opened read-only, or a file of another
            program or a newer release.
        Denied: the file may be read but not written, or an older file is opened read-only.
        Fault: the file is damaged or the disk is full.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise Unsupported(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 is needed.")
    try:
        if not read_only:
            _create_if_missing(path)
        header = _check_header(path, migrations)
    except OSError as error:
        raise _cannot_open(path, error) from None
    with translated(path):
        if read_only and not header:
            raise _empty(path)
        if read_only:
            _check_readable(path, migrations)
        else:
            _check_writable(path, migrations, is_new=not header)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection with our settings, for use on one thread at a time."""
    mode = "ro" if read_only else "rw"
    if read_only and _folder_is_closed(path):
        mode = "ro&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def connect_writer(path: Path) -> sqlite3.Connection:
    """The connection of the one writer: durable commits, and short waits that it repeats itself."""
    connection = connect(path, read_only=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA busy_timeout = 2")
    return connection


def _create_if_missing(path: Path) -> None:
    if path.exists():
        return
    for folder in reversed([path.parent, *path.parent.parents]):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        # Another process was quicker; its file is as good as ours.
        return


def _check_header(path: Path, migrations: Sequence[Migration]) -> bytes:
    """The first bytes of a file of ours; empty for a new one."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header:
        return header
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise _foreign(path, "it is not an SQLite database")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise _foreign(path, "it is the database of another program")
    check_version(int.from_bytes(header[60:64], "big"), path, migrations)
    _check_length(path, header)
    return header


def _check_length(path: Path, header: bytes) -> None:
    """A file shorter than its header says has lost pages, unless a log beside it has them."""
    if any(_size_beside(path, suffix) for suffix in ("-wal", "-journal")):
        return
    page_size = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    expected = pages * (65536 if page_size == 1 else page_size)
    if path.stat().st_size < expected:
        raise Fault(
            f"The registry {path} is damaged: it is cut off after {path.stat().st_size:,} of "
            f"{expected:,} bytes. It was left as it is.",
            hint="Restore it from a backup.",
        )


def _check_readable(path: Path, migrations: Sequence[Migration]) -> None:
    connection = connect(path, read_only=True)
    try:
        version = schema_version(connection)
        check_version(version, path, migrations)
        if version < len(migrations):
            raise Denied(
                f"The registry {path} has schema version {version} and must be upgraded to "
                f"{len(migrations)} before it can be read.",
                hint="Open it once for writing, as the console does when it is not told to only "
                "read: a backup is made first.",
            )
    finally:
        connection.close()


def _check_writable(path: Path, migrations: Sequence[Migration], *, is_new: bool) -> None:
    if not os.access(path, os.W_OK):
        raise Denied(
            f"The registry {path} may be read but not written.",
            hint="Change its permissions, or open it with --read-only.",
        )
    connection = connect(path, read_only=False)
    try:
        if is_new or schema_version(connection) != len(migrations):
            # The schema goes into the file itself before a log exists: from the first byte on
            # its header tells whose file it is.
            upgrade(connection, path, migrations)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _use_write_ahead_log(connection)
    finally:
        connection.close()


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Remembered by the file. SQLite does not wait for other processes here, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _folder_is_closed(path: Path) -> bool:
    """Whether no log exists and none can be made, so that nobody can be writing."""
    has_log = path.with_name(path.name + "-wal").exists()
    return not has_log and not os.access(path.parent, os.W_OK)


def _size_beside(path: Path, suffix: str) -> int:
    try:
        return path.with_name(path.name + suffix).stat().st_size
    except FileNotFoundError:
        return 0


def _foreign(path: Path, why: str) -> RegistryError:
    return Unreachable(
        f"{path} is not a registry file: {why}. It was left as it is.",
        layer="file",
        hint="Name another file.",
    )


def _empty(path: Path) -> RegistryError:
    return Unreachable(
        f"{path} is empty, not a registry yet.",
        layer="file",
        hint="Open the console on it, or import into it, to make it one; or name another file.",
    )


def _cannot_open(path: Path, error: OSError) -> RegistryError:
    if isinstance(error, FileNotFoundError):
        return Unreachable(f"There is no registry at {path}.", layer="file", hint="Check the path.")
    if isinstance(error, IsADirectoryError | NotADirectoryError | FileExistsError):
        hint = "Name a file in a folder."
        return Unreachable(f"{path} is no file: {error.strerror}.", layer="file", hint=hint)
    if isinstance(error, PermissionError):
        return Unreachable(
            f"This user may not open {path}: {error.strerror}.",
            layer="permission",
            hint="Check the permissions of the file and of its folders.",
        )
    return Unreachable(f"{path} cannot be opened: {error.strerror}.", layer="file")
