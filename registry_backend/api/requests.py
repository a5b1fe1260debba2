"""What every endpoint does with a request, whatever protocol it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from registry_backend.api.answers import Answer
from registry_backend.domain.errors import Invalid

BODY_SECONDS = 20.0
"""How long a client may take to send the body."""


class Endpoint(Protocol):
    """Who answers the requests of a listener."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to a request, whatever happens."""

    def refuse(self, path: str, message: str) -> web.Response:
        """The answer to what is no request; `path` is what its beginning asked for, as it came."""

    async def finish(self, *, seconds: float) -> None:
        """Wait so long for what goes on without its client."""


class BodyTooLarge(Exception):
    """The body is longer than this listener takes; never leaves an endpoint."""


async def read_body(
    request: web.BaseRequest, *, limit: int, seconds: float = BODY_SECONDS
) -> bytes:
    """The whole body, with or without a length told before.

    Raises:
        Invalid: when it is compressed or broken off.
        BodyTooLarge: when it is longer than `limit` bytes.
        TimeoutError: when it does not arrive within `seconds`.
    """
    if not request.body_exists:
        return b""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Invalid(f"Content-Encoding {encoding!r} is not read here: send the plain body.")
    if (request.content_length or 0) > limit:
        raise BodyTooLarge
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    body = bytearray()
    try:
        if request.content.is_eof():  # it came with the head, as most do
            return _bounded(request.content.read_nowait(), limit)
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge
    except web.RequestPayloadError as error:
        raise Invalid(f"The body cannot be read: {type(error).__name__}.") from None
    return bytes(body)


class Lasting:
    """Work that goes on to its end although the client went away."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Answer]] = set()

    async def run(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of `work`; a cancelled caller does not interrupt it."""

        async def whole() -> Answer:
            return await work()

        task = asyncio.create_task(whole())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def finish(self, *, seconds: float) -> None:
        """Wait so long for what goes on."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)


def _bounded(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise BodyTooLarge
    return body
