"""The SQLite store: its life from opening to closing, and who is told of changes."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from registry_backend.domain.errors import Denied, Unreachable
from registry_backend.domain.journal import Change
from registry_backend.storage.base import Snapshot, Transaction
from registry_backend.storage.sqlite_errors import translated
from registry_backend.storage.sqlite_open import connect, connect_writer, prepare
from registry_backend.storage.sqlite_places import Places
from registry_backend.storage.sqlite_readers import Occupied, PointReader, Readers
from registry_backend.storage.sqlite_writer import Writer

ResultT = TypeVar("ResultT")
Listener = Callable[[Sequence[Change]], None]

_READERS = 2


class SqliteStore:
    """A `Store` in one SQLite file. Made by `open_sqlite`."""

    def __init__(
        self,
        path: Path,
        writer: sqlite3.Connection,
        readers: Sequence[sqlite3.Connection],
        *,
        read_only: bool,
    ) -> None:
        self.path = path
        self.read_only = read_only
        self._closed = False
        self._lock = threading.Lock()
        self._listeners: tuple[tuple[asyncio.AbstractEventLoop, Listener], ...] = ()
        self._point = PointReader(path, readers[0])
        self._readers = Readers(path, readers[1:], Places())
        self._writer = Writer(path, writer, self._announce, read_only=read_only)

    async def read(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """Run `work` on a snapshot, on a reading thread; cancelling the wait stops the work."""
        self._check_open()
        return await self._readers.run(work)

    async def read_point(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """Run a `work` that only reads a few rows by key, on this thread unless that would wait."""
        self._check_open()
        try:
            return self._point.run(work)
        except Occupied:
            return await self._readers.run(work)

    async def read_one(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """The same for a `work` that asks a single thing, and so needs no transaction around it."""
        self._check_open()
        try:
            return self._point.run_one(work)
        except Occupied:
            return await self._readers.run(work)

    async def write(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        """Run `work` in a transaction; returns once it is durable.

        Raises:
            Denied: when the store was opened read-only.
            RegistryError: of `work`, or when the file cannot be written; nothing is saved then.
        """
        self._check_open()
        if self.read_only:
            raise Denied(
                f"The registry {self.path} was opened read-only.",
                hint="Open it without --read-only to make changes.",
            )
        return await self._writer.run(work)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the running event loop after each durable write, here or elsewhere.

        Other processes' writes come about a second late, one change for each resource and tenant
        with an empty id. Returns the way to stop.
        """
        entry = (asyncio.get_running_loop(), listener)
        with self._lock:
            self._listeners = (*self._listeners, entry)

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not entry)

        return stop

    async def close(self) -> None:
        """Finish what was accepted and release the files."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._close_now)

    def _close_now(self) -> None:
        # The writer last: the connection that closes last empties the log into the file.
        self._point.close()
        self._readers.close()
        self._writer.close()

    def _check_open(self) -> None:
        if self._closed:
            raise Unreachable(f"The registry {self.path} was closed.", layer="file")

    def _announce(self, changes: Sequence[Change]) -> None:
        """Called by the writing thread."""
        for entry in self._listeners:
            loop = entry[0]
            if not loop.is_closed():
                try:
                    loop.call_soon_threadsafe(self._deliver, entry, changes)
                except RuntimeError:
                    # The loop closed just now, and its listeners with it.
                    continue

    def _deliver(
        self, entry: tuple[asyncio.AbstractEventLoop, Listener], changes: Sequence[Change]
    ) -> None:
        if entry in self._listeners:
            entry[1](changes)


async def open_sqlite(path: Path, *, read_only: bool = False) -> SqliteStore:
    """Open the registry in `path`; create it, or upgrade an older one after a backup.

    With `read_only` nothing is created or changed.

    Raises:
        Unreachable: no file, no permission, or a file of another program or a newer release.
        Denied: the file may be read but not written.
        Fault: the file is damaged or the disk is full.
    """
    return await asyncio.to_thread(_open_now, path, read_only=read_only)


def _open_now(path: Path, *, read_only: bool) -> SqliteStore:
    prepare(path, read_only=read_only)
    opened: list[sqlite3.Connection] = []
    try:
        with translated(path):
            opened.append(connect(path, read_only=True) if read_only else connect_writer(path))
            opened.extend(connect(path, read_only=True) for _ in range(1 + _READERS))
            return SqliteStore(path, opened[0], opened[1:], read_only=read_only)
    except BaseException:
        for connection in opened:
            connection.close()
        raise
