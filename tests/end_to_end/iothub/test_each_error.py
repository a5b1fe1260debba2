"""Errors that take more than one request to provoke, each with its code (iothub 2.3, 4.8)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from registry_backend.api.iothub import HubOptions, endpoint
from registry_backend.api.requests import read_body
from registry_backend.server import Listener, Serving
from registry_backend.storage import sqlite_writer
from tests.end_to_end.hono.client import Api, Reply, running
from tests.end_to_end.iothub.hub import KEY, NEW, HubApi, keys_of, path_of, refusal
from tests.end_to_end.iothub.test_wire import CRLF, send

HOSTILE_LENGTH = 4000
"""Of a header: one that is read in two ways at each place would never be refused."""


@contextmanager
def served(data: Path, **options: Any) -> Iterator[HubApi]:
    """A hub of its own over that file."""
    listener = Listener("127.0.0.1", 0, hub=HubOptions(signed=False, **options))
    with running(Serving(data, [listener])) as (address,):
        yield HubApi(Api(address))


@pytest.mark.parametrize(
    "header",
    [
        "a" + " " * HOSTILE_LENGTH + '"',
        '"' * HOSTILE_LENGTH,
        'W/"' * (HOSTILE_LENGTH // 3),
        '"MA==',
    ],
    ids=["blanks", "quotes", "beginnings", "open"],
)
def test_an_if_match_that_is_no_list_of_etags_matches_nothing(hub: HubApi, header: str) -> None:
    """However it was made up: it is refused at once, and others are answered meanwhile."""
    before = hub.put("d").json
    assert refusal(hub.put("d", if_match=header)) == (412, "PreconditionFailed")
    assert refusal(hub.delete("d", header)) == (412, "PreconditionFailed")
    assert hub.get("d").json == before


@pytest.mark.parametrize("header", ['"a,*,b"', 'a "*"', '"MQ==,MA==,Mg=="', '"x" "MA=="'])
def test_what_stands_inside_another_etag_is_not_one(hub: HubApi, header: str) -> None:
    """Neither the star nor the device's own, so that nothing is overwritten by mistake."""
    before = hub.put("d").json
    assert refusal(hub.put("d", if_match=header)) == (412, "PreconditionFailed")
    assert hub.get("d").json == before


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"deviceId": "other"}, "ArgumentInvalid"),
        ({"deviceId": None}, "ArgumentNull"),
        ({"status": "perhaps"}, "DeserializationError"),
        ({"statusReason": "x" * 129}, "ArgumentInvalid"),
        ({"authentication": {"symmetricKey": {"primaryKey": KEY}}}, "ArgumentInvalid"),
        ({"authentication": {"x509Thumbprint": {"primaryThumbprint": "z"}}}, "ArgumentInvalid"),
        ({"authentication": {"type": "none"}}, "ArgumentInvalid"),
    ],
)
def test_an_update_that_breaks_a_rule_is_refused_as_a_create_is(
    hub: HubApi, members: dict[str, object], code: str
) -> None:
    """400, and the device stays as it is, its ETag too."""
    before = hub.put("d").json
    body = {"deviceId": "d", **members}
    assert refusal(hub("PUT", path_of("d"), body, if_match="*")) == (400, code)
    assert hub.get("d").json == before


def test_keys_under_an_auth_id_of_another_device_are_a_conflict(
    server: Api, tenant: str, hub: HubApi
) -> None:
    """409 that names who has it; nothing is made, in bulk either."""
    assert server("POST", f"/v1/devices/{tenant}/owner").status == 201
    taken = [{"type": "psk", "auth-id": "wanted", "secrets": [{"key": KEY}]}]
    assert server("PUT", f"/v1/credentials/{tenant}/owner", taken).status == 204
    reply = hub.put("wanted")
    assert refusal(reply) == (409, "GenericConflict")
    assert "'owner'" in reply.json["Message"]
    bulk = hub.bulk({"id": "wanted"}, {"id": "free"})
    assert [each["errorCode"] for each in bulk.json["errors"]] == ["GenericConflict"]
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == ["free", "owner"]


def test_a_full_hub_says_so_in_the_words_of_hubs(server: Api, tenant: str, hub: HubApi) -> None:
    """For one device and for several: nothing of tenants, nor of settings."""
    limits = {"registration-limits": {"max-devices": 1}}
    assert server("PUT", f"/v1/tenants/{tenant}", limits).status == 204
    hub.put("d1")
    reply = hub.put("d2")
    assert refusal(reply) == (403, "IotHubQuotaExceeded")
    words = "Total number of devices on IotHub exceeded the allocated quota. The limit is 1."
    assert reply.json["Message"] == f"ErrorCode:IotHubQuotaExceeded;{words}"
    (failure,) = hub.bulk({"id": "d2"}).json["errors"]
    assert failure["errorStatus"] == words


def test_a_body_that_does_not_arrive_is_waited_for_and_no_longer(
    hub: HubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408, and the connection ends: what comes late is not the next request."""
    monkeypatch.setattr(endpoint, "read_body", partial(read_body, seconds=0.05))
    head = f"PUT /devices/d?api-version={NEW} HTTP/1.1{CRLF}Content-Length: 20"
    status, headers, _ = send(hub, head, b'{"deviceId"')
    assert (status, headers["iothub-errorcode"]) == (408, "GenericRequestTimeout")
    assert headers["connection"] == "close"
    assert hub.get("d").status == 404


def test_a_damaged_device_is_a_fault_that_says_nothing_of_the_registry(tmp_path: Path) -> None:
    """500 without a path or a member; the devices beside it are served."""
    data = tmp_path / "registry.sqlite"
    with served(data) as hub:
        hub.put("broken")
        hub.put("well")
        with closing(sqlite3.connect(data, isolation_level=None)) as other:
            other.execute("UPDATE devices SET document = '{\"x' WHERE device_id = 'broken'")
        reply = hub("GET", "/devices")
        assert refusal(reply) == (500, "ServerError")
        assert str(tmp_path) not in reply.body.decode()
        assert hub.get("well").status == 200


def test_a_registry_that_another_program_holds_is_not_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 for writes while it lasts, without naming the file; reading goes on."""
    monkeypatch.setattr(sqlite_writer, "BUSY_SECONDS", 0.05)
    data = tmp_path / "registry.sqlite"
    with served(data) as hub:
        hub.put("d")
        with closing(sqlite3.connect(data, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            reply = hub.put("e")
            assert refusal(reply) == (503, "ServiceUnavailable")
            assert str(tmp_path) not in reply.body.decode()
            assert hub.get("d").status == 200
            other.execute("ROLLBACK")
        assert hub.put("e").status == 200


def create(hub: HubApi, number: int) -> Reply:
    """One more device."""
    return hub.put(f"d{number}")


def update(hub: HubApi, number: int) -> Reply:
    """The same device, which need not be there."""
    return hub.put("d", if_match="*", statusReason=str(number))


CALLS: dict[str, tuple[Callable[[HubApi, int], Reply], str]] = {
    "create": (create, "CRUD"),
    "update": (update, "CRUD"),
    "delete": (lambda hub, _: hub.delete("d"), "CRUD"),
    "retrieve": (lambda hub, _: hub.get("d"), "CRUD"),
    "list": (lambda hub, _: hub("GET", "/devices?top=1"), "CRUD"),
    "bulk": (lambda hub, _: hub.bulk(), "CRUD"),
    "regenerate": (lambda hub, _: hub("POST", "/devices/keys/regenerate", {}), "CRUD"),
    "device statistics": (lambda hub, _: hub("GET", "/statistics/devices"), "CRUD"),
    "service statistics": (lambda hub, _: hub("GET", "/statistics/service"), "CRUD"),
    "query": (lambda hub, _: hub.query("select * from devices"), "Query"),
    "create job": (lambda hub, _: hub("POST", "/jobs/create", {}), "Jobs"),
    "import or update": (lambda hub, _: hub("GET", "/importdevices", {}), "Jobs"),
    "get job": (lambda hub, _: hub("GET", "/jobs/x"), "Jobs"),
    "cancel job": (lambda hub, _: hub("DELETE", "/jobs/x"), "Jobs"),
    "list jobs": (lambda hub, _: hub("GET", "/jobs"), "Jobs"),
}
"""What is called until it is throttled, and the word for its kind."""


@pytest.mark.parametrize("what", CALLS)
def test_every_call_of_a_tier_is_asked_to_wait(tmp_path: Path, what: str) -> None:
    """429 with when to come again, whatever the call would have answered (iothub 2.3, 8)."""
    call, kind = CALLS[what]
    with served(tmp_path / "registry.sqlite", tier="S1") as hub:
        replies = (call(hub, number) for number in range(200))
        reply = next(each for each in replies if each.status == 429)
        assert refusal(reply) == (429, "ThrottlingBacklogTimeout")
        assert int(reply.headers["retry-after"]) >= 1
        assert f"Operation type: {kind}" in reply.json["Message"]


def test_one_kind_of_call_does_not_use_up_the_rate_of_another(tmp_path: Path) -> None:
    """Queries have twenty a minute of their own."""
    with served(tmp_path / "registry.sqlite", tier="S1") as hub:
        while hub.query("select * from devices").status == 200:
            pass
        assert hub.put("d").status == 200
        assert hub("GET", "/jobs").status == 200


@pytest.mark.parametrize("device_id", ["a+b", "a%c", "a#d", "a?e", "a'b", "x" * 128])
def test_keys_of_an_id_of_the_whole_set_are_its_own(hub: HubApi, device_id: str) -> None:
    """In a bulk call, a query and a rotation as in a path (iothub 9.2)."""
    assert hub.bulk({"id": device_id}, {"id": "b"}).status == 200
    before = keys_of(hub.get(device_id))
    quoted = device_id.replace("'", "''")
    found = hub.query(f"select deviceId from devices where deviceId = '{quoted}'")  # noqa: S608 - no SQL
    assert found.json == [{"deviceId": device_id}]
    body = {"policyKey": "swap", "devices": [{"id": device_id}]}
    assert hub("POST", "/devices/keys/regenerate", body).status == 200
    assert keys_of(hub.get(device_id)) == before[::-1]
