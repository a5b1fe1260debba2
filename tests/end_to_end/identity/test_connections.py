"""How many connections one uid may hold, and what becomes of hostile ones (identityd 6)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.end_to_end.identity.client import LATEST, Api, Callers, Running, running
from tests.end_to_end.identity.conftest import CONFIGS
from tests.end_to_end.identity.heard import hearing

ASK = f"GET /trust-bundle?{LATEST} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
TWO = "max_requests = 2\n" + CONFIGS["none"]


def answered(connection: socket.socket) -> bool:
    """Whether a request on that connection gets an answer; not, when it is cut."""
    try:
        connection.sendall(ASK)
        return connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
    except (BrokenPipeError, ConnectionResetError):
        return False


@pytest.fixture
def two(callers: Callers) -> Iterator[Running]:
    """A service that lets each uid have two connections."""
    with running(callers, TWO) as service:
        yield service


def test_one_connection_too_many_is_dropped_without_a_byte(two: Running) -> None:
    """Idle ones count, the log names the uid, and others are not disturbed."""
    with ExitStack() as stack, hearing() as heard:
        held = [stack.enter_context(two.api.connect()) for _ in range(2)]
        assert [answered(each) for each in held] == [True, True]
        assert not answered(stack.enter_context(two.api.connect()))
        heard.wait_for(f"Max simultaneous connections reached for user {os.geteuid()}")
        assert [answered(each) for each in held] == [True, True]
        if os.geteuid() == 0:
            assert two.api.of(1000)("GET", f"/trust-bundle?{LATEST}").status == 200


def test_a_connection_that_ends_makes_room(two: Running) -> None:
    """Whoever closed one may open another, however often."""
    with two.api.connect() as kept:
        assert answered(kept)
        for _ in range(5):
            assert two.api("GET", f"/trust-bundle?{LATEST}").status == 200


HOSTILE = [
    b"\r\n\r\n",
    b"garbage\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 5_000 + b"\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_garbage_gets_a_status_and_nothing_else(hubless: Running, data: bytes) -> None:
    """A peer that speaks no HTTP is told so without an echo, and others are served on."""
    with hubless.api.connect() as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        except (BrokenPipeError, ConnectionResetError):
            received = b""
    if received:
        reply = Api.read(received)
        assert reply.status == 400
        assert b"Traceback" not in received
        assert reply.body == b"" or set(reply.json) == {"message"}
    assert hubless.api("GET", f"/trust-bundle?{LATEST}").status == 200


@pytest.mark.parametrize("method", ["FOO", "get", "CONNECT", "PROPFIND", "X-ASK"])
def test_a_method_that_nobody_knows_is_answered_as_one_not_offered(
    hubless: Running, method: str
) -> None:
    """After path and version, and the connection goes on (identityd 1.1)."""
    ask = f"{method} /trust-bundle?{LATEST} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with hubless.api.connect() as connection:
        connection.sendall(ask)
        reply = Api.read(connection.recv(65536))
        assert (reply.status, reply.json) == (400, {"message": "method not allowed"})
        assert answered(connection)


def test_a_request_is_answered_whatever_comes_behind_it(hubless: Running) -> None:
    """The second lacks its Host, which only the first of a connection may."""
    bare = ASK.replace(b"Host: a\r\n", b"")
    with hubless.api.connect() as connection:
        connection.sendall(bare + bare)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.count(b"HTTP/1.") == 2


SLOW_BODY = f"POST /identities/device?{LATEST} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{{"


@pytest.mark.parametrize("data", [b"", b"GET /trust", ASK[:-2], SLOW_BODY.encode()])
def test_half_a_request_holds_up_nobody(hubless: Running, data: bytes) -> None:
    """Peers that go away in the middle leave nothing behind, and their places become free."""
    for _ in range(30):  # more than a uid may hold at a time
        with hubless.api.connect() as connection, suppress(BrokenPipeError):
            connection.sendall(data)
    assert any(_served(hubless.api) for _ in range(1000))


def _served(api: Api) -> bool:
    with api.connect() as connection:
        return answered(connection)


TARGETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])


@given(METHODS, TARGETS, st.binary(max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_makes_it_fail(hubless: Running, method: str, target: str, body: bytes) -> None:
    """Whatever is asked in HTTP gets an answer that says whose fault it is: the caller's."""
    for prefix in ("/", f"/identities/modules/x?{LATEST}&", f"/identities/modules?{LATEST}&"):
        reply = hubless.api.of(os.geteuid())(method, prefix + target, body=body)
        assert reply.status in (200, 204, 400, 401, 404, 415, 422)
