"""What became of a request when its answer stays away, or somebody else answers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from console.adapters.hono import HonoAdapter
from console.adapters.hono_known import KnownIds
from console.adapters.rest_endpoint import Endpoint
from console.adapters.rest_unreachable import unreachable
from registry_backend.domain.errors import Fault, Unreachable
from tests.console.test_rest import answering, ask
from tests.contract.hono_serving import make_certificates


@asynccontextmanager
async def silent_over_tls(folder: Path) -> AsyncIterator[tuple[Endpoint, list[str]]]:
    """A server that shakes hands, reads requests, and never answers; and what it was asked."""
    files = make_certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server, files.key)
    asked: list[str] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                if line.endswith(b"HTTP/1.1\r\n"):
                    asked.append(line.decode().split(" ")[0])
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context) as server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        pauses = (0.0, 0.0)
        yield Endpoint(address, ca_file=files.authority, read_seconds=0.2, pauses=pauses), asked


async def test_silence_over_tls_is_a_timeout_and_a_read_is_repeated(tmp_path: Path) -> None:
    """The handshake was long over, and TLS only waited for more."""
    async with silent_over_tls(tmp_path) as (endpoint, asked):
        with pytest.raises(Unreachable) as caught:
            await ask(endpoint)
        assert caught.value.layer == "timeout"
        assert "did not answer in time" in caught.value.message
        assert asked == ["GET"] * 3


async def test_a_write_met_by_silence_over_tls_may_have_been_carried_out(tmp_path: Path) -> None:
    """It is sent once."""
    async with silent_over_tls(tmp_path) as (endpoint, asked):
        with pytest.raises(Unreachable, match="may have been carried out") as caught:
            await ask(endpoint, "PUT", body={})
        assert caught.value.layer == "timeout"
        assert asked == ["PUT"]


@pytest.mark.parametrize("waiting", [ssl.SSLWantReadError(2, "more"), ssl.SSLWantWriteError(3, "")])
def test_that_tls_waited_is_not_why_a_connection_broke(waiting: ssl.SSLError) -> None:
    """What waited stands behind what broke it."""
    broken = ConnectionResetError(104, "reset")
    broken.__context__ = waiting
    outer = httpx.ReadError("")
    outer.__cause__ = broken
    assert unreachable(outer, "https://there").layer == "dropped"


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_that_a_proxy_lost_sight_of_may_have_been_carried_out(
    method: str, status: int
) -> None:
    """As where the connection was dropped; the proxy's own words stay."""
    asked: list[str] = []

    async def lost(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.method)
        return web.Response(status=status, text="<html><title>Bad gateway</title></html>")

    async with answering(lost) as endpoint:
        with pytest.raises(Fault, match="Bad gateway") as caught:
            await ask(endpoint, method)
        assert caught.value.hint == (
            "It may have been carried out all the same: look before you try again."
        )
        assert asked == [method]
        with pytest.raises(Fault) as caught:
            await ask(endpoint)
        assert "carried out" not in str(caught.value)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_page_in_answer_to_a_write_is_no_success(method: str) -> None:
    """Somebody before the registry answered, such as one that wants a login."""

    async def page(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="<html><title>Log in</title></html>", content_type="text/html")

    async with answering(page) as endpoint:
        with pytest.raises(Fault, match="Tenant t: an HTML page came, “Log in”") as caught:
            await ask(endpoint, method)
        assert "may have been carried out" in caught.value.hint


async def test_a_type_without_a_page_is_a_success() -> None:
    """Some name a type although nothing follows (hono 1.1)."""

    async def nothing(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=204, headers={"Content-Type": "text/html"})

    async with answering(nothing) as endpoint:
        assert (await ask(endpoint, "DELETE")).status == 204


async def test_an_id_is_not_forgotten_where_a_page_answers_its_deletion(tmp_path: Path) -> None:
    """The device may be there."""

    async def old_behind_a_login(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "DELETE":
            return web.Response(text="<html>Log in</html>", content_type="text/html")
        return web.Response(status=405 if request.path == "/v1/tenants" else 404)

    known = KnownIds(tmp_path / "known.json")
    known.add_devices("yard", ["pump"])
    known.save()
    async with (
        answering(old_behind_a_login) as endpoint,
        HonoAdapter(replace(endpoint, pauses=()), known_file=tmp_path / "known.json") as adapter,
    ):
        assert adapter.devices is not None
        assert adapter.tenants is not None
        with pytest.raises(Fault, match="an HTML page came"):
            await adapter.devices.delete("yard", "pump", expected=None)
        with pytest.raises(Fault, match="an HTML page came"):
            await adapter.tenants.delete("yard", expected=None)
    assert KnownIds(tmp_path / "known.json").tenants == ["yard"]
    assert KnownIds(tmp_path / "known.json").devices("yard") == ["pump"]
