"""The hub's adapter with peers that do what our own server does not: old, slow, lagging, broken."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web

from console.adapters.iothub import IotHubAdapter
from console.adapters.iothub_address import hub_name
from console.adapters.iothub_bodies import attributes_of, changed_body, moment_of, twin_device_of
from console.adapters.iothub_errors import clock_hint, hub_problem
from console.adapters.iothub_tokens import Tokens
from console.adapters.ports.devices import DevicesPort
from console.adapters.rest_refusals import Refusal
from registry_backend.domain.credentials import Credential
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
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.domain.timestamps import NOT_TOLD
from registry_backend.wire.connection_strings import parse_hub
from registry_backend.wire.sas import check_token, parse_token
from tests.contract.adapter_help import device, need
from tests.contract.hono_serving import make_certificates

KEY = "c2VjcmV0LWtleS1vZi10aGUtaHVi"
Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Peer:
    """A hub in a few lines; what stands first in `script` is answered first, each once."""

    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    ghosts: tuple[str, ...] = ()
    created: int = 200
    script: list[web.Response | str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    crowd: int = 0
    crowded: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once so many requests have come."""

    def add(self, *device_ids: str) -> None:
        """Devices with keys and a member that nobody models."""
        for device_id in device_ids:
            self.devices[device_id] = {
                "deviceId": device_id,
                "generationId": "635944662341234567",
                "etag": "MA==",
                "connectionState": "Connected",
                "status": "enabled",
                "statusReason": None,
                "connectionStateUpdatedTime": "2016-03-16T09:46:02.5862088",
                "statusUpdatedTime": "0001-01-01T00:00:00",
                "lastActivityTime": "0001-01-01T00:00:00",
                "cloudToDeviceMessageCount": 0,
                "authentication": {"symmetricKey": {"primaryKey": KEY, "secondaryKey": KEY}},
                "fromTheFuture": {"a": [1]},
            }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """As a hub does, after the script."""
        path = request.raw_path.partition("?")[0]
        self.asked.append(f"{request.method} {path}")
        self.headers.append(dict(request.headers))
        body = await request.read()
        self.bodies.append(json.loads(body) if body else None)
        if self.script:
            step = self.script.pop(0)
            if self.crowd and len(self.asked) >= self.crowd:
                self.crowded.set()
            if isinstance(step, web.Response):
                return step
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return self._plain(request.method, path, request)

    def _plain(self, method: str, path: str, request: web.BaseRequest) -> web.Response:
        if path == "/devices":
            return web.json_response(list(self.devices.values())[:1000])
        if path == "/devices/query":
            return self._query(request)
        if path == "/statistics/devices":  # the names of 2016
            count = len(self.devices) + len(self.ghosts)
            by_status = {"enabled": count, "disabled": 0}
            return web.json_response({"totalDeviceCount": count, "totalDevicesByStatus": by_status})
        device_id = unquote(path.removeprefix("/devices/"))
        if method == "PUT":
            return self._put(device_id, request)
        if device_id not in self.devices:
            text = {"Message": f"ErrorCode:DeviceNotFound;{device_id}"}
            name = {"iothub-errorcode": "DeviceNotFound"}
            return web.json_response(text, status=404, headers=name)
        if method == "DELETE":
            del self.devices[device_id]
            return web.Response(status=204)
        return web.json_response(self.devices[device_id])

    def _put(self, device_id: str, request: web.BaseRequest) -> web.Response:
        new = "If-Match" not in request.headers
        if new:
            self.add(device_id)
            self.devices[device_id]["status"] = self.bodies[-1]["status"]
        else:
            self.devices[device_id] = {**self.bodies[-1], "etag": "MQ=="}
        return web.json_response(self.devices[device_id], status=self.created if new else 200)

    def _query(self, request: web.BaseRequest) -> web.Response:
        names = [*self.devices, *self.ghosts]
        text = self.bodies[-1]["query"]
        beginning = re.search(r"startswith\(deviceId, '(.*?)'\)", text)
        if beginning:
            names = [name for name in names if name.startswith(beginning[1])]
        start = int(request.headers.get("x-ms-continuation", "0"))
        size = int(request.headers["x-ms-max-item-count"])
        rows = [
            {"deviceId": name, "etag": "AAAAAAAAAAE=", "status": "enabled", "tags": {}}
            for name in names[start : start + size]
        ]
        more = {"x-ms-continuation": str(start + size)} if start + size < len(names) else {}
        return web.json_response(rows, headers={"x-ms-item-type": "Twin", **more})


@dataclass(slots=True)
class Reached:
    """An adapter on a scripted peer, and what it told and waited."""

    peer: Peer
    adapter: IotHubAdapter
    health: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, no wait ends."""

    @property
    def devices(self) -> DevicesPort:
        """Its devices."""
        return need(self.adapter.devices)

    @property
    def tenant(self) -> str:
        """The hub."""
        return self.adapter.sole_tenant


@asynccontextmanager
async def reaching(folder: Path, peer: Peer) -> AsyncIterator[Reached]:
    """The adapter, open; requests of before are forgotten."""
    files = make_certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server, files.key)
    runner = web.ServerRunner(web.Server(peer.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    waits: list[float] = []
    go_on = asyncio.Event()
    go_on.set()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        await go_on.wait()

    adapter = IotHubAdapter(
        f"HostName={host};SharedAccessKeyName=owner;SharedAccessKey={KEY}",
        ca_file=files.authority,
        pauses=(0.0, 0.0),
        wait=wait,
    )
    reached = Reached(peer, adapter, waits=waits, go_on=go_on)
    adapter.on_health, adapter.on_notice = reached.health.append, reached.notices.append
    try:
        async with adapter:
            for log in (peer.asked, peer.bodies, peer.headers, reached.health):
                log.clear()
            yield reached
    finally:
        await runner.cleanup()


# what a hub says otherwise


async def test_a_create_that_is_answered_as_documented_is_one(tmp_path: Path) -> None:
    """201 as the page says, or 200 as hubs do; without If-Match, with the version in the query."""
    async with reaching(tmp_path, Peer(created=201)) as there:
        saved = await there.devices.create(there.tenant, "pump", device())
        assert saved.version == "MA=="
        assert "If-Match" not in there.peer.headers[0]
        with pytest.raises(VersionMismatch):
            await there.devices.update(there.tenant, "pump", device(), expected="other")


async def test_a_write_keeps_what_nobody_models_and_quotes_the_version(tmp_path: Path) -> None:
    """A PUT replaces the whole (iothub 3.1), and hubs of some age want quotes (iothub 5.3)."""
    peer = Peer()
    peer.add("pump")
    before = peer.devices["pump"]
    async with reaching(tmp_path, peer) as there:
        row = await there.devices.get(there.tenant, "pump")
        off = row.attributes.model_copy(update={"enabled": False})
        saved = await there.devices.update(there.tenant, "pump", off, expected=row.version)
        assert not saved.enabled
        assert peer.headers[-1]["If-Match"] == '"MA=="'
        for name in ("fromTheFuture", "authentication", "generationId"):
            assert peer.bodies[-1][name] == before[name]
        assert peer.bodies[-1]["status"] == "disabled"


async def test_old_names_of_the_counts_are_read(tmp_path: Path) -> None:
    """And said to lag (iothub 4.4)."""
    peer = Peer()
    peer.add("a", "b")
    async with reaching(tmp_path, peer) as there:
        found = await need(there.adapter.statistics).get(there.tenant)
        assert (found.total, found.enabled, found.exact) == (2, 2, False)


async def test_a_list_of_more_than_a_thousand_goes_on_by_query(tmp_path: Path) -> None:
    """In order; a device that only the query still shows is told when it is opened."""
    peer = Peer(ghosts=("ghost",))
    peer.add(*(f"d{number:04d}" for number in reversed(range(2_500))))
    async with reaching(tmp_path, peer) as there:
        devices, everything = there.devices, DeviceQuery()
        page = await devices.page(there.tenant, everything, Order(), PageRequest(limit=3))
        assert [row.device_id for row in page.rows] == ["d0000", "d0001", "d0002"]
        assert peer.asked == [
            "GET /devices",
            "GET /statistics/devices",
            *["POST /devices/query"] * 3,
        ]
        assert await devices.position(there.tenant, "d2000", everything, Order()) == 2_000
        assert (await devices.count(there.tenant, everything)).value == 2_501
        tail = PageRequest(backward=True, limit=2)
        page = await devices.page(there.tenant, everything, Order(), tail)
        assert [row.device_id for row in page.rows] == ["d2499", "ghost"]
        with pytest.raises(NotFound) as caught:
            await devices.get(there.tenant, "ghost")
        assert "deleted" in caught.value.hint
        found = await devices.page(
            there.tenant, DeviceQuery(id_prefix="d24"), Order(), PageRequest(limit=500)
        )
        assert len(found.rows) == 100


async def test_a_list_too_long_to_read_says_how_many_are_shown(tmp_path: Path) -> None:
    """The first N of M (iothub 10)."""
    peer = Peer()
    peer.add(*(f"d{number:05d}" for number in range(7_000)))
    async with reaching(tmp_path, peer) as there:
        assert str(await there.devices.count(there.tenant, DeviceQuery())) == "~7,000"
        assert there.notices == []
        await there.devices.page(there.tenant, DeviceQuery(), Order(), PageRequest())
        count = await there.devices.count(there.tenant, DeviceQuery())
        assert str(count) == "the first 5,000 of 7,000"
        assert "the first 5,000 of 7,000" in there.notices[0]
        assert "Filter by the beginning" in there.notices[0]


async def test_a_filter_that_only_some_devices_were_asked_never_says_there_are_none(
    tmp_path: Path,
) -> None:
    """What a hub has no words for is looked for among those that were read."""
    peer = Peer()
    peer.add(*(f"d{number:05d}" for number in range(7_000)))
    async with reaching(tmp_path, peer) as there:
        with pytest.raises(Unsupported, match="None of the first 5,000 of 7,000") as caught:
            await there.devices.count(there.tenant, DeviceQuery(id_contains=("06999",)))
        assert str(caught.value).count("Filter by the beginning") == 1
        assert (await there.devices.count(there.tenant, DeviceQuery(id_prefix="d0699"))).value == 10
        assert "startswith(deviceId, 'd0699')" in peer.bodies[-1]["query"]
        some = await there.devices.count(there.tenant, DeviceQuery(id_contains=("0123",)))
        assert str(some) == "11 among the first 5,000 of 7,000"
        assert "11 of the first 5,000 of 7,000 devices match" in there.notices[-1]


async def test_a_filter_is_typed_without_asking_again_for_what_was_read(tmp_path: Path) -> None:
    """A hub allows a few queries a minute, and each letter makes another filter (iothub 8)."""
    peer = Peer()
    peer.add(*(f"d{number:05d}" for number in range(1_500)))
    async with reaching(tmp_path, peer) as there:
        typed = [
            DeviceQuery(id_contains=("00149"[:length],) if length else ()) for length in range(6)
        ]
        counts = [(await there.devices.count(there.tenant, each)).value for each in typed]
        assert counts == [1_500, 1_500, 1_014, 112, 11, 1]
        assert len([each for each in peer.asked if each.startswith("POST")]) == 2


async def test_failures_of_a_bulk_call_are_told_one_by_one(tmp_path: Path) -> None:
    """Whichever form the answer has: numbers or names, or the texts of 2016 (iothub 4.6)."""
    peer = Peer()
    names = ["a", "b", "c", "d"]
    result = {
        "isSuccessful": False,
        "errors": [
            {"deviceId": "b", "errorCode": 404001, "errorStatus": "gone"},
            {"deviceId": "c", "errorCode": "PreconditionFailed", "errorStatus": ""},
        ],
    }
    async with reaching(tmp_path, peer) as there:

        async def delete_all() -> list[str]:
            outcomes = await asyncio.gather(
                *(there.devices.delete(there.tenant, name, expected=None) for name in names),
                return_exceptions=True,
            )
            return [type(each).__name__ for each in outcomes]

        peer.script = [web.json_response(result, status=400)]
        peer.add("c")
        assert await delete_all() == ["NoneType", "NotFound", "VersionMismatch", "NoneType"]
        assert [each["importMode"] for each in peer.bodies[0]] == ["delete"] * 4
        peer.script = [web.json_response(["something failed"])]
        assert await delete_all() == ["Fault"] * 4
        refusal = {"Message": "ErrorCode:TooManyDevices;no"}
        peer.script = [web.json_response(refusal, status=413)]
        assert await delete_all() == ["Invalid"] * 4


# slowing down


def slow(after: str | None = None) -> web.Response:
    """A hub that asks to slow down."""
    text = {"Message": "ErrorCode:ThrottlingBacklogTimeout;Wait 10 seconds and try again."}
    headers = {"iothub-errorcode": "ThrottlingBacklogTimeout"}
    return web.json_response(
        text, status=429, headers=headers | ({"Retry-After": after} if after else {})
    )


@pytest.mark.parametrize(("after", "least"), [(None, 10.0), ("3", 3.0)])
async def test_a_hub_that_asks_to_slow_down_is_waited_for(
    tmp_path: Path, after: str | None, least: float
) -> None:
    """Also by writes, which it has not done; the header says so meanwhile, and how long."""
    async with reaching(tmp_path, Peer(script=[])) as there:
        there.peer.script = [slow(after), slow(after)]
        saved = await there.devices.create(there.tenant, "pump", device())
        assert saved.device_id == "pump"
        assert there.peer.asked == ["PUT /devices/pump"] * 3
        assert len(there.waits) == 2
        assert all(least <= each <= least * 1.31 for each in there.waits)
        told = re.fullmatch(r"waiting (\d+) s, the hub asks to slow down", there.health[0])
        assert told is not None
        assert int(told[1]) >= there.waits[0]
        assert there.health[1] == "connected"
        assert "slow down" in there.notices[0]


@pytest.mark.parametrize("after", ["1", "3", "0"])
async def test_reads_that_are_slowed_down_show_it_too(tmp_path: Path, after: str) -> None:
    """Lists, queries and single devices, however short the wait: nobody waits without a word."""
    async with reaching(tmp_path, Peer()) as there:
        there.peer.add("pump")
        there.peer.script = [slow(after)]
        assert (await there.devices.get(there.tenant, "pump")).device_id == "pump"
        there.peer.script = [slow(after)]
        page = await there.devices.page(there.tenant, DeviceQuery(), Order(), PageRequest(limit=10))
        assert [each.device_id for each in page.rows] == ["pump"]
        assert len([each for each in there.waits if each >= 1]) == 2
        assert [each for each in there.health if "slow down" in each] == there.health[::2]
        assert there.health[1::2] == ["connected", "connected"]


async def test_others_that_are_refused_meanwhile_wait_too(tmp_path: Path) -> None:
    """One wait serves them all."""
    async with reaching(tmp_path, Peer()) as there:
        there.peer.add(*(f"d{number}" for number in range(6)))
        there.peer.script = [slow() for _ in range(6)]
        there.peer.crowd = 6
        there.go_on.clear()
        names = [f"d{number}" for number in range(6)]
        reading = asyncio.gather(*(there.devices.get(there.tenant, name) for name in names))
        await there.peer.crowded.wait()
        there.go_on.set()
        assert [each.device_id for each in await reading] == names
        assert len([each for each in there.waits if each >= 10]) == 1
        assert len(there.peer.asked) == 12


# broken peers


async def test_a_write_that_a_proxy_had_no_answer_to_is_not_sent_again(tmp_path: Path) -> None:
    """It may have been done, although a time to wait is named; a read is sent again."""
    async with reaching(tmp_path, Peer()) as there:
        there.peer.add("pump")
        there.peer.script = [web.Response(status=503, headers={"Retry-After": "30"})]
        assert (await there.devices.get(there.tenant, "pump")).device_id == "pump"
        assert len(there.waits) == 1
        there.peer.asked.clear()
        there.peer.script = [web.Response(status=503, headers={"Retry-After": "30"})]
        with pytest.raises(Throttled, match="HTTP 503"):
            await there.devices.create(there.tenant, "new", device())
        assert there.peer.asked == ["PUT /devices/new"]


async def test_a_page_of_a_proxy_is_told_as_such(tmp_path: Path) -> None:
    """Not as a device that is missing."""
    async with reaching(tmp_path, Peer()) as there:
        for status in (200, 404):
            there.peer.script = [
                web.Response(status=status, text="<html>Sign in</html>", content_type="text/html")
            ]
            with pytest.raises(RegistryError) as caught:
                await there.devices.get(there.tenant, "pump")
            assert "prox" in str(caught.value)


async def test_a_read_that_is_dropped_is_repeated_and_a_write_is_not(tmp_path: Path) -> None:
    """A query reads, although it is a POST."""
    peer = Peer()
    peer.add("pump", *(f"d{number:04d}" for number in range(1_000)))
    async with reaching(tmp_path, peer) as there:
        peer.script = ["drop"]
        assert (await there.devices.get(there.tenant, "pump")).device_id == "pump"
        listed = peer.devices.values()
        peer.script = [
            web.json_response(list(listed)[:1000]),
            web.json_response({"totalDeviceCount": 1001, "enabledDeviceCount": 1001}),
            "drop",
        ]
        assert (await there.devices.count(there.tenant, DeviceQuery())).value == 1_001
        peer.asked.clear()
        peer.script = ["drop"]
        with pytest.raises(Unreachable):
            await there.devices.create(there.tenant, "new", device())
        assert peer.asked == ["PUT /devices/new"]


async def test_what_is_no_hub_is_found_out_on_opening(tmp_path: Path) -> None:
    """It answers, but not with devices."""
    with pytest.raises(Fault, match="not as an IoT Hub"):
        async with reaching(tmp_path, Peer(script=[web.json_response({"hello": 1})])):
            pass


# errors, pure


def refusal(status: int, body: object, **headers: str) -> Refusal:
    """An answer that is no success."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Refusal(status, given, raw, "device pump", "https://hub", hidden=("hunter2",))


FORM_2016 = {
    "Message": "A device with ID 'x' is already registered.\r\nTracking Id:abc-TimeStamp:1\r\n"
    "ErrorCode:DeviceAlreadyExists"
}
FORM_B = {"errorCode": 409001, "message": "taken", "trackingId": "abc", "timestampUtc": "…"}


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        (refusal(409, {"Message": "ErrorCode:DeviceAlreadyExists;taken"}), AlreadyExists, "taken"),
        (refusal(409, FORM_2016), AlreadyExists, "is already registered"),
        (refusal(409, FORM_B), AlreadyExists, "DeviceAlreadyExists"),
        (refusal(409, {"Message": json.dumps(FORM_B)}), AlreadyExists, "taken"),
        (refusal(500, {}, iothub_errorcode="DeviceNotFound"), Fault, "DeviceNotFound"),
        (refusal(403, {"Message": "ErrorCode:IotHubQuotaExceeded;full"}), LimitReached, "quota"),
        (refusal(403, {"Message": "ErrorCode:JobQuotaExceeded;one"}), LimitReached, "one import"),
        (refusal(401, {"Message": "ErrorCode:IotHubNotFound;who"}), NotFound, "no such hub"),
        (refusal(401, {"Message": "ErrorCode:IotHubUnauthorized;no"}), Denied, "not accepted"),
        (
            refusal(
                401,
                {
                    "Message": "ErrorCode:IotHubUnauthorized;Authorization rule 'reader' does not "
                    "allow access for 'devices'"
                },
            ),
            Denied,
            "may not do this",
        ),
        (refusal(400, {"Message": "ErrorCode:ArgumentInvalid;bad"}), Invalid, "bad"),
        (refusal(412, {"Message": "ErrorCode:PreconditionFailed;x"}), VersionMismatch, "changed"),
        (refusal(429, {"Message": "ErrorCode:ThrottlingException;x"}), Throttled, "slow down"),
        (refusal(503, {"Message": "ErrorCode:ServiceUnavailable;x"}), Fault, "failed"),
        (refusal(502, b"<html>Bad gateway"), Fault, "proxy"),
    ],
)
def test_each_form_of_error_is_one_of_ours(
    found: Refusal, kind: type[RegistryError], words: str
) -> None:
    """The header's name counts most, then the body's, then the status (iothub 4.7)."""
    error = hub_problem(found)
    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize(("off", "words"), [(7, "7 minutes behind"), (-6, "6 minutes ahead of")])
async def test_a_token_refused_by_a_hub_with_another_clock_says_how_far_they_are_apart(
    tmp_path: Path, off: int, words: str
) -> None:
    """As its Date tells; whoever reads that sets the clock instead of looking for another key."""
    async with reaching(tmp_path, Peer()) as there:
        theirs = datetime.now(UTC) + timedelta(minutes=off)
        there.peer.script = [
            web.json_response(
                {"Message": "ErrorCode:IotHubUnauthorizedAccess;Unauthorized"},
                status=401,
                headers={"Date": format_datetime(theirs, usegmt=True)},
            )
        ]
        with pytest.raises(Denied) as caught:
            await there.devices.get(there.tenant, "pump")
        assert words in str(caught.value)


def test_no_error_repeats_a_secret() -> None:
    """A hub may quote what it was sent."""
    error = hub_problem(refusal(400, {"Message": "ErrorCode:ArgumentInvalid;key hunter2 is bad"}))
    assert "hunter2" not in str(error)


def test_a_clock_that_is_off_is_told_in_minutes() -> None:
    """By the hub's own Date."""
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert clock_hint(format_datetime(now + timedelta(seconds=30), usegmt=True), now) == ""
    assert "7 minutes behind" in clock_hint(
        format_datetime(now + timedelta(minutes=7), usegmt=True), now
    )
    assert "9 minutes ahead" in clock_hint(
        format_datetime(now - timedelta(minutes=9), usegmt=True), now
    )
    assert clock_hint(None, now) == clock_hint("no date", now) == ""
    body = {"Message": "ErrorCode:IotHubUnauthorized;Unauthorized"}
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=8), usegmt=True)
    assert "set the clock" in hub_problem(refusal(401, body, date=date)).hint


# tokens and bodies, pure


def test_a_token_is_made_for_an_hour_and_renewed_before_its_end() -> None:
    """The same one serves meanwhile."""
    now = 1_000_000.0
    hub = parse_hub(f"HostName=hub.example;SharedAccessKeyName=owner;SharedAccessKey={KEY}")
    tokens = Tokens(hub, lambda: now)
    first = tokens()
    assert first is not None
    now += 2_900
    assert tokens() == first
    now += 200
    second = tokens()
    assert second is not None
    assert second != first
    read = parse_token(second)
    assert (read.policy, read.expires) == ("owner", int(now) + 3600)
    assert check_token(read, [KEY], host="hub.example", path="/devices", at=now) is None


def test_a_finished_token_is_used_as_it_is() -> None:
    """A connection string may hold one instead of a key."""
    hub = parse_hub(f"HostName=hub.example;SharedAccessKeyName=o;SharedAccessKey={KEY}")
    token = Tokens(hub)()
    given = parse_hub(f"HostName=hub.example;SharedAccessSignature={token}")
    assert Tokens(given)() == token


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("plant.azure-devices.net", "plant"),
        ("localhost:28080", "localhost"),
        ("127.0.0.1:1", "127.0.0.1"),
        ("[::1]:443", "[::1]"),
    ],
)
def test_a_hub_is_named_by_the_first_label_of_its_host(host: str, name: str) -> None:
    """It is the one tenant there is."""
    assert hub_name(host) == name


def test_times_of_a_hub_are_read_in_each_of_their_forms() -> None:
    """Seven digits, with or without Z; the year 1 is none (iothub 4.1)."""
    moment = datetime(2016, 3, 16, 9, 46, 2, 586208, tzinfo=UTC)
    assert moment_of("2016-03-16T09:46:02.5862088") == moment
    assert moment_of("2016-03-16T09:46:02.5862088Z") == moment
    assert moment_of("0001-01-01T00:00:00") is moment_of("0001-01-01T00:00:00Z") is None
    assert moment_of("soon") is moment_of(7) is None


def test_what_is_read_and_written_back_unchanged_stays_the_same() -> None:
    """But for what only the hub writes."""
    peer = Peer()
    peer.add("pump")
    shown = peer.devices["pump"]
    body = changed_body(shown, attributes_of(shown))
    assert {name: body[name] for name in shown} == shown


def test_a_row_of_a_query_is_a_hint_without_a_version_of_the_hubs() -> None:
    """Its own ETag is that of the twin."""
    row = twin_device_of("hub", {"deviceId": "d", "etag": "AAAAAAAAAAE=", "status": "disabled"})
    assert row.version.startswith("~")
    assert not row.enabled
    assert row.created_at == NOT_TOLD


def test_no_repr_shows_a_key() -> None:
    """Nor does a line that is to be sent."""
    psk = Credential.parse({"type": "psk", "auth-id": "d", "secrets": [{"key": KEY}]})
    hub = parse_hub(f"HostName=h.example;SharedAccessKeyName=o;SharedAccessKey={KEY}")
    assert KEY not in repr(psk) + repr(hub)
    assert base64.b64decode(KEY)
