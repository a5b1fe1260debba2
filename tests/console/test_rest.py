"""The one request function: every failure told by its layer, nothing secret shown or repeated."""

from __future__ import annotations

import asyncio
import inspect
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from console.adapters.rest import RestClient
from console.adapters.rest_answer import Answer
from console.adapters.rest_endpoint import Endpoint, encoded_path, tls_context
from console.adapters.rest_refusals import Refusal, problem_of
from console.adapters.rest_unreachable import FOREIGN, unreachable
from console.adapters.rest_words import words_of
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unreachable,
    Unsupported,
    VersionMismatch,
)
from tests.contract.hono_serving import make_certificates

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(
    handler: Handler, *, context: ssl.SSLContext | None = None
) -> AsyncIterator[Endpoint]:
    """A server that answers as told, and how to reach it quickly or not at all."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    scheme = "http" if context is None else "https"
    endpoint = Endpoint(
        f"{scheme}://127.0.0.1:{port}", connect_seconds=2, read_seconds=2, pauses=(0.0, 0.0)
    )
    try:
        yield endpoint
    finally:
        await runner.cleanup()


async def ask(endpoint: Endpoint, method: str = "GET", **options: object) -> Answer:
    """One request over a connection of its own."""
    client = RestClient(endpoint)
    await client.open()
    try:
        return await client.request(method, ("v1", "tenants", "t"), what="tenant t", **options)  # type: ignore[arg-type]
    finally:
        await client.close()


# exceptions


def _httpx_exceptions() -> list[type[Exception]]:
    return [
        thing
        for name in httpx.__all__
        if inspect.isclass(thing := getattr(httpx, name)) and issubclass(thing, Exception)
    ]


@pytest.mark.parametrize("kind", _httpx_exceptions())
def test_no_exception_of_httpx_is_left_untranslated(kind: type[Exception]) -> None:
    """Each class is of a known family, and becomes an error with a layer and an address."""
    assert issubclass(kind, FOREIGN)
    error = kind.__new__(kind)
    Exception.__init__(error, "inner words with a secret")
    found = unreachable(error, "http://there:1")
    assert isinstance(found, Unreachable)
    assert found.message.startswith("http://there:1 ")
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("cause", "layer", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "name", "cannot be resolved"),
        (ConnectionRefusedError(111, "refused"), "refused", "refused the connection"),
        (ConnectionResetError(104, "reset"), "dropped", "dropped"),
        (ssl.SSLCertVerificationError(1, "no"), "tls", "certificate that is not accepted"),
    ],
)
def test_the_cause_behind_an_exception_tells_the_layer(
    cause: OSError, layer: str, words: str
) -> None:
    """However deep it is, in a group too."""
    outer = httpx.ConnectError("all attempts failed")
    middle = OSError("wrapped")
    middle.__cause__ = ExceptionGroup("several", [cause])
    outer.__cause__ = middle
    found = unreachable(outer, "https://there")
    assert found.layer == layer
    assert words in found.message


async def test_a_port_without_a_server_is_refused() -> None:
    """Not a byte has left, so that also a write was tried again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        await ask(Endpoint(f"http://127.0.0.1:{port}", pauses=(0.0,)), "PUT", body={})
    assert caught.value.layer == "refused"


async def test_a_proxy_that_is_not_there_is_named_instead_of_the_registry() -> None:
    """Nobody knows then whether the registry runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable, match=proxy) as caught:
        await ask(Endpoint("https://registry.invalid", proxy=proxy, pauses=()))
    assert (caught.value.layer, caught.value.hint) == ("refused", "Check proxy of the context.")


async def test_a_proxy_that_lets_nobody_through_is_told_with_its_answer() -> None:
    """Such as one that wants a login; its page is not repeated."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Log in\r\nContent-Length: 13\r\n\r\n<html>secret\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(
            Unreachable, match="through the proxy, which answers HTTP 407"
        ) as caught:
            await ask(Endpoint("https://registry.invalid", proxy=proxy, pauses=()))
    assert "secret" not in str(caught.value)


async def test_a_name_that_does_not_resolve_is_told_as_such() -> None:
    """`.invalid` never resolves."""
    with pytest.raises(Unreachable) as caught:
        await ask(Endpoint("http://registry.invalid:80", pauses=()))
    assert caught.value.layer == "name"


async def test_a_slow_server_ends_in_a_timeout() -> None:
    """And leaves the event loop free meanwhile."""
    ticks = 0

    async def stuck(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    async with answering(stuck) as endpoint:
        ticking = asyncio.create_task(tick())
        with pytest.raises(Unreachable) as caught:
            await ask(replace(endpoint, read_seconds=0.2, pauses=()))
        ticking.cancel()
    assert caught.value.layer == "timeout"
    assert ticks > 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_without_an_answer_is_said_to_have_perhaps_been_done(method: str) -> None:
    """Trying again at once is not the advice; a read may be tried again."""

    async def stuck(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with answering(stuck) as endpoint:
        quick = replace(endpoint, read_seconds=0.1, pauses=())
        with pytest.raises(Unreachable) as caught:
            await ask(quick, method)
        assert "may have been carried out" in str(caught.value)
        assert "look before you try again" in str(caught.value)
        with pytest.raises(Unreachable) as caught:
            await ask(quick)
        assert "carried out" not in str(caught.value)


async def test_a_write_that_was_never_sent_is_not_said_to_have_perhaps_been_done() -> None:
    """Nobody listens there."""
    async with answering(nothing_there) as endpoint:
        pass
    with pytest.raises(Unreachable) as caught:
        await ask(replace(endpoint, pauses=()), "POST")
    assert "carried out" not in str(caught.value)


async def nothing_there(_: web.BaseRequest) -> web.StreamResponse:
    """An answer that is not asked for."""
    return web.Response()


async def test_an_answer_that_trickles_for_ever_ends_too() -> None:
    """Each piece comes in time, the whole never does."""

    async def trickle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    async with answering(trickle) as endpoint:
        with pytest.raises(Unreachable) as caught:
            await ask(replace(endpoint, whole_seconds=0.3, pauses=()))
    assert caught.value.layer == "timeout"


async def test_what_is_not_http_is_told_as_dropped() -> None:
    """Another program listens there."""

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable) as caught:
            await ask(Endpoint(f"http://127.0.0.1:{port}", pauses=()))
    assert caught.value.layer == "dropped"


# TLS


async def test_a_certificate_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    """Which one it is, who issued it, until when, and why it is not accepted."""
    files = make_certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server, files.key)

    async def good(_: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({})

    async with answering(good, context=context) as endpoint:
        with pytest.raises(Unreachable) as caught:
            await ask(endpoint)
        assert caught.value.layer == "tls"
        assert "CN=registry.test, issued by CN=Yard CA" in caught.value.message
        assert "ca-file" in caught.value.hint
        assert (await ask(replace(endpoint, ca_file=files.authority))).status == 200
        elsewhere = tmp_path / "other"
        elsewhere.mkdir()
        other = make_certificates(elsewhere, name="Other CA")
        with pytest.raises(Unreachable, match="not accepted"):
            await ask(replace(endpoint, ca_file=other.authority))


async def test_a_server_that_wants_a_client_certificate_gets_it(tmp_path: Path) -> None:
    """Without one, the message says what to name."""
    files = make_certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files.authority)
    context.load_cert_chain(files.server, files.key)
    context.verify_mode = ssl.CERT_REQUIRED

    async def good(_: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({})

    async with answering(good, context=context) as endpoint:
        trusting = replace(endpoint, ca_file=files.authority, pauses=())
        with pytest.raises(Unreachable) as caught:
            await ask(trusting)
        assert caught.value.layer in ("tls", "dropped")
        showing = replace(trusting, client_cert=files.server, client_key=files.key)
        assert (await ask(showing)).status == 200


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """Missing, and not PEM."""
    with pytest.raises(Unreachable, match=r"missing\.pem"):
        tls_context(Endpoint("https://x", ca_file=tmp_path / "missing.pem"))
    broken = tmp_path / "broken.pem"
    broken.write_text("not PEM")
    with pytest.raises(Unreachable, match=r"broken\.pem cannot be used as authorities"):
        tls_context(Endpoint("https://x", ca_file=broken))
    with pytest.raises(Unreachable, match=r"broken\.pem cannot be used as client certificate"):
        tls_context(Endpoint("https://x", client_cert=broken))


# statuses


def refusal(status: int, body: bytes = b"", kind: str = "", **headers: str) -> Refusal:
    """An answer that is no success."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind:
        named["content-type"] = kind
    return Refusal(status, named, body, "tenant t", "http://there", ("hunter2",))


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (400, b'{"error":"bad"}', Invalid),
        (401, b"", Denied),
        (403, b'{"error":"not yours"}', Denied),
        (403, b'{"error":"configured device limit reached [4]"}', LimitReached),
        (404, b"", NotFound),
        (405, b"", Unsupported),
        (409, b"", AlreadyExists),
        (412, b'{"error":"resource version mismatch"}', VersionMismatch),
        (413, b'{"error":"N/A"}', Invalid),
        (415, b"", Invalid),
        (429, b"", Throttled),
        (500, b'{"error":"oops"}', Fault),
        (501, b"", Unsupported),
        (502, b"<html><title>Bad Gateway</title></html>", Fault),
        (503, b"", Fault),
        (302, b"", Fault),
        (418, b"", Fault),
    ],
)
def test_each_status_has_its_error(status: int, body: bytes, family: type[RegistryError]) -> None:
    """One message: what was asked for, the status, and the registry's own words or their lack."""
    error = problem_of(refusal(status, body))
    assert type(error) is family
    assert error.message.startswith("Tenant t: ")
    assert f"(HTTP {status})" in error.message
    assert "the registry says: " in error.message or "gave no reason" in error.message


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'{"error":"no such tenant"}', "application/json", "no such tenant"),
        (b'{"error":"N/A"}', "application/json", ""),
        (b"Empty body", "text/plain", "Empty body"),
        (
            b"<html><head><title>502 Bad &amp; Gateway</title></head></html>",
            "text/html",
            "“502 Bad & Gateway”",
        ),
        (b"<html><body><h1>Resource not found</h1></body></html>", "", "“Resource not found”"),
        (b"", "", ""),
        (b"\xff\xfe not text", "", "\ufffd\ufffd not text"),
        (b'["a"]', "application/json", '["a"]'),
        (b"[" * 100_000, "application/json", None),
    ],
)
def test_words_are_found_in_any_kind_of_body(body: bytes, kind: str, words: str | None) -> None:
    """JSON, plain text, a page, nothing, rubbish."""
    found = words_of(body, kind)
    assert len(found) <= 300
    assert words is None or found == words


def test_fields_that_a_server_names_are_marked_and_its_words_kept() -> None:
    """In a form beside their fields, elsewhere in the message; secrets in neither."""
    body = b'{"error":"bad sesame","problems":[{"field":"ext","problem":"not sesame"},7,{"a":1}]}'
    error = problem_of(replace(refusal(400, body, "application/json"), hidden=("sesame",)))
    assert isinstance(error, Invalid)
    assert [each.field for each in error.problems] == ["ext"]
    assert "not " in error.problems[0].problem
    assert "HTTP 400" in error.message
    assert "sesame" not in str(error) + error.problems[0].problem


def test_a_page_instead_of_json_is_diagnosed() -> None:
    """A proxy answers."""
    error = problem_of(refusal(404, b"<!DOCTYPE html><p>Not here", "text/html"))
    assert "HTML page" in error.hint


def test_a_page_that_comes_with_a_success_is_told_as_one() -> None:
    """Such as a proxy's that wants somebody to log in first."""
    page = Answer(200, {"content-type": "text/html"}, b"<html><title>Log in</title></html>")
    with pytest.raises(Fault) as caught:
        page.json("the list of tenants")
    assert caught.value.message == "The list of tenants: an HTML page came, “Log in”."
    assert "proxies between" in caught.value.hint
    with pytest.raises(Fault, match="is not JSON"):
        Answer(200, {"content-type": "application/json"}, b"{").json("the list")


def test_an_address_without_tls_that_is_hung_up_on_is_looked_at() -> None:
    """The usual reason is a registry that speaks TLS."""
    hung_up = httpx.RemoteProtocolError("Server disconnected without sending a response.")
    assert "https://" in unreachable(hung_up, "http://yard.example:1").hint
    assert unreachable(hung_up, "https://yard.example:1").hint == ""


def test_what_was_sent_in_secret_is_not_repeated() -> None:
    """A server may quote the request in its complaint."""
    error = problem_of(refusal(400, b'{"error":"cannot read hunter2 here"}'))
    assert "hunter2" not in str(error)
    assert "cannot read" in str(error)


@pytest.mark.parametrize("form", ['{"error":"%s"}', "%s", "<html><title>%s</title></html>", '"%s"'])
def test_a_secret_is_not_shown_in_part_where_words_are_cut_off(form: str) -> None:
    """It is looked for in the whole of what came."""
    secret = "hunter2" * 8
    body = (form % ("x" * 270 + secret)).encode()
    assert "hunter" not in words_of(body, "", (secret,))
    assert "hunter" in words_of(body, "")


def test_nothing_secret_stands_in_the_repr_of_a_refusal() -> None:
    """Nor what the server quotes of it."""
    assert "hunter2" not in repr(refusal(400, b'{"error":"cannot read hunter2 here"}'))


def test_a_secret_of_no_characters_hides_nothing() -> None:
    """As the rest of a header that ends with its scheme."""
    assert words_of(b"plain words", "text/plain", ("",)) == "plain words"


@given(status=st.integers(300, 599), body=st.binary(max_size=300), kind=st.text(max_size=20))
def test_any_answer_becomes_one_message(status: int, body: bytes, kind: str) -> None:
    """Never an exception of another family, never more than a screen of text."""
    error = problem_of(refusal(status, body, kind))
    assert isinstance(error, RegistryError)
    assert len(str(error)) < 1_000


# repeating


async def test_a_read_is_repeated_when_it_was_throttled_and_a_write_is_not() -> None:
    """What the registry asked for is waited for when it is short, and told when it is long."""
    asked: list[str] = []

    async def busy(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.method)
        if len(asked) < 3 and request.method == "GET":
            return web.Response(status=429, headers={"Retry-After": "0"})
        wait = {"Retry-After": "120"}
        return web.json_response({}) if request.method == "GET" else web.Response(
            status=503, headers=wait
        )  # fmt: skip

    async with answering(busy) as endpoint:
        assert (await ask(endpoint)).status == 200
        assert asked == ["GET"] * 3
        with pytest.raises(Throttled) as caught:
            await ask(endpoint, "PUT", body={})
        assert caught.value.retry_after == 120
        assert asked == ["GET"] * 3 + ["PUT"]


async def test_a_write_whose_answer_is_lost_is_not_sent_twice() -> None:
    """It may have been done."""
    asked: list[str] = []

    async def drop(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.method)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with answering(drop) as endpoint:
        with pytest.raises(Unreachable) as caught:
            await ask(endpoint, "POST", body={})
        assert caught.value.layer == "dropped"
        assert asked == ["POST"]
        with pytest.raises(Unreachable):
            await ask(endpoint)
        assert asked == ["POST", "GET", "GET", "GET"]


async def test_health_is_told_when_it_changes() -> None:
    """Once for each change, in words for the header."""
    good = True

    async def moody(request: web.BaseRequest) -> web.StreamResponse:
        if not good and request.transport is not None:
            request.transport.abort()
        return web.json_response({})

    told: list[str] = []
    async with answering(moody) as endpoint:
        client = RestClient(replace(endpoint, pauses=()), on_health=told.append)
        await client.open()
        for good in (True, True, False, False, True):
            try:
                await client.request("GET", ("v1",), what="it")
            except Unreachable:
                assert not good
        await client.close()
    assert told == ["connected", "connection dropped", "connected"]


async def test_a_request_that_is_cancelled_in_the_handshake_lets_go_of_its_connection() -> None:
    """The server sees the end at once, not when garbage is looked for."""
    greeted, ended = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        greeted.set()
        with suppress(ConnectionError):
            while await reader.read(4096):
                pass
        ended.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        asking = asyncio.create_task(ask(Endpoint(f"https://127.0.0.1:{port}")))
        await greeted.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(5):
            await ended.wait()


# paths and secrets


@pytest.mark.parametrize("segment", ["", ".", "..", "half \ud800"])
def test_an_id_that_would_ask_for_something_else_is_never_sent(segment: str) -> None:
    """`DELETE /v1/devices/T/` removes all devices of T (hono 1.1)."""
    with pytest.raises(Invalid, match="Nothing was sent"):
        encoded_path(("v1", "devices", "T", segment))


@pytest.mark.parametrize("segment", [".", ".."])
def test_why_an_id_of_dots_is_not_sent_is_said(segment: str) -> None:
    """Proxies read `%2E` as a dot, and would leave out the segment (RFC 3986 6.2.2)."""
    with pytest.raises(Invalid, match="not even percent-encoded") as refused:
        encoded_path(("v1", "devices", segment))
    assert "under another name" in refused.value.hint


async def test_ids_arrive_as_they_are() -> None:
    """Each segment is encoded as a whole, slashes, percent signs and dots too."""
    seen: list[str] = []

    async def note(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.raw_path)
        return web.json_response({})

    async with answering(note) as endpoint:
        client = RestClient(endpoint)
        await client.open()
        await client.request("GET", ("v1", "a/../b", "100%", "ä:=?#", "..."), what="it")
        await client.close()
    assert seen == ["/v1/a%2F..%2Fb/100%25/%C3%A4%3A%3D%3F%23/..."]


async def test_a_version_is_sent_bare_and_a_body_says_that_it_is_json() -> None:
    """Quotes would break the comparison (hono 3.1); the Authorization header goes along."""
    seen: dict[str, str] = {}

    async def note(request: web.BaseRequest) -> web.StreamResponse:
        seen.update(request.headers)
        return web.Response(status=204)

    async with answering(note) as endpoint:
        signed = replace(endpoint, authorization="Bearer hunter2")
        await ask(signed, "PUT", body={}, if_match="3f-e1")
    assert seen["If-Match"] == "3f-e1"
    assert seen["Content-Type"] == "application/json"
    assert seen["Authorization"] == "Bearer hunter2"


async def test_a_version_and_a_token_may_be_any_text() -> None:
    """A version goes back as it came; a token that nobody can have is refused by the server."""
    seen: list[bytes] = []

    async def note(request: web.BaseRequest) -> web.StreamResponse:
        seen.extend(value for name, value in request.raw_headers if name.lower() == b"if-match")
        return web.Response(status=204, headers={"ETag": "\u00fc-1"})

    async with answering(note) as endpoint:
        signed = replace(endpoint, authorization="Bearer \u00fcber")
        answer = await ask(signed)
        assert (await ask(signed, "PUT", if_match=answer.etag)).etag == "\u00fc-1"
    assert seen == ["\u00fc-1".encode()]


async def test_no_error_repr_or_traceback_shows_the_authorization() -> None:
    """Also when the server quotes it."""

    async def quote(request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({"error": request.headers["Authorization"]}, status=401)

    async with answering(quote) as endpoint:
        signed = replace(endpoint, authorization="Bearer hunter2")
        assert "hunter2" not in repr(signed)
        with pytest.raises(Denied) as caught:
            await ask(signed)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
