"""A blob storage on loopback that fails in the ways that a test asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from aiohttp import web

from registry_backend.domain.jobs import JobSpec, JobType

SECRET = "sig=very%2Fsecret"


Faults = dict[str, list[web.Response | str]]
"""Answers, or one of `stall`, `drop`, `change`, `none`; each is used once."""


@dataclass(slots=True)
class Request:
    """What was asked: `GET devices.txt`, and what came with it."""

    method: str
    blob: str
    headers: dict[str, str]


@dataclass(slots=True)
class HostileBlobs:
    """One container; `faults` are answered first, one a request of its method and blob."""

    port: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[str, bytes] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)
    """By `GET devices.txt`, or `GET *`."""
    requests: list[Request] = field(default_factory=list)
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    largest: int = 0

    @property
    def address(self) -> str:
        """The container's address with its secret."""
        return f"http://127.0.0.1:{self.port}/account/container?{SECRET}"

    def spec(self, kind: JobType = JobType.IMPORT) -> JobSpec:
        """A job in the container."""
        return JobSpec(type=kind, tenant_id="T", folder=self.address)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """As a storage does, after the faults."""
        blob = request.match_info["blob"]
        query = parse_qs(request.query_string)
        body = await request.read()
        self.largest = max(self.largest, len(body))
        self.requests.append(Request(request.method, blob, dict(request.headers)))
        any_blob = self.faults.get(f"{request.method} *", [])
        queue = self.faults.get(f"{request.method} {blob}", any_blob)
        if queue:
            fault = queue.pop(0)
            if isinstance(fault, web.Response):
                return fault
            await self._misbehave(fault, blob, request)
        match request.method:
            case "PUT" if query.get("comp") == ["block"]:
                self.blocks[query["blockid"][0]] = body
            case "PUT" if query.get("comp") == ["blocklist"]:
                named = [part.partition("<")[0] for part in body.decode().split("<Latest>")[1:]]
                self.blobs[blob] = b"".join(self.blocks[each] for each in named)
            case "PUT":
                self.blobs[blob] = body
            case "DELETE":
                self.blobs.pop(blob, None)
                return web.Response(status=202)
            case _:
                return self._read(request, blob)
        return web.Response(status=201)

    def _read(self, request: web.Request, blob: str) -> web.Response:
        content = self.blobs.get(blob)
        if content is None:
            return web.Response(status=404, headers={"x-ms-error-code": "BlobNotFound"})
        etag = f'"{hash(content)}"'
        if request.headers.get("If-Match", etag) != etag:
            return web.Response(status=412, headers={"x-ms-error-code": "ConditionNotMet"})
        part, status = content, 200
        if "Range" in request.headers:
            first, _, last = request.headers["Range"].removeprefix("bytes=").partition("-")
            part, status = content[int(first) : int(last) + 1], 206
        self.largest = max(self.largest, len(part) if request.method == "GET" else 0)
        return web.Response(status=status, body=part, headers={"ETag": etag})

    async def _misbehave(self, fault: str, blob: str, request: web.Request) -> None:
        if fault == "change":
            self.blobs[blob] += b"\n"
        elif fault == "drop":
            assert request.transport is not None
            request.transport.abort()
        elif fault == "stall":
            self.stalled.set()
            await asyncio.sleep(3600)


@asynccontextmanager
async def hostile_blobs() -> AsyncIterator[HostileBlobs]:
    """Serve the container."""
    made = HostileBlobs()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/account/container/{blob:.+}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()
