"""The curl examples of Hono 1.1's user guide, as they stand there; its slips get clear errors."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.end_to_end.hono.client import Api

T = "DEFAULT_TENANT"
HASH = base64.b64encode(hashlib.sha512(b"mylittlesecret").digest()).decode()
BCRYPT = "$2a$10$uc.qVDwXeDRE1DWa1sM9iOaY9wuevjfALGMtXmHKP.SJDEqg0q7M6"
MQTT = {"adapters": [{"type": "hono-mqtt", "enabled": True}]}
PLAIN = [
    {"type": "hashed-password", "auth-id": "sensor10", "secrets": [{"pwd-plain": "mylittlesecret"}]}
]


def sha(**members: str) -> dict[str, Any]:
    """The hashed-password credential of sensor20."""
    secret = {"hash-function": "sha-512", "pwd-hash": HASH, **members}
    return {"type": "hashed-password", "auth-id": "sensor20", "secrets": [secret]}


def test_adding_tenants(either: Api) -> None:
    """One without a body, one with an adapter; 201 with Location and `{"id": …}`."""
    for name, body in (("tenantAllAdapters", None), ("tenantMqttAdapter", MQTT)):
        either("DELETE", f"/v1/tenants/{name}")
        kind = {"Content_Type": "application/json"}
        reply = either("POST", f"/v1/tenants/{name}", body, **({} if body else kind))  # type: ignore[arg-type]
        assert (reply.status, reply.json) == (201, {"id": name})
        assert reply.headers["location"] == f"/v1/tenants/{name}"
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert reply.etag


def test_reading_changing_and_removing_a_tenant(old: Api) -> None:
    """GET shows `enabled`, PUT disables the adapter (the page forgot the false), DELETE removes."""
    path = "/v1/tenants/tenantMqttAdapter"
    old("DELETE", path)
    old("POST", path, MQTT)
    assert old("GET", path).json == {"enabled": True, **MQTT}
    reply = old("PUT", path, {"adapters": [{"type": "hono-mqtt", "enabled": False}]})
    assert (reply.status, reply.body, bool(reply.etag)) == (204, b"", True)
    assert old("GET", path).json["adapters"][0]["enabled"] is False
    assert old("DELETE", path).status == 204


def test_registering_reading_changing_and_removing_a_device(old: Api) -> None:
    """Under a tenant that nobody has added, as on the page."""
    path = f"/v1/devices/{T}/4711"
    old("DELETE", path)
    reply = old("POST", path, {"ext": {"ep": "IMEI4711"}})
    assert (reply.status, reply.json, reply.headers["location"]) == (201, {"id": "4711"}, path)
    assert old("GET", path).json == {"ext": {"ep": "IMEI4711"}}
    changed = {"ext": {"ep": "IMEI4711", "psk-id": "psk4711"}}
    assert old("PUT", path, changed).status == 204
    assert old("GET", path).json == changed
    assert old("DELETE", path).status == 204


def test_credentials_of_4710_and_4720(old: Api) -> None:
    """The devices were never registered on the page; 1.1 does not ask."""
    first, second = f"/v1/credentials/{T}/4710", f"/v1/credentials/{T}/4720"
    assert old("PUT", first, PLAIN).status == 204
    (found,) = old("GET", first).json
    assert found["secrets"][0]["hash-function"] == "bcrypt"
    assert found["secrets"][0]["pwd-hash"].startswith("$2a$")
    assert old("PUT", second, [sha()]).status == 204
    assert old("GET", second).json == [sha()]
    assert old("PUT", second, [sha(**{"not-after": "2018-01-01T00:00:00+01:00"})]).status == 204
    assert old("GET", second).json[0]["secrets"][0]["not-after"] == "2017-12-31T23:00:00Z"
    hashed = {"hash-function": "bcrypt", "pwd-hash": BCRYPT}
    both = [
        {"type": "hashed-password", "auth-id": "sensor20", "secrets": [hashed]},
        {
            "device-id": "4720",
            "type": "psk",
            "auth-id": "sensor20",
            "secrets": [{"key": "VGhlU2hhcmVkS2V5"}],
        },
    ]
    assert old("PUT", second, both).status == 204
    del both[1]["device-id"]
    assert old("GET", second).json == both
    assert old("PUT", first, []).status == 204
    assert old("GET", first).json == []


def test_the_examples_in_2_x(api: Api) -> None:
    """The same with tenant and device in place; secrets are not shown."""
    api("POST", f"/v1/tenants/{T}")
    api("POST", f"/v1/devices/{T}/4710")
    path = f"/v1/credentials/{T}/4710"
    assert api("PUT", path, PLAIN).status == 204
    (found,) = api("GET", path).json
    assert set(found["secrets"][0]) == {"id"}
    assert api("PUT", path, [{**sha(), "auth-id": "sensor10"}]).status == 204


def test_the_mistyped_uri_of_update_device_is_a_page_not_found(either: Api) -> None:
    """`/devices/v1/…` (hono 8, 1)."""
    reply = either("PUT", f"/devices/v1/{T}/4711", {"ext": {}})
    assert (reply.status, b"Resource not found" in reply.body) == (404, True)


@pytest.mark.parametrize("told", [b"expected an array of credentials, not one object"])
def test_the_example_without_an_array_says_what_is_expected(either: Api, told: bytes) -> None:
    """One bare object (hono 8, 2)."""
    body = {"device-id": "4720", **sha(**{"not-after": "2018-01-01T00:00:00+01:00"})}
    either("POST", f"/v1/tenants/{T}")
    reply = either("PUT", f"/v1/credentials/{T}/4720", body)
    assert reply.status == 400
    assert told in reply.body


def test_device_id_inside_a_credential_is_named_in_2_x(api: Api, device: str) -> None:
    """1.1 ignores it, later versions refuse it (hono 8, 3)."""
    reply = api("PUT", f"/v1/credentials/{device}", [{"device-id": "4711", **sha()}])
    assert reply.status == 400
    assert "[0].device-id" in reply.error


def test_the_array_in_braces_is_no_json(either: Api, device: str) -> None:
    """`{[…]}` (hono 8, 5)."""
    reply = either("PUT", f"/v1/credentials/{device}", body=b"{[]}")
    assert reply.status == 400
    assert b"Invalid JSON" in reply.body
