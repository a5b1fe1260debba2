"""What client libraries hide: requests as old clients write them, byte by byte (iothub 9)."""

from __future__ import annotations

import json
import socket

import pytest

from tests.end_to_end.hono.client import Api
from tests.end_to_end.iothub.hub import NEW, OLD, HubApi, refusal

CRLF = "\r\n"


def send(hub: HubApi, head: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request that is sent as it stands."""
    lines = [head, f"Host: {hub.api.headers['Host']}", "Connection: close", "", ""]
    with socket.create_connection(hub.api.place, timeout=20) as connection:
        connection.sendall(CRLF.join(lines).encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    start, _, rest = answer.partition(b"\r\n\r\n")
    status, *fields = start.decode().split(CRLF)
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}
    return int(status.split()[1]), headers, rest


def device_body(device_id: str) -> bytes:
    """The least that a create sends."""
    return json.dumps({"deviceId": device_id}).encode()


@pytest.mark.parametrize("chunks", [[1000], [1, 5, 1000], [2] * 20])
def test_a_chunked_body_without_length_is_read(hub: HubApi, chunks: list[int]) -> None:
    """As the first generation of clients sends all of theirs, without a Content-Type too."""
    body, sent = device_body("d"), b""
    for size in [*chunks, 1000]:
        part, body = body[:size], body[size:]
        sent += b"%x\r\n%s\r\n" % (len(part), part) if part else b""
    head = f"PUT /devices/d?api-version={OLD} HTTP/1.1{CRLF}Transfer-Encoding: chunked"
    status, headers, _ = send(hub, head, sent + b"0\r\n\r\n")
    assert (status, headers["etag"]) == (200, '"MA=="')
    assert hub.get("d").status == 200


def test_a_chunked_body_that_breaks_off_changes_nothing(hub: HubApi) -> None:
    """Nothing of it is believed."""
    head = f"PUT /devices/d?api-version={NEW} HTTP/1.1{CRLF}Transfer-Encoding: chunked"
    lines = f"{head}{CRLF}Host: {hub.api.headers['Host']}{CRLF}{CRLF}"
    with socket.create_connection(hub.api.place, timeout=20) as connection:
        connection.sendall(lines.encode() + b'f\r\n{"deviceId":"d"\r\n')
    assert hub.get("d").status == 404


@pytest.mark.parametrize("path", ["/devices", "/devices/"])
def test_a_trailing_slash_changes_nothing(hub: HubApi, path: str) -> None:
    """Of lists, bulk calls and single devices."""
    body = json.dumps([{"id": "d"}]).encode()
    head = f"POST {path}?api-version={NEW} HTTP/1.1{CRLF}Content-Length: {len(body)}"
    assert send(hub, head, body)[0] == 200
    status, _, listed = send(hub, f"GET {path}?api-version={NEW} HTTP/1.1")
    assert (status, [each["deviceId"] for each in json.loads(listed)]) == (200, ["d"])
    assert send(hub, f"GET /devices/d/?api-version={NEW} HTTP/1.1")[0] == 200
    assert send(hub, f"GET /statistics/devices/?api-version={NEW} HTTP/1.1")[0] == 200


@pytest.mark.parametrize(
    ("device_id", "segment"),
    [
        ("a+b", "a+b"),
        ("a#d", "a#d"),
        ("a%c", "a%c"),
        ("a'b", "a'b"),
        ("100%", "100%"),
        ("a%2", "a%2"),
        ("(!),=@;$*:", "(!),=@;$*:"),
        ("A", "%41"),
        ("a+b", "a%2bb"),
        ("%41", "%2541"),
    ],
)
def test_an_id_is_taken_from_the_raw_path(hub: HubApi, device_id: str, segment: str) -> None:
    """Decoded once where that can be done, as it is elsewhere; a plus is a plus (iothub 5.4)."""
    body = device_body(device_id)
    head = f"PUT /devices/{segment}?api-version={OLD} HTTP/1.1{CRLF}Content-Length: {len(body)}"
    status, _, answer = send(hub, head, body)
    assert (status, json.loads(answer)["deviceId"]) == (200, device_id)
    assert hub.get(device_id).status == 200
    status, headers, _ = send(hub, f"GET /devices/{segment}?api-version={OLD} HTTP/1.1")
    assert (status, headers["etag"]) == (200, '"MA=="')


@pytest.mark.parametrize("star", ["*", '"*"'])
def test_a_star_may_stand_bare(hub: HubApi, star: str) -> None:
    """Bare from old clients, in quotes from later ones, with no length or a length of 0."""
    for length in ("", f"{CRLF}Content-Length: 0"):
        hub.put("d")
        head = f"DELETE /devices/d?api-version={OLD} HTTP/1.1{CRLF}If-Match: {star}{length}"
        status, headers, body = send(hub, head)
        assert (status, body) == (204, b"")
        assert headers["x-ms-request-id"]


def test_an_if_match_given_twice_is_a_list(hub: HubApi) -> None:
    """Either value will do (RFC 9110)."""
    hub.put("d")
    head = f'DELETE /devices/d?api-version={OLD} HTTP/1.1{CRLF}If-Match: "x"{CRLF}If-Match: "MA=="'
    assert send(hub, head)[0] == 204


@pytest.mark.parametrize(
    "kind",
    ["", "Content-Type: text/plain", "Content-Type: application/json; charset=utf-8", "x: y"],
)
def test_a_content_type_is_not_asked_for(hub: HubApi, kind: str) -> None:
    """A body is JSON whatever is said of it; the answer says what it is (iothub 2)."""
    body = device_body("d")
    fields = f"Content-Length: {len(body)}" + (f"{CRLF}{kind}" if kind else "")
    status, headers, _ = send(hub, f"PUT /devices/d?api-version={NEW} HTTP/1.1{CRLF}{fields}", body)
    assert status == 200
    assert headers["content-type"] == "application/json; charset=utf-8"


def test_a_body_with_a_mark_of_its_encoding_is_read(hub: HubApi) -> None:
    """Some libraries write one."""
    assert hub("PUT", "/devices/d", body=b"\xef\xbb\xbf" + device_body("d")).status == 200


def test_a_target_in_absolute_form_is_read(hub: HubApi) -> None:
    """As proxies send it."""
    hub.put("d")
    host = hub.api.headers["Host"]
    assert send(hub, f"GET http://{host}/devices/d?api-version={NEW} HTTP/1.1")[0] == 200


def test_the_host_of_an_absolute_target_counts_and_not_the_header(server: Api, hub: HubApi) -> None:
    """So that a device is made in the hub that was addressed (RFC 9112 3.2.2)."""
    body = device_body("d")
    other = HubApi(Api(server.address, headers={"Host": "another.azure-devices.net"}))
    head = f"PUT http://{hub.api.headers['Host']}/devices/d?api-version={NEW} HTTP/1.1"
    assert send(other, f"{head}{CRLF}Content-Length: {len(body)}", body)[0] == 200
    assert hub.get("d").status == 200


def test_fixed_parts_of_a_path_have_no_case(hub: HubApi) -> None:
    """Ids have."""
    hub.put("d")
    assert hub("GET", "/Devices/d").status == 200
    assert hub("GET", "/STATISTICS/devices").status == 200
    assert refusal(hub("GET", "/devices/D")) == (404, "DeviceNotFound")


def test_too_many_parameters_are_refused(hub: HubApi) -> None:
    """400 in the hub's form."""
    many = "&".join(f"p{number}=1" for number in range(101))
    assert refusal(hub("GET", f"/devices?{many}")) == (400, "GenericBadRequest")


@pytest.mark.parametrize("query", ["top=%zz", "top=%ff", "=", "&&", "top", "top=1&top=2"])
def test_odd_parameters_do_no_harm(hub: HubApi, query: str) -> None:
    """What cannot be read is not what was meant."""
    assert hub("GET", f"/devices?{query}").status == 200


@pytest.mark.parametrize(
    "head",
    [
        f"GET /devices/d?api-version={NEW} HTTP/1.1{CRLF}Bad Header",
        f"PUT /devices/d?api-version={NEW} HTTP/1.1{CRLF}Content-Length: -1",
        f"GET /devices/d?a={'a' * 20_000} HTTP/1.1",
        f"GET /twins/d HTTP/1.1{CRLF}{f'X: y{CRLF}' * 1_000}X: y",
    ],
)
def test_what_is_no_http_is_refused_as_a_hub_refuses(hub: HubApi, head: str) -> None:
    """Form A wherever the path can be read, without a word of what was sent (iothub 4.7)."""
    status, headers, body = send(hub, head)
    assert (status, headers["server"]) == (400, "idconsole")
    assert headers["iothub-errorcode"] == "GenericBadRequest"
    assert headers["x-ms-request-id"]
    told = json.loads(body)
    assert "ErrorCode:GenericBadRequest" in told["Message"]
    assert "aaa" not in body.decode()
