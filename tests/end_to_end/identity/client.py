"""Requests over a Unix socket as any uid, and a server to send them to."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from registry_backend.domain.errors import RegistryError
from registry_backend.domain.journal import Actor
from registry_backend.identityd.behaviour_config import ConfigPaths
from registry_backend.open import open_registry
from registry_backend.registry import Registry
from registry_backend.server_sockets import SocketPlace
from registry_backend.server_unix import UnixListener, unix_listening
from tests.end_to_end.identity import caller

ROOT = Path(__file__).parents[3]
JSON = "application/json"
TENANT = "DEFAULT_TENANT"
TESTER = Actor(via="test")
LATEST = "api-version=2022-08-01"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """Of a failure."""
        text: str = self.json["message"]
        return text


class Callers:
    """One helper process for each other uid, started when first needed."""

    def __init__(self) -> None:
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def exchange(self, uid: int, path: Path, data: bytes) -> bytes | None:
        """What a socket answers to bytes from that uid; None where it cuts the connection."""
        if uid == os.geteuid():
            try:
                return caller.exchange(str(path), data)
            except OSError:
                return None
        if os.geteuid() != 0:
            pytest.skip(f"only root can call as uid {uid}")
        process = self._processes.get(uid) or self._start(uid)
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([str(path), base64.b64encode(data).decode()]) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return None if answer is None else base64.b64decode(answer)

    def close(self) -> None:
        """End all helpers."""
        for process in self._processes.values():
            process.communicate()

    def _start(self, uid: int) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, caller.__file__, str(uid)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes[uid] = process
        return process


@dataclass(frozen=True, slots=True)
class Api:
    """A socket and a uid to call it as."""

    path: Path
    callers: Callers
    uid: int = field(default_factory=os.geteuid)

    def of(self, uid: int) -> Api:
        """The same socket, called by another."""
        return replace(self, uid=uid)

    def __call__(
        self,
        method: str,
        target: str,
        members: Any = None,
        *,
        body: bytes | None = None,
        content_type: str | None = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; `members` go as JSON, a Content-Type only with a body."""
        if members is not None:
            body = json.dumps(members).encode()
        lines = [f"{method} {target} HTTP/1.1", "Host: identityd.sock", "Connection: close"]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        if body is not None and content_type is not None:
            lines.append(f"Content-Type: {content_type}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
        return self.read(self.raw(head + (body or b"")), method=method)

    def raw(self, data: bytes) -> bytes:
        """What comes back for bytes, until the server closes."""
        answer = self.callers.exchange(self.uid, self.path, data)
        assert answer is not None, "the connection was cut"
        return answer

    @staticmethod
    def read(data: bytes, *, method: str = "GET") -> Reply:
        """An answer taken apart."""
        response = HTTPResponse(_Received(data), method=method)  # type: ignore[arg-type]
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, response.read())

    def connect(self) -> socket.socket:
        """A connection of this process."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(30)
        connection.connect(str(self.path))
        return connection


class _Received:
    """Bytes where `HTTPResponse` wants a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder whose sockets every uid may reach; those of pytest are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="idconsole-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass
class Running:
    """A service at work on a thread of its own, with its folder and its hub.

    Args:
        folder: Holds configuration, home, data and socket.
        callers: Who calls.
    """

    folder: Path
    callers: Callers
    address: str = ""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _registry: Registry | None = None

    @property
    def config(self) -> ConfigPaths:
        """Its configuration."""
        return ConfigPaths(self.folder / "config.toml", self.folder / "config.d")

    @property
    def home(self) -> Path:
        """Its home folder."""
        return self.folder / "home"

    @property
    def api(self) -> Api:
        """Its socket."""
        return Api(self.folder / "identityd.sock", self.callers)

    @property
    def registry(self) -> Registry:
        """Its hub; to be used on its thread only."""
        assert self._registry
        return self._registry

    def modules(self, device_id: str = "device01") -> dict[str, str]:
        """Generations by module, in the hub."""
        work = self.registry.modules.list(TENANT, device_id)
        found = asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
        return {module.module_id: module.generation_id for module in found}

    @contextmanager
    def serving(self, listener: UnixListener) -> Iterator[None]:
        """Serve until the block ends."""
        started, ended = threading.Event(), asyncio.Event()
        failures: list[RegistryError] = []

        async def serve() -> None:
            self._registry = await open_registry(self.folder / "registry.sqlite")
            try:
                options = {"lingering_time": 0.2}  # for what a refused caller still sends
                async with unix_listening(self.registry, listener, options, grace=2) as address:
                    self.address = address
                    started.set()
                    await ended.wait()
            except RegistryError as error:  # told to the thread that waits
                failures.append(error)
            finally:
                started.set()
                await self.registry.close()

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(serve())

        thread = threading.Thread(target=run, name="identity")
        thread.start()
        started.wait()
        try:
            if failures:
                raise failures[0]
            yield
        finally:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(ended.set)
            thread.join()


def configure(folder: Path, text: str) -> None:
    """Write a main file whose home is in the folder."""
    (folder / "config.d").mkdir(exist_ok=True)
    text = text.replace("/var/lib/aziot/identityd", str(folder / "home"))
    (folder / "config.toml").write_text(text, encoding="utf-8")


@contextmanager
def running(
    callers: Callers, text: str, *, folder: Path | None = None, **options: Any
) -> Iterator[Running]:
    """A service with that main file; in a folder of its own unless one is given."""
    if folder is None:
        with open_folder() as made, running(callers, text, folder=made, **options) as found:
            yield found
        return
    configure(folder, text)
    service = Running(folder, callers)
    place = SocketPlace(folder / "identityd.sock", mode=0o666)
    settings = {"poll_seconds": 0.02, **options}
    with service.serving(UnixListener(service.config, place, **settings)):
        yield service


def plant_module(folder: Path, module_id: str, device_id: str = "device01") -> str:
    """Make a module of the device in a hub that nobody serves yet; its generation."""

    async def plant() -> str:
        registry = await open_registry(folder / "registry.sqlite")
        try:
            await registry.modules.ensure_device(TENANT, device_id, actor=TESTER)
            module = await registry.modules.create(TENANT, device_id, module_id, actor=TESTER)
        finally:
            await registry.close()
        return module.generation_id

    return asyncio.run(plant())
