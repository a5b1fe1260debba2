"""What the served API is held against: aiohttp handlers, one row read or written, and no more.

`python -m tests.benchmarks.hono_plain DATA` serves GET and PUT of devices over a registry's file.
No rule is checked and no model made; a write changes its row and leaves no journal line.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from aiohttp import web

from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.timestamps import format_timestamp, from_micros, now, to_micros
from registry_backend.storage.sqlite_open import connect_writer
from tests.benchmarks.fleet import open_plain

_READ = """SELECT version, created_at, updated_at, document FROM devices
    WHERE tenant_id = ? AND device_id = ?"""
_WRITE = """UPDATE devices SET enabled = ?, version = ?, revision = revision + 1, updated_at = ?,
    changed_at = ?, document = ? WHERE tenant_id = ? AND device_id = ?"""
_GROUP = 256

Row = tuple[object, ...]
Waiting = tuple[Row, asyncio.Future[int]]


class GroupWriter:
    """A thread that runs all statements that wait in one durable transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    async def write(self, row: Row) -> int:
        """How many rows it changed, once that is on disk."""
        future = self._loop.create_future()
        self._waiting.put((row, future))
        return int(await future)

    def _serve(self) -> None:
        while True:
            group = [self._waiting.get()]
            while len(group) < _GROUP and not self._waiting.empty():
                group.append(self._waiting.get())
            self._connection.execute("BEGIN IMMEDIATE")
            changed = [self._connection.execute(_WRITE, row).rowcount for row, _ in group]
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_answer, group, changed)


def _answer(group: Sequence[Waiting], changed: Sequence[int]) -> None:
    for (_, future), count in zip(group, changed, strict=True):
        future.set_result(count)


class Handlers:
    """GET and PUT of one device."""

    def __init__(self, reader: sqlite3.Connection, writer: GroupWriter) -> None:
        self._reader, self._writer = reader, writer

    async def get(self, request: web.Request) -> web.Response:
        """The stored members and when they were written."""
        place = (request.match_info["tenant"], request.match_info["device"])
        row = self._reader.execute(_READ, place).fetchone()
        if row is None:
            raise web.HTTPNotFound
        version, created, updated, document = row
        status = {"created": format_timestamp(from_micros(created))}
        if updated is not None:
            status["updated"] = format_timestamp(from_micros(updated))
        members = {**json.loads(document), "status": status}
        text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
        return web.Response(text=text, content_type="application/json", headers={"ETag": version})

    async def put(self, request: web.Request) -> web.Response:
        """Replace the members."""
        members = await request.json()
        version, at = generate_id(), to_micros(now())
        document = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
        place = (request.match_info["tenant"], request.match_info["device"])
        row = (members.get("enabled", True), version, at, at, document, *place)
        if not await self._writer.write(row):
            raise web.HTTPNotFound
        return web.Response(status=204, headers={"ETag": version})


async def _serve(data: Path) -> None:
    with closing(open_plain(data)) as reader, closing(connect_writer(data)) as connection:
        handlers = Handlers(reader, GroupWriter(connection))
        application = web.Application()
        application.router.add_get("/v1/devices/{tenant}/{device}", handlers.get)
        application.router.add_put("/v1/devices/{tenant}/{device}", handlers.put)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
