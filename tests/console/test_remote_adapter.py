"""Adapters to registries behind HTTP open whole or not at all, find what was lost, and let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.adapters.healing import Healing
from console.adapters.remote import RemoteAdapter
from console.adapters.rest_endpoint import Endpoint
from registry_backend.domain.errors import Denied, Unreachable

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """A server that answers everything, or nothing, and knows whether somebody is connected."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.asked, self.left = asyncio.Event(), asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the other side closes it."""
        while await reader.read(65536):
            self.asked.set()
            if not self.silent:
                writer.write(ANSWER)
        writer.close()
        self.left.set()


class Plain(RemoteAdapter):
    """An adapter without ports, whose work on this side may end badly."""

    kind = "plain"
    broken = False

    async def _learn(self) -> None:
        await self._client.request("GET", ("v1",), what="the registry")

    async def _ask_anything(self) -> None:
        await self._learn()

    async def _finish(self) -> None:
        if self.broken:
            raise ArithmeticError("a bug")


@asynccontextmanager
async def peer(*, silent: bool = False) -> AsyncIterator[tuple[Peer, Plain]]:
    """A peer, and an adapter to it that is not open yet."""
    peer = Peer(silent=silent)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(10):
        yield peer, Plain(Endpoint(f"http://127.0.0.1:{port}", pauses=()), title="plain")


async def test_an_adapter_whose_opening_is_cancelled_is_closed() -> None:
    """As when the console is left while it still connects."""
    async with peer(silent=True) as (there, adapter):
        opening = asyncio.create_task(adapter.open())
        await there.asked.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await there.left.wait()
        with pytest.raises(Unreachable, match="not open"):
            await adapter._client.request("GET", ("v1",), what="the registry")


async def test_connections_are_let_go_of_although_something_else_fails() -> None:
    """The failure is told all the same."""
    async with peer() as (there, adapter):
        await adapter.open()
        adapter.broken = True
        with pytest.raises(ArithmeticError):
            await adapter.close()
        await there.left.wait()
        await adapter._client.close()


async def test_a_connection_made_while_the_client_is_closed_does_not_stay() -> None:
    """It belongs to nobody then, and would be kept for requests that never come."""
    async with peer() as (there, adapter):
        await adapter.open()
        await adapter.close()
        await there.left.wait()
        there.left.clear()
        client = adapter._client
        await client.open()
        late = asyncio.create_task(client.request("GET", ("v1",), what="the registry"))
        await asyncio.sleep(0)  # it begins to connect
        await client.close()
        await asyncio.gather(late, return_exceptions=True)
        await there.left.wait()


async def test_healing_asks_until_somebody_answers() -> None:
    """Whatever the answer is; and it can be begun anew."""
    answers: list[Exception | None] = [Unreachable("gone", layer="dropped")] * 3
    answers += [Denied("not you"), None]
    rest = iter(answers)
    asked: list[Exception | None] = []
    done = asyncio.Event()

    async def ask() -> None:
        answer = next(rest)
        asked.append(answer)
        if not isinstance(answer, Unreachable):
            done.set()
        if answer is not None:
            raise answer

    healing = Healing(ask, pauses=(0.0,))
    async with asyncio.timeout(10):
        healing.begin()
        healing.begin()
        await done.wait()
        assert len(asked) == 4
        done.clear()
        await asyncio.sleep(0)
        healing.begin()
        await done.wait()
    assert asked == answers
    await healing.end()


async def test_ending_a_healing_ends_what_it_asks() -> None:
    """Nothing of it runs on, and ending it twice does no harm."""
    asking, stopped = asyncio.Event(), asyncio.Event()

    async def ask() -> None:
        asking.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    healing = Healing(ask, pauses=(0.0,))
    healing.begin()
    async with asyncio.timeout(10):
        await asking.wait()
        await healing.end()
        assert stopped.is_set()
        await healing.end()
