"""A plain HTTP client that changes nothing of what it is told to send."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from registry_backend.server import Serving, listening

JSON = "application/json"


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
    def error(self) -> str:
        """The message of a 2.x failure."""
        text: str = self.json["error"]
        return text

    @property
    def etag(self) -> str:
        """The version."""
        return self.headers["etag"]


@dataclass(frozen=True, slots=True)
class Api:
    """One listener.

    Args:
        address: As the server announced it.
        context: What a TLS client trusts.
        headers: Sent with each request.
    """

    address: str
    context: ssl.SSLContext | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        method: str,
        target: str,
        members: Any = None,
        *,
        body: bytes | None = None,
        if_match: str | None = None,
        content_type: str | None = JSON,
        **headers: str,
    ) -> Reply:
        """Send one request; `members` go as JSON, a Content-Type only with a body."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if members is not None:
            body = json.dumps(members).encode()
        if body is not None and content_type is not None:
            sent["Content-Type"] = content_type
        if if_match is not None:
            sent["If-Match"] = if_match
        connection = self.connect()
        try:
            connection.request(method, target, body, {**self.headers, **sent})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        host, port = self.place
        if self.context is None:
            return http.client.HTTPConnection(host, port, timeout=20)
        return http.client.HTTPSConnection(host, port, timeout=20, context=self.context)

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.address)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port


@contextmanager
def running(serving: Serving) -> Iterator[list[str]]:
    """The addresses of a server that runs on a thread of its own until the block ends."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    addresses: list[str] = []
    failures: list[BaseException] = []
    ended = asyncio.Event()

    async def serve() -> None:
        try:
            async with listening(serving) as found:
                addresses.extend(found)
                started.set()
                await ended.wait()
        except BaseException as error:  # told to the thread that waits
            failures.append(error)
            raise
        finally:
            started.set()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, name="server")
    thread.start()
    started.wait()
    try:
        if failures:
            raise failures[0]
        yield addresses
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)
        thread.join()
