"""SQLite's errors as the domain's: translated here and nowhere else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from registry_backend.domain.document import not_unicode
from registry_backend.domain.errors import Denied, Fault, RegistryError, Unreachable


class translated:  # noqa: N801 - used as the function it would otherwise be
    """Run SQL on the file at `path`; what SQLite refuses is raised as a RegistryError.

    A class because every read and write goes through it: a generator would take three times as
    long as both of its methods.
    """

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if isinstance(error, sqlite3.Error):
            raise translate(error, self._path) from error
        if isinstance(error, UnicodeEncodeError):
            raise not_unicode() from None


def translate(error: sqlite3.Error, path: Path) -> Exception:
    """What a person can be told; misuse of the library comes back as it is, being a bug."""
    code = getattr(error, "sqlite_errorcode", None)
    return error if code is None else _explain(code, error, path)


def _explain(code: int, error: sqlite3.Error, path: Path) -> RegistryError:
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return Fault(
            f"The disk that holds {path} is full, so nothing was saved.",
            hint="Free some space and try again; what was saved before is unharmed.",
        )
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return Denied(
            f"The registry {path} cannot be written: the file or its folder is read-only.",
            hint="Change its permissions, or open it with --read-only.",
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unreachable(
            f"Another process has kept the registry {path} locked for too long.",
            layer="file",
            hint="Wait until it is done, or end it, then try again.",
        )
    if primary == sqlite3.SQLITE_CANTOPEN:
        return Unreachable(
            f"The registry {path} cannot be opened.",
            layer="permission" if path.exists() else "file",
            hint="Check that the file and its folder exist and may be read and written.",
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Fault(
            f"The registry {path} is damaged: {error}.",
            hint="Restore it from a backup; nothing further was written to it.",
        )
    if primary == sqlite3.SQLITE_IOERR:
        return Fault(
            f"The disk failed while {path} was used: {error}.",
            hint="Check the disk and the system's log; nothing unfinished was saved.",
        )
    return Fault(f"SQLite refused to work on {path}: {error}.")
