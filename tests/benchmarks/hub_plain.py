"""What the served hub is held against: aiohttp handlers, the same rows, and no more.

`python -m tests.benchmarks.hub_plain DATA` serves GET and PUT of devices that have keys over a
registry's file. Both read the device's row and that of its credentials, which a hub's answer holds,
in one statement, and answer the bytes that the product answers. A write changes the device's row in
one durable commit with all that wait; the row of its credentials stays, as it does in the product
when the keys that come are those that are there.

Left out, so that ours pays for it alone: the token and the policy behind it, the api-version and
the other routes, the tenant, the condition of If-Match, every rule, reading in the transaction that
writes, the links and the counts that a write may change, the journal line, and telling watchers.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from aiohttp import web

from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.timestamps import from_micros, now, to_micros
from registry_backend.storage.sqlite_open import connect_writer
from tests.benchmarks.fleet import TENANT, open_plain
from tests.benchmarks.hono_plain import GroupWriter

_READ = """SELECT d.enabled, d.generation_id, d.revision, d.status_updated_at, d.document,
    c.document FROM devices d JOIN credentials c
    ON c.tenant_id = d.tenant_id AND c.device_id = d.device_id AND c.type = 'psk'
    WHERE d.tenant_id = ? AND d.device_id = ?"""
_NEVER = "0001-01-01T00:00:00"


class Handlers:
    """GET and PUT of one device."""

    def __init__(self, reader: sqlite3.Connection, writer: GroupWriter) -> None:
        self._reader, self._writer = reader, writer

    async def get(self, request: web.Request) -> web.Response:
        """The device as a hub shows it."""
        device_id = request.match_info["device"]
        return _answer(device_id, *self._row(device_id))

    async def put(self, request: web.Request) -> web.Response:
        """Replace status and reason; the keys are those that are there."""
        device_id, members = request.match_info["device"], await request.json()
        _, generation, revision, changed, stored, credential = self._row(device_id)
        document = json.loads(stored)
        enabled, at = members["status"] == "enabled", to_micros(now())
        document |= {"enabled": enabled, "status-reason": members["statusReason"]}
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        row = (enabled, generate_id(), at, at, text, TENANT, device_id)
        if not await self._writer.write(row):
            raise web.HTTPNotFound
        return _answer(device_id, enabled, generation, revision + 1, changed, text, credential)

    def _row(self, device_id: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._reader.execute(_READ, (TENANT, device_id)).fetchone()
        if row is None:
            raise web.HTTPNotFound
        return row


def _answer(
    device_id: str,
    enabled: int,
    generation: str,
    revision: int,
    changed: int | None,
    document: str,
    credential: str,
) -> web.Response:
    etag = base64.b64encode(str(revision).encode()).decode()
    keys = [secret["key"] for secret in json.loads(credential)["secrets"]]
    members = {
        "deviceId": device_id,
        "generationId": generation,
        "etag": etag,
        "connectionState": "Disconnected",
        "status": "enabled" if enabled else "disabled",
        "statusReason": json.loads(document).get("status-reason"),
        "connectionStateUpdatedTime": _NEVER,
        "statusUpdatedTime": _NEVER if changed is None else _time(changed),
        "lastActivityTime": _NEVER,
        "cloudToDeviceMessageCount": 0,
        "authentication": {
            "symmetricKey": {"primaryKey": keys[0], "secondaryKey": keys[-1]},
            "x509Thumbprint": {"primaryThumbprint": None, "secondaryThumbprint": None},
            "type": "sas",
        },
        "capabilities": {"iotEdge": False},
    }
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    headers = {"ETag": f'"{etag}"'}
    return web.Response(text=text, content_type="application/json", headers=headers)


def _time(micros: int) -> str:
    moment = from_micros(micros).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}0Z"


async def _serve(data: Path) -> None:
    with closing(open_plain(data)) as reader, closing(connect_writer(data)) as connection:
        handlers = Handlers(reader, GroupWriter(connection))
        application = web.Application()
        application.router.add_get("/devices/{device}", handlers.get)
        application.router.add_put("/devices/{device}", handlers.put)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
