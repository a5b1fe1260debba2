"""A small pool of reading threads, each with a connection of its own."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from registry_backend.storage.base import Snapshot
from registry_backend.storage.sqlite_errors import translated
from registry_backend.storage.sqlite_places import Places
from registry_backend.storage.sqlite_snapshot import SqliteSnapshot

ResultT = TypeVar("ResultT")

_STEPS_BETWEEN_LOOKS = 50_000
"""Virtual machine steps of a statement after which it looks whether anyone still waits for it:
a few milliseconds."""


@dataclass(slots=True)
class _Reading:
    work: Callable[[Snapshot], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    abandoned: bool = False


class Readers:
    """Runs reads, each on a consistent snapshot; one that nobody waits for any more is stopped."""

    def __init__(
        self, path: Path, connections: Sequence[sqlite3.Connection], places: Places
    ) -> None:
        self._path = path
        self._places = places
        self._readings: queue.SimpleQueue[_Reading | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(
                target=self._serve, args=(connection,), name="registry-reader", daemon=True
            )
            for connection in connections
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """What `work` returns on a snapshot of what is durable now."""
        loop = asyncio.get_running_loop()
        reading = _Reading(work, loop, loop.create_future())
        self._readings.put(reading)
        try:
            result: ResultT = await reading.future
        except asyncio.CancelledError:
            # Asked between the steps of a running statement, so that it needs no lucky moment
            # as interrupting the connection from here would.
            reading.abandoned = True
            raise
        return result

    def close(self) -> None:
        """Finish what was asked and close the connections. Blocks."""
        for _ in self._threads:
            self._readings.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, connection: sqlite3.Connection) -> None:
        while (reading := self._readings.get()) is not None:
            if not reading.abandoned:
                self._read(connection, reading)
        connection.close()

    def _read(self, connection: sqlite3.Connection, reading: _Reading) -> None:
        connection.set_progress_handler(lambda: reading.abandoned, _STEPS_BETWEEN_LOOKS)
        try:
            with translated(self._path):
                connection.execute("BEGIN")
                try:
                    result = reading.work(SqliteSnapshot(connection, self._places))
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            settle(reading.loop, [(reading.future, None, error)])
        else:
            settle(reading.loop, [(reading.future, result, None)])


class Occupied(Exception):
    """The connection is in use, or the file is for a moment."""


class PointReader:
    """Reads on the thread that asks: less than a millisecond each, so nobody waits for a thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._turn = threading.Lock()
        connection.execute("PRAGMA busy_timeout = 0")

    def run(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """What `work` returns on a snapshot of what is durable now. Raises Occupied."""
        return self._in_turn(self._whole, work)

    def run_one(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        """The same for a `work` of one statement, which is a transaction of its own."""
        return self._in_turn(self._single, work)

    def _in_turn(
        self,
        read: Callable[[Callable[[Snapshot], ResultT]], ResultT],
        work: Callable[[Snapshot], ResultT],
    ) -> ResultT:
        if not self._turn.acquire(blocking=False):
            raise Occupied
        try:
            with translated(self._path):
                try:
                    return read(work)
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                        raise Occupied from None
                    raise
        finally:
            self._turn.release()

    def _whole(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        self._connection.execute("BEGIN")
        try:
            return work(SqliteSnapshot(self._connection))
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _single(self, work: Callable[[Snapshot], ResultT]) -> ResultT:
        return work(SqliteSnapshot(self._connection))

    def close(self) -> None:
        """Close the connection. Blocks."""
        with self._turn:
            self._connection.close()


Settlement = tuple[asyncio.Future[Any], Any, Exception | None]
"""A future, and its result or its error."""


def settle(loop: asyncio.AbstractEventLoop, settlements: Sequence[Settlement]) -> None:
    """Resolve futures from another thread, on their own loop."""
    if loop.is_closed():
        return
    try:
        loop.call_soon_threadsafe(_settle_now, settlements)
    except RuntimeError:
        # The loop closed just now, so nobody waits for these.
        return


def _settle_now(settlements: Sequence[Settlement]) -> None:
    for future, result, error in settlements:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
