"""The order in which a request is looked at, and what each step answers (identityd 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry_backend.api.identity.endpoint import MAX_BODY
from tests.end_to_end.identity.client import LATEST, Api, Callers, Running, running
from tests.end_to_end.identity.conftest import CONFIGS

STRANGER = 65534
NOT_FOUND = "not found"
NO_METHOD = "method not allowed"
NO_VERSION = "api-version not specified"
REFUSED = "authorization error"
MODULES = f"/identities/modules?{LATEST}"
DEVICE = f"/identities/device?{LATEST}"


def no_module(name: str) -> str:
    """What is said of a module that the hub does not have."""
    return f"Hub client error\ncaused by: module {name} not found"


def bad(parameter: str, cause: str) -> str:
    """What is said of a parameter that cannot be."""
    return f'parameter "{parameter}" has an invalid value\ncaused by: {cause}'


@pytest.fixture
def root(own: Running) -> Api:
    """A caller who may do everything: the daemon's principal."""
    return own.api


@pytest.mark.parametrize(
    ("method", "target", "status", "message"),
    [
        # step 2: the version comes before everything else, and the last one counts
        ("GET", "/nowhere", 400, NO_VERSION),
        ("GET", "/identities/identity?api-version", 400, 'invalid api-version ""'),
        ("GET", "/identities/identity?Api-Version=2022-08-01", 400, NO_VERSION),
        (
            "GET",
            f"/identities/identity?{LATEST}&api-version=a%22b",
            400,
            'invalid api-version "a\\"b"',
        ),
        ("GET", "/identities/identity?api-version=2020-09-01-preview", 400, None),
        ("GET", f"/nowhere#?{LATEST}", 400, NO_VERSION),
        # step 3: paths are what they are
        ("GET", f"/?{LATEST}", 404, NOT_FOUND),
        ("GET", f"/identities/identity/?{LATEST}", 404, NOT_FOUND),
        ("GET", f"//identities/identity?{LATEST}", 404, NOT_FOUND),
        ("GET", f"/Identities/identity?{LATEST}", 404, NOT_FOUND),
        ("GET", f"/identities/%69dentity?{LATEST}", 404, NOT_FOUND),
        ("GET", f"/identities/modules/?{LATEST}&type=aziot", 404, NOT_FOUND),
        ("GET", f"/identities/modules/a/?{LATEST}&type=aziot", 404, NOT_FOUND),
        ("GET", f"/identities/modules/%ff?{LATEST}&type=aziot", 404, NOT_FOUND),
        ("GET", f"/identities/modules/a%2Fb?{LATEST}&type=aziot", 404, no_module("a/b")),
        ("GET", f"/identities/modules/a%zz?{LATEST}&type=aziot", 404, no_module("a%zz")),
        ("GET", f"/identities/modules/a+b?{LATEST}&type=aziot", 404, no_module("a+b")),
        ("GET", f"/identities/modules/FOREIGN?{LATEST}&type=aziot", 404, no_module("FOREIGN")),
        ("GET", f"/identities/modules/%C3%A9?{LATEST}&type=aziot", 404, no_module("é")),
        # step 4: the version decides what is there
        ("GET", "/identities/provisioning?api-version=2020-09-01", 404, NOT_FOUND),
        ("POST", "/identities/provisioning?api-version=2020-09-01", 404, NOT_FOUND),
        # step 5: a method that is not offered is a 400, before anybody asks who calls
        ("OPTIONS", MODULES, 400, NO_METHOD),
        ("DELETE", MODULES, 400, NO_METHOD),
        ("POST", f"/identities/modules/m?{LATEST}", 400, NO_METHOD),
        ("PUT", f"/identities/identity?{LATEST}", 400, NO_METHOD),
        ("POST", f"/trust-bundle?{LATEST}", 400, NO_METHOD),
        # step 11 and types: the first type counts
        ("GET", f"{MODULES}&type=local", 400, bad("type", "invalid type: local")),
        ("GET", f"{MODULES}&type=AZIOT", 400, bad("type", "invalid type: AZIOT")),
        ("GET", f"{MODULES}&type=", 400, bad("type", "invalid type: ")),
        ("GET", f"{MODULES}&type=a+b", 400, bad("type", "invalid type: a b")),
        ("GET", f"{MODULES}&type=%ff", 400, bad("type", "invalid type: �")),
        (
            "DELETE",
            f"/identities/modules/%09?{LATEST}&type=aziot",
            400,
            bad("module_id", "module name cannot be empty"),
        ),
        (
            "DELETE",
            f"/identities/modules/m?{LATEST}&type=local",
            400,
            bad("type", "invalid type: local"),
        ),
        (
            "DELETE",
            f"/identities/modules/absent?{LATEST}&type=aziot",
            404,
            "Hub client error\ncaused by: unexpected HTTP status code: 404 Not Found",
        ),
    ],
)
def test_each_step_answers_in_its_turn(
    root: Api, method: str, target: str, status: int, message: str | None
) -> None:
    """What is wrong first in the daemon's order is what is told."""
    reply = root(method, target)
    assert reply.status == status
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json) == {"message"}
    assert message in (None, reply.message)


@pytest.mark.parametrize(
    ("method", "target", "body", "content_type", "status", "message"),
    [
        # step 7: what is not said to be JSON is no body at all
        ("POST", DEVICE, b'{"type":"x"}', "text/plain", 400, "missing request body"),
        ("POST", DEVICE, b"", "application/json", 400, "missing request body"),
        ("POST", DEVICE, b'{"type":"x"}', "application/json; charset=utf-8", 200, None),
        ("POST", DEVICE, b'{"type":"x","more":[1]}', None, 200, None),
        ("POST", DEVICE, b'["x"]', None, 200, None),
        ("POST", DEVICE, b'["x","y"]', None, 422, None),
        ("POST", DEVICE, b"[1]", None, 422, None),
        ("POST", DEVICE, b"null", None, 422, None),
        ("POST", DEVICE, b'"aziot"', None, 422, None),
        ("POST", DEVICE, b'{"type":"a","type":"b"}', None, 422, None),
        ("POST", DEVICE, b'{"Type":"a"}', None, 422, None),
        ("POST", DEVICE, b"\xff", None, 422, None),
        ("POST", DEVICE, b'\xef\xbb\xbf{"type":"a"}', None, 422, None),
        ("POST", DEVICE, b'{"type":"\\ud800"}', None, 422, None),
        ("POST", DEVICE, b'{"type":"a"} x', None, 422, None),
        ("POST", DEVICE, b"[" * 100_000, None, 422, None),
        ("POST", MODULES, b'["aziot","m"]', None, 422, None),
        ("POST", MODULES, b'{"type":"aziot"}', None, 422, None),
        ("POST", MODULES, b'{"type":"aziot","moduleId":null}', None, 422, None),
        ("POST", MODULES, b'{"type":"aziot","moduleId":"m","moduleId":"m"}', None, 422, None),
        (
            "POST",
            MODULES,
            b'{"type":"aziot","moduleId":" "}',
            None,
            400,
            bad("module_id", "module name cannot be empty"),
        ),
        (
            "POST",
            MODULES,
            b'{"type":"local","moduleId":"loc1"}',
            None,
            400,
            bad("moduleId", "local identity for loc1 already exists"),
        ),
        # step 9: PUT wants JSON, and some of it
        ("PUT", f"/identities/modules/m?{LATEST}&type=aziot", b"{}", "text/json", 415, None),
        ("PUT", f"/identities/modules/m?{LATEST}&type=aziot", b"", "application/json", 422, None),
        ("PUT", f"/identities/modules/m?{LATEST}&type=aziot", b"{", "application/json", 422, None),
        ("DELETE", f"/identities/modules/m?{LATEST}&type=aziot", b"{", None, 422, None),
    ],
)
def test_bodies_are_read_as_the_daemon_reads_them(
    root: Api,
    method: str,
    target: str,
    body: bytes,
    content_type: str | None,
    status: int,
    message: str | None,
) -> None:
    """What a body must be depends on the method, and what it is said to be on its Content-Type."""
    reply = root(method, target, body=body, content_type=content_type)
    assert reply.status == status
    assert message is None or reply.message == message


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("POST", DEVICE, b"{bad", 422),
        ("POST", DEVICE, None, 400),
        ("POST", DEVICE, b'{"type":"a"}', 401),
        ("GET", f"{MODULES}&type=nonsense", None, 401),
        ("GET", f"/identities/modules/%20?{LATEST}&type=aziot", None, 401),
        ("PUT", f"/identities/modules/m?{LATEST}&type=nonsense", b"{}", 401),
        ("POST", MODULES, b'{"type":"nonsense","moduleId":""}', 401),
    ],
)
def test_who_calls_is_asked_after_the_body_and_before_the_type(
    manual: Running, method: str, target: str, body: bytes | None, status: int
) -> None:
    """A stranger is told of malformed JSON, and of a wrong type only that the call is refused."""
    reply = manual.api.of(STRANGER)(method, target, body=body)
    assert reply.status == status
    assert status != 401 or reply.message == REFUSED


def test_a_target_in_absolute_form_is_taken_by_its_path(root: Api) -> None:
    """Device Update calls so."""
    reply = root("GET", f"http://foo/identities/provisioning?{LATEST}")
    assert (reply.status, reply.json) == (200, {"source": "manual", "auth": "sas"})


def test_old_http_and_requests_without_a_host_are_answered(root: Api) -> None:
    """A line and nothing else is a request."""
    for version, more in (("1.0", ""), ("1.1", "Connection: close\r\n")):
        head = f"GET /trust-bundle?{LATEST} HTTP/{version}\r\n{more}\r\n"
        assert root.read(root.raw(head.encode())).json == {"certificate": ""}


def test_a_request_written_by_hand_is_answered(root: Api) -> None:
    """Newlines alone end its lines, and a name stands in it as it is spelled."""
    target = f"/identities/modules/küche?type=aziot&{LATEST}"
    for version in ("1.0", "1.1"):
        reply = root.read(root.raw(f"GET {target} HTTP/{version}\nConnection: close\n\n".encode()))
        assert (reply.status, reply.message) == (404, no_module("küche"))


def test_a_client_that_asks_whether_to_go_on_is_told_so(manual: Running) -> None:
    """`Expect: 100-continue` is answered before the body comes."""
    with manual.api.connect() as connection:
        head = (
            f"POST {DEVICE} HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n"
        )
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"type":"a"}')
        received = b"".join(iter(lambda: connection.recv(1000), b""))
    assert received.startswith(b"HTTP/1.1 ")
    assert b" 100 " not in received


def test_a_connection_serves_one_request_after_another(manual: Running) -> None:
    """Keep-alive and chunked bodies are understood."""
    chunked = (
        f"POST {DEVICE} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        'c\r\n{"type":"a"}\r\n0\r\n\r\n'
    )
    last = f"GET /trust-bundle?{LATEST} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    received = manual.api.raw((chunked + last).encode())
    assert received.count(b"HTTP/1.1 ") == 2
    assert received.endswith(b'{"certificate":""}')


def test_a_body_that_is_too_long_is_not_read(root: Api) -> None:
    """The daemon has no bound; ours is far above what any caller sends."""
    reply = root("POST", DEVICE, body=b" " * (MAX_BODY + 1))
    assert reply.status == 413


@pytest.fixture(scope="module")
def impatient(callers: Callers) -> Iterator[Running]:
    """A service that waits a moment for bodies."""
    with running(callers, CONFIGS["none"], body_seconds=0.05) as service:
        yield service


def test_a_body_that_does_not_come_ends_the_wait(impatient: Running) -> None:
    """The caller is told that the deadline has elapsed, and the connection ends."""
    with impatient.api.connect() as connection:
        head = f"POST {DEVICE} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
        connection.sendall(head.encode() + b"{")
        received = b"".join(iter(lambda: connection.recv(1000), b""))
    reply = Api.read(received)
    assert (reply.status, reply.message) == (408, "deadline has elapsed")
