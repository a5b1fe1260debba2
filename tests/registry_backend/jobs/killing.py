"""Killing a program in the middle of a job: at a point of its own, or at a request it makes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp
from aiohttp import web

from registry_backend.domain.jobs import JobSpec

Point = Literal["progress", "logged", "published", "never"]
_PROGRAM = "tests.registry_backend.jobs.killed_process"


async def kill_at(registry: Path, spec: JobSpec, point: Point, number: int = 1) -> None:
    """Start a program that runs a job, and kill it when it has come to the point."""
    await asyncio.to_thread(_kill_at, registry, spec, point, number)


def _kill_at(registry: Path, spec: JobSpec, point: Point, number: int) -> None:
    with subprocess.Popen(
        _command(registry, spec, point, number), stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = child.stdout.readline()
        child.kill()
        child.wait()
    assert said == "reached\n"


async def kill_at_request(registry: Path, spec: JobSpec, toll: TollGate) -> None:
    """Start a program that runs a job, and kill it while it waits at the gate."""
    child = await asyncio.create_subprocess_exec(*_command(registry, spec, "never", 1))
    ended = asyncio.ensure_future(child.wait())
    stopped = asyncio.ensure_future(toll.stopped.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    assert not ended.done()
    child.kill()
    await ended


def _command(registry: Path, spec: JobSpec, point: Point, number: int) -> list[str]:
    arguments = [str(registry), spec.model_dump_json(), point, str(number)]
    return [sys.executable, "-m", _PROGRAM, *arguments]


@dataclass(slots=True)
class TollGate:
    """Stands before a storage and lets requests through until the one that a test names.

    Args:
        root: The storage: scheme, host and port.
        method: Of the requests that count.
        text: What their address has.
        number: Which of them stops here.
        passing: Whether the storage gets that one too, and only its answer is lost.
    """

    root: str
    method: str
    text: str
    number: int = 1
    passing: bool = False
    port: int = 0
    spoiling: bool = False
    """Whether signatures no longer hold by now."""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a test that lets it through after all."""

    def instead_of(self, address: str) -> str:
        """An address in the storage, through this gate; no signature covers a host."""
        return address.replace(self.root, f"http://127.0.0.1:{self.port}")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the storage answers."""
        body = await request.read()
        stopping = False
        if request.method == self.method and self.text in request.raw_path:
            self.number -= 1
            stopping = self.number == 0
        if stopping and not self.passing:
            self.stopped.set()
            await self.go_on.wait()
        answer = await self._pass_on(request, body)
        if stopping and self.passing:
            self.stopped.set()
            await self.go_on.wait()
        return answer

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response:
        from yarl import URL  # noqa: PLC0415 - comes with aiohttp

        headers = {name: request.headers[name] for name in request.headers if name != "Host"}
        path = request.raw_path.replace("sig=", "sig=x") if self.spoiling else request.raw_path
        url = URL(f"{self.root}{path}", encoded=True)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, headers=headers, data=body) as answer,
        ):
            kept = ("ETag", "x-ms-error-code", "Content-Length")
            told = {name: answer.headers[name] for name in kept if name in answer.headers}
            content = await answer.read()
            if request.method != "HEAD":
                told.pop("Content-Length", None)
            return web.Response(status=answer.status, headers=told, body=content)


@asynccontextmanager
async def toll_gate(gate: TollGate) -> AsyncIterator[TollGate]:
    """Open it on a free port of loopback."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{rest:.*}", gate.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gate.port = runner.addresses[0][1]
    try:
        yield gate
    finally:
        await runner.cleanup()
