"""What pages of other origins may do through a browser on this machine (hono 1.1, and safer)."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from registry_backend.api.authentication import Authentication
from registry_backend.api.hono import HonoOptions
from registry_backend.api.hono.openapi import describe
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.open import open_registry
from registry_backend.registry import device_rules
from registry_backend.server import Listener, Serving
from registry_backend.wire.hono_profiles import HONO_2X
from tests.end_to_end.hono.client import Api, running

PAGE = "http://ui.example"
DEVICES = 300


def server(data: Path, *, origin: str | None = None, guarded: bool = False) -> Serving:
    """A server with one listener."""
    return Serving(
        data=data,
        listeners=[Listener("127.0.0.1", 0, HonoOptions(cors_origin=origin))],
        authentication=Authentication(tokens={b"": "nobody"}) if guarded else None,
    )


@pytest.fixture
def open_to_all(folder: Path) -> Iterator[Api]:
    """A server without authentication that was told nothing of pages."""
    with running(server(folder / "r.sqlite")) as (address,):
        yield Api(address)


def preflight(api: Api) -> dict[str, str]:
    """The headers that answer a browser that asks first."""
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    return replace(api, headers=asked)("OPTIONS", "/v1/tenants/t").headers


def test_no_page_may_call_a_server_that_asks_nobody_who_calls(open_to_all: Api) -> None:
    """No header permits it, neither asked first nor with the answer."""
    assert "access-control-allow-origin" not in preflight(open_to_all)
    assert (
        "access-control-allow-origin" not in open_to_all("GET", "/v1/tenants", Origin=PAGE).headers
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_of_a_foreign_page_is_refused_even_if_the_browser_did_not_ask(
    open_to_all: Api, method: str
) -> None:
    """Browsers send a POST without a body at once; it says whose page it comes from."""
    reply = open_to_all(method, "/v1/tenants/t", Origin=PAGE)
    assert reply.status == 403
    assert reply.error == "pages of other origins may not write here"
    assert open_to_all("GET", "/v1/tenants/t").status == 404
    assert open_to_all("POST", "/v1/tenants/t").status == 201


def test_one_origin_may_be_let_in(folder: Path) -> None:
    """That one, and no other."""
    with running(server(folder / "r.sqlite", origin=PAGE)) as (address,):
        api = Api(address)
        assert preflight(api)["access-control-allow-origin"] == PAGE
        assert api("POST", "/v1/tenants/t", Origin=PAGE).status == 201
        assert api("POST", "/v1/tenants/u", Origin="http://other.example").status == 403


def test_with_authentication_any_page_may_call_as_hono_has_it(folder: Path) -> None:
    """Whoever calls proves who they are (hono 1.1)."""
    with running(server(folder / "r.sqlite", guarded=True)) as (address,):
        assert preflight(Api(address))["access-control-allow-origin"] == "*"


def test_a_client_that_goes_away_does_not_interrupt_the_removal_of_all_devices(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done in many transactions, and all of them are."""
    data = folder / "r.sqlite"
    asyncio.run(fill(data))
    monkeypatch.setattr(device_rules, "DELETE_CHUNK", 1)
    with running(server(data)) as (address,):
        api = Api(address)
        with socket.create_connection(api.place) as peer:
            peer.sendall(b"DELETE /v1/devices/t HTTP/1.1\r\nHost: here\r\n\r\n")
            while total(api) == DEVICES:
                pass
        for _ in range(2000):
            if not total(api):
                break
        assert total(api) == 0


def test_a_read_only_server_describes_that_it_refuses_writes() -> None:
    """403 stands beside every operation but reads."""
    options = HonoOptions(HONO_2X, cors_origin="*")
    paths = describe(options, None, read_only=True)["paths"]
    refusals = {
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "403" not in operation["responses"]
    }
    assert {method for method, _ in refusals} == {"get"}
    assert json.dumps(paths) != json.dumps(describe(options, None)["paths"])


def total(api: Api) -> int:
    """How many devices the tenant has."""
    reply = api("GET", "/v1/devices/t?pageSize=1")
    return 0 if reply.status == 404 else int(reply.json["total"])


async def fill(data: Path) -> None:
    """A tenant with devices."""
    registry = await open_registry(data)
    actor = Actor(via="test")
    try:
        await registry.tenants.create("t", TenantAttributes(), actor=actor)
        creations = (
            registry.devices.create("t", f"d{number}", DeviceAttributes(), actor=actor)
            for number in range(DEVICES)
        )
        await asyncio.gather(*creations)
    finally:
        await registry.close()


@pytest.mark.parametrize(("origin", "guarded"), [(None, True), (PAGE, True), ("*", False)])
def test_that_a_page_may_be_refused_is_described(origin: str | None, guarded: bool) -> None:
    """Of each write, and of no read; nowhere where every page may write."""
    paths = describe(HonoOptions(cors_origin=origin), None)["paths"]
    operations = {
        (path, method): operation["responses"]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    for path in ("/v1/tenants/{tenantId}", "/v1/devices/{tenantId}/{deviceId}"):
        for method in ("post", "put", "delete", "get"):
            limited = path.startswith("/v1/devices") and method == "post"
            expected = (guarded and method != "get") or limited
            assert ("403" in operations[path, method]) is expected, (path, method)
