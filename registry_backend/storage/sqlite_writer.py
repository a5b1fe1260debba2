"""The one thread that writes: commits in groups, indexes when idle, hears other processes."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from registry_backend.domain.errors import Fault, Unreachable
from registry_backend.domain.journal import Change
from registry_backend.storage.base import Transaction
from registry_backend.storage.search import has_unindexed_rows, index_rows
from registry_backend.storage.sqlite_errors import translated
from registry_backend.storage.sqlite_journal import last_stamp, mark_touched, touched_since
from registry_backend.storage.sqlite_open import BUSY_SECONDS
from registry_backend.storage.sqlite_snapshot import SqliteTransaction
from registry_backend.storage.sqlite_writes import Group, Write, answer

log = logging.getLogger("idconsole.storage")

ResultT = TypeVar("ResultT")

MAX_GROUP = 256
"""Writes in one transaction."""
MAX_GROUP_SECONDS = 0.05
"""After so long no further write joins a group: other processes want the file too."""
_COMING_SECONDS = 0.002
"""How soon the next write of a crowd comes."""
_LONGEST_WAIT_SECONDS = 0.02
"""How long a crowd is waited for; about what a slow disk takes for one commit."""
_TURN_SECONDS = 0.1
"""After so long without a pause the file is left to others for a moment."""
_PAUSE_SECONDS = 0.003
_RETRY_SECONDS = 0.001
"""How often a locked file is tried; shorter than the pause, so that a pause is noticed."""
_QUIET_SECONDS = 1.0
"""So long nothing must be written before rows are indexed."""
_LISTEN_SECONDS = 1.0
"""How often other processes' commits are looked for."""
_INDEX_BATCH = 500
"""Rows indexed in one transaction: about 20 ms."""


class Writer:
    """Runs writes one after the other; each returns once it is on disk.

    With a read-only connection it only listens to other processes.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        announce: Callable[[Sequence[Change]], None],
        *,
        read_only: bool,
    ) -> None:
        self._path = path
        self._connection = connection
        self._announce = announce
        self._read_only = read_only
        self._writes: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._closing = False
        self._patience = 0.0
        self._last_pause = time.monotonic()
        self._crowd = 1
        self._data_version = self._read_data_version()
        self._stamp = last_stamp(connection)
        self._thread = threading.Thread(target=self._serve, name="registry-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        """What `work` returned, once it is durable. Cancelling the wait does not stop the work."""
        loop = asyncio.get_running_loop()
        write = Write(work, loop, loop.create_future())
        self._writes.put(write)
        result: ResultT = await write.future
        return result

    def close(self) -> None:
        """Finish what was accepted and close the connection. Blocks."""
        self._writes.put(None)
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._work_off()
        except Exception as error:
            # Whoever waits for a thread that is gone would wait forever.
            log.exception("The writer of the registry %s stopped.", self._path)
            self._refuse_all(error)
        self._connection.close()

    def _work_off(self) -> None:
        """Do what comes, until the end."""
        while not self._closing:
            try:
                write = self._writes.get(timeout=self._patience)
            except queue.Empty:
                self._use_idle_time()
                continue
            if write is None:
                break
            try:
                self._await_others()
                self._commit_group(write)
            except Exception as error:
                answer([(write, None, self._stopped(error))])
                raise

    def _refuse_all(self, error: Exception) -> None:
        """Tell all who wait, and all who come later until the end, that nothing is written."""
        self._roll_back()
        while not self._closing and (write := self._writes.get()) is not None:
            answer([(write, None, self._stopped(error))])

    def _stopped(self, error: Exception) -> Fault:
        return Fault(
            f"Nothing more can be written to the registry {self._path}: a fault of the program "
            f"ended its writer ({type(error).__name__}).",
            hint="Start the program again; what was saved is unharmed.",
        )

    def _await_others(self) -> None:
        """Where many wrote at once just now, let them all come before any of it is done.

        They share one commit then, and this thread does not take turns with theirs for each row.
        """
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        came = -1
        while 1 + self._writes.qsize() < self._crowd and time.monotonic() < deadline:
            if self._writes.qsize() == came:
                return
            came = self._writes.qsize()
            time.sleep(_COMING_SECONDS)

    # Groups

    def _commit_group(self, first: Write) -> None:
        """Run a write and all that wait behind it in one transaction, then answer them."""
        group = Group()
        try:
            with translated(self._path):
                self._begin()
                self._hear_others()
                self._run_all(first, group)
                stamp = mark_touched(self._connection, group.changes)
                self._connection.execute("COMMIT")
                self._stamp = stamp
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            self._roll_back()
            self._fail(first, group, error)
            return
        self._patience = _QUIET_SECONDS
        self._crowd = len(group.settlements)
        # Watchers first: whoever has waited for a write knows that they were told.
        try:
            if group.changes:
                self._announce(tuple(group.changes))
        finally:
            answer(group.settlements)
        self._leave_a_gap()

    def _run_all(self, first: Write, group: Group) -> None:
        deadline = time.monotonic() + MAX_GROUP_SECONDS
        write: Write | None = first
        while write is not None:
            self._run_one(write, group)
            if not self._connection.in_transaction:
                raise self._lost_transaction(group)
            full = len(group.settlements) >= MAX_GROUP or time.monotonic() > deadline
            write = None if full else self._next()

    def _run_one(self, write: Write, group: Group) -> None:
        """Run one write; when it fails only its own statements are undone."""
        transaction = SqliteTransaction(self._connection)
        self._connection.execute("SAVEPOINT one_write")
        try:
            with translated(self._path):
                result = write.work(transaction)
        except Exception as error:  # noqa: BLE001 - handed to the caller of this write
            group.settlements.append((write, None, error))
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO one_write")
        else:
            group.settlements.append((write, result, None))
            group.changes.extend(transaction.changes)
        if self._connection.in_transaction:
            self._connection.execute("RELEASE one_write")

    def _next(self) -> Write | None:
        try:
            write = self._writes.get_nowait()
        except queue.Empty:
            return None
        self._closing = self._closing or write is None
        return write

    def _lost_transaction(self, group: Group) -> Exception:
        """SQLite ends the whole transaction itself on a full disk or a failing one."""
        _, _, error = group.settlements[-1]
        return error or Unreachable(f"The registry {self._path} was closed.", layer="file")

    def _fail(self, first: Write, group: Group, error: Exception) -> None:
        """Nothing of the group was saved: tell all, those with an error of their own theirs."""
        if not group.settlements:
            # The file could not be had at all: whoever waits behind would wait as long again.
            waiting: Write | None = first
            while waiting is not None:
                group.settlements.append((waiting, None, error))
                waiting = self._next()
        answer([(write, None, own or error) for write, _, own in group.settlements])

    # The lock

    def _begin(self) -> None:
        """Take the write lock, trying often: a busy process leaves only short gaps."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)
            else:
                return

    def _leave_a_gap(self) -> None:
        """Under unbroken load, let another process have the file now and then."""
        present = time.monotonic()
        if self._writes.empty():
            self._last_pause = present
        elif present - self._last_pause > _TURN_SECONDS:
            time.sleep(_PAUSE_SECONDS)
            self._last_pause = time.monotonic()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            # On a failing disk this may fail too; SQLite then rolls back with the next BEGIN.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    # Idle time

    def _use_idle_time(self) -> None:
        """Index rows if some wait, else listen; what fails here is tried again later."""
        self._patience = _LISTEN_SECONDS
        try:
            self._listen()
            if not self._read_only and self._index_some():
                self._patience = 0.0
        except sqlite3.Error:
            # A locked or full file is met again by the next write, which tells its caller.
            self._roll_back()

    def _index_some(self) -> bool:
        """Index a batch; whether rows are left."""
        if not has_unindexed_rows(self._connection):
            return False
        self._begin()
        more = index_rows(self._connection, limit=_INDEX_BATCH)
        self._connection.execute("COMMIT")
        return more

    def _listen(self) -> None:
        version = self._read_data_version()
        if version != self._data_version:
            self._data_version = version
            self._hear_others()

    def _hear_others(self) -> None:
        """Announce what other processes committed since this one looked last."""
        stamp = last_stamp(self._connection)
        if stamp > self._stamp:
            changes = touched_since(self._connection, self._stamp)
            self._stamp = stamp
            if changes:
                self._announce(changes)

    def _read_data_version(self) -> int:
        """Changes when another connection commits, never by a commit of this one."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
