"""Paths, methods and headers as they cross the wire (hono 1.1, 3.2)."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from tests.end_to_end.hono.client import Api
from tests.end_to_end.hono.conftest import MAX_PAYLOAD


def exchange(api: Api, sent: bytes, *, cut_off: bool = False) -> bytes:
    """All that comes back for raw bytes, until the server closes."""
    with socket.create_connection(api.place, timeout=20) as connection:
        connection.sendall(sent)
        if cut_off:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_trailing_slash_is_ignored(either: Api, tenant: str) -> None:
    """For lists and for single resources alike."""
    assert either("GET", f"/v1/tenants/{tenant}/").status == 200
    assert either("POST", "/v1/tenants/").status == 201
    assert either("POST", f"/v1/devices/{tenant}/").status == 201


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/tenants", "/v1/tenants/a/b", "/devices/v1/t/d", "/v1/devices//d"]
)
def test_an_unknown_path_gets_a_page(either: Api, path: str) -> None:
    """404 in HTML, not in JSON; the seed's mistyped update path is one of them (hono 8, 1)."""
    reply = either("PUT", path, {})
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert b"Resource not found" in reply.body


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS", "QUERY"])
def test_a_known_path_says_which_methods_it_has(either: Api, tenant: str, method: str) -> None:
    """405, an empty body, and Allow."""
    reply = either(method, f"/v1/tenants/{tenant}")
    assert (reply.status, reply.body) == (405, b"")
    assert reply.headers["allow"] == "DELETE, GET, POST, PUT"


@pytest.mark.parametrize("part", ["%zz", "%", "%4", "%ff", "%c3%28", "a%2"])
def test_percent_encoding_that_does_not_decode_is_400(either: Api, part: str) -> None:
    """In the path and in the query, with the reason."""
    for target in (f"/v1/tenants/{part}", f"/v1/tenants/t?x={part}"):
        reply = either("GET", target)
        assert reply.status == 400
        assert b"%" in reply.body or b"percent" in reply.body


def test_segments_are_decoded_before_they_are_looked_at(api: Api, tenant: str) -> None:
    """`:` and `=` may be encoded or not; a slash inside a segment is no separator."""
    assert api("POST", f"/v1/devices/{tenant}/a%3Ab%3D").json == {"id": "a:b="}
    assert api("GET", f"/v1/devices/{tenant}/a:b=").status == 200
    reply = api("GET", f"/v1/devices/{tenant}/a%2Fb")
    assert reply.status == 400
    assert "value: a/b" in reply.error


def test_a_plus_in_a_path_is_a_plus(old: Api, tenant: str) -> None:
    """Only queries write blanks so."""
    assert old("POST", f"/v1/devices/{tenant}/a+b%20c").json == {"id": "a+b c"}
    assert old("GET", f"/v1/devices/{tenant}/a+b%20c").status == 200


@pytest.mark.parametrize(
    ("target", "parameter", "pattern"),
    [
        ("/v1/tenants/a%20b", "tenant_id", "a-zA-Z0-9"),
        ("/v1/devices/t/a$b", "device_id", ":="),
        ("/v1/credentials/t/%C3%A9", "device_id", ":="),
    ],
)
def test_an_id_that_does_not_fit_is_400_in_hono_s_words(
    api: Api, target: str, parameter: str, pattern: str
) -> None:
    """The message names parameter, value and pattern (hono 2.1)."""
    reply = api("GET", target)
    assert reply.status == 400
    assert reply.error.startswith(f"request parameter [name: {parameter}, value: ")
    assert "failed validation: value does not match pattern [^[" in reply.error
    assert pattern in reply.error


def test_a_preflight_is_answered_for_every_method_of_a_path(either: Api) -> None:
    """204 with origin, methods and headers, on lists too (hono 1.1)."""
    page = replace(
        either, headers={"Origin": "http://ui.example", "Access-Control-Request-Method": "PUT"}
    )
    reply = page("OPTIONS", "/v1/tenants/t")
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == "DELETE, GET, POST, PUT"
    allowed = reply.headers["access-control-allow-headers"]
    assert {"content-type", "authorization", "if-match"} <= set(allowed.split(", "))
    assert "POST" in page("OPTIONS", "/v1/tenants").headers["access-control-allow-methods"]


def test_an_answer_to_a_page_exposes_the_etag(either: Api, tenant: str) -> None:
    """Only with an Origin."""
    reply = either("GET", f"/v1/tenants/{tenant}", Origin="http://ui.example")
    assert reply.headers["access-control-expose-headers"] == "ETag"
    assert "access-control-allow-origin" not in either("GET", f"/v1/tenants/{tenant}").headers


@pytest.mark.parametrize(
    ("content_type", "body", "told"),
    [
        (None, b"{}", "Missing Content-Type header"),
        ("text/plain", b"{}", "Unsupported Content-Type [text/plain]"),
        ("application/json", b"", "Empty body"),
        ("application/json", b"null", "Null body"),
        ("application/json", b"{", "Invalid JSON"),
        ("application/json", b'{"ext": NaN}', "Invalid JSON"),
        ("application/json", b"\xff", "Invalid JSON"),
        ("application/json", b"[" * 15000, "Invalid JSON"),
        ("application/json", b'{"ext":{"a":"\\ud800"}}', "Invalid JSON"),
    ],
)
def test_a_put_needs_json_and_says_so_otherwise(
    either: Api, tenant: str, content_type: str | None, body: bytes, told: str
) -> None:
    """400 in Hono's words, as JSON in 2.x and as plain text in 1.1 (hono 3.2)."""
    reply = either("PUT", f"/v1/tenants/{tenant}", body=body, content_type=content_type)
    assert reply.status == 400
    assert told in reply.body.decode()
    kind = reply.headers["content-type"]
    assert kind.startswith(("application/json", "text/plain"))


def test_the_content_type_may_have_parameters_and_any_case(either: Api, tenant: str) -> None:
    """Compared without either (hono 3.2)."""
    kind = "Application/JSON; charset=UTF-8"
    assert either("PUT", f"/v1/tenants/{tenant}", body=b"{}", content_type=kind).status == 204


def test_a_post_without_body_needs_no_content_type(either: Api) -> None:
    """And one with a Content-Type but no body is good as well: the seed's first example."""
    assert either("POST", "/v1/tenants").status == 201
    assert either("POST", "/v1/tenants", body=b"").status == 201
    assert either("POST", "/v1/tenants", body=b"{}", content_type=None).status == 400


def test_a_body_over_the_limit_is_413(either: Api, tenant: str) -> None:
    """At the limit it is taken; over it not, whether its length is told or not."""
    fitting = b'{"ext":{"a":"' + b"x" * (MAX_PAYLOAD - 16) + b'"}}'
    assert len(fitting) == MAX_PAYLOAD
    path = f"/v1/tenants/{tenant}"
    assert either("PUT", path, body=fitting).status == 204
    assert either("PUT", path, body=fitting + b" ").status == 413
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    size = f"{len(fitting):x}\r\n".encode()
    chunks = (size + fitting + b"\r\n") * 2 + b"0\r\n\r\n"
    answer = exchange(either, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert either("GET", path).json["ext"]["a"].startswith("xxx")


def test_a_chunked_body_is_read_whole(either: Api, tenant: str) -> None:
    """Chunks are joined."""
    head = f"PUT /v1/tenants/{tenant} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = b'6\r\n{"ext"\r\n9\r\n:{"a":1}}\r\n0\r\n\r\n'
    sent = head.encode() + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    assert exchange(either, sent).startswith(b"HTTP/1.1 204 ")
    assert either("GET", f"/v1/tenants/{tenant}").json["ext"] == {"a": 1}


def test_a_body_that_is_cut_off_changes_nothing(either: Api, tenant: str) -> None:
    """Whatever arrived of it is no request."""
    before = either("GET", f"/v1/tenants/{tenant}").etag
    head = f"PUT /v1/tenants/{tenant} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    exchange(either, head.encode() + b'Content-Length: 100\r\n\r\n{"enabled":false}', cut_off=True)
    assert either("GET", f"/v1/tenants/{tenant}").etag == before


def test_a_client_may_wait_for_100_continue(either: Api, tenant: str) -> None:
    """The server asks for the body before it answers."""
    head = f"PUT /v1/tenants/{tenant} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    rest = b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    with socket.create_connection(either.place, timeout=20) as connection:
        connection.sendall(head.encode() + rest)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 204 ")


def test_a_compressed_body_is_refused(either: Api, tenant: str) -> None:
    """It would grow past the limit behind our back."""
    reply = either("PUT", f"/v1/tenants/{tenant}", body=b"x", Content_Encoding="gzip")
    assert reply.status == 400
    assert b"Content-Encoding" in reply.body


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/tenants HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"PUT /v1/tenants/t HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400(either: Api, sent: bytes) -> None:
    """Heads that are malformed or without end; the reason echoes nothing and names no library."""
    received = exchange(either, sent)
    assert received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"\r\nServer: idconsole\r\n" in head
    assert b"aiohttp" not in received
    assert b"aaa" not in received
    assert b"the head of the request is too long" in body or b"the request is no HTTP" in body


def test_what_is_no_http_is_refused_in_the_form_of_the_vintage(api: Api, old: Api) -> None:
    """JSON in 2.x, plain text in 1.1 (hono 3.2)."""
    sent = b"GET /v1/tenants HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n"
    head, _, body = exchange(api, sent).partition(b"\r\n\r\n")
    assert b"Content-Type: application/json; charset=utf-8" in head
    assert json.loads(body)["error"].startswith("the request is no HTTP")
    head, _, body = exchange(old, sent).partition(b"\r\n\r\n")
    assert b"Content-Type: text/plain" in head
    assert body.startswith(b"the request is no HTTP")


def test_an_answer_names_the_program_and_no_version(either: Api) -> None:
    """Nobody needs to know which library it runs on."""
    assert either("GET", "/").headers["server"] == "idconsole"
