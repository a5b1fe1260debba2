"""Every operation of the contract's first table, with its status, header and body (hono 1)."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from tests.end_to_end.hono.client import Api

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JSON_TYPE = "application/json; charset=utf-8"
PSK = [{"type": "psk", "auth-id": "a", "secrets": [{"key": "c2VjcmV0"}]}]


def test_post_tenants_creates_under_a_generated_id(either: Api) -> None:
    """201, Location, a bare ETag, and a random UUID as the id."""
    reply = either("POST", "/v1/tenants", {"ext": {"a": 1}})
    assert reply.status == 201
    assert UUID.fullmatch(reply.json["id"])
    assert UUID.fullmatch(reply.etag)
    assert reply.headers["location"] == f"/v1/tenants/{reply.json['id']}"
    assert reply.headers["content-type"] == JSON_TYPE
    assert either("GET", reply.headers["location"]).json["ext"] == {"a": 1}


def test_post_tenant_creates_under_the_given_id_once(either: Api) -> None:
    """201 the first time, 409 the second."""
    tenant_id = f"t-{uuid4()}"
    reply = either("POST", f"/v1/tenants/{tenant_id}")
    assert (reply.status, reply.json) == (201, {"id": tenant_id})
    assert reply.headers["location"] == f"/v1/tenants/{tenant_id}"
    again = either("POST", f"/v1/tenants/{tenant_id}")
    assert again.status == 409
    assert b"exists already" in again.body or again.body == b""


def test_get_tenant_answers_with_its_version(either: Api, tenant: str) -> None:
    """200 and the ETag that a write may name; 404 for another id."""
    reply = either("GET", f"/v1/tenants/{tenant}")
    assert reply.status == 200
    assert UUID.fullmatch(reply.etag)
    assert reply.headers["content-type"] == JSON_TYPE
    assert either("GET", "/v1/tenants/nobody").status == 404


def test_put_tenant_replaces_the_whole_object(either: Api, tenant: str) -> None:
    """204, no body, a new ETag; members left out are gone."""
    either("PUT", f"/v1/tenants/{tenant}", {"ext": {"a": 1}, "defaults": {"ttl": 5}})
    before = either("GET", f"/v1/tenants/{tenant}")
    reply = either("PUT", f"/v1/tenants/{tenant}", {"ext": {"b": 2}, "enabled": False})
    assert (reply.status, reply.body) == (204, b"")
    assert reply.etag != before.etag
    after = either("GET", f"/v1/tenants/{tenant}")
    assert after.json == {"ext": {"b": 2}, "enabled": False}
    assert after.etag == reply.etag
    assert either("PUT", "/v1/tenants/nobody", {}).status == 404


def test_delete_tenant_answers_204_without_an_etag(either: Api, tenant: str) -> None:
    """204 once, 404 afterwards."""
    reply = either("DELETE", f"/v1/tenants/{tenant}")
    assert (reply.status, reply.body, reply.headers.get("etag")) == (204, b"", None)
    assert either("DELETE", f"/v1/tenants/{tenant}").status == 404


def test_post_devices_creates_under_a_generated_id(either: Api, tenant: str) -> None:
    """201, Location, ETag and the id."""
    reply = either("POST", f"/v1/devices/{tenant}", {"ext": {"a": 1}})
    assert reply.status == 201
    assert UUID.fullmatch(reply.json["id"])
    assert reply.headers["location"] == f"/v1/devices/{tenant}/{reply.json['id']}"
    assert either("GET", reply.headers["location"]).json["ext"] == {"a": 1}


def test_post_device_creates_under_the_given_id_once(either: Api, tenant: str) -> None:
    """201, then 409; the body may be left out."""
    reply = either("POST", f"/v1/devices/{tenant}/a:b=c")
    assert (reply.status, reply.json) == (201, {"id": "a:b=c"})
    assert reply.headers["location"] == f"/v1/devices/{tenant}/a:b=c"
    assert either("POST", f"/v1/devices/{tenant}/a:b=c").status == 409


def test_get_put_and_delete_of_a_device(either: Api, device: str) -> None:
    """200 with ETag, 204 with a new ETag, 204 without one, then 404 for all three."""
    path = f"/v1/devices/{device}"
    first = either("GET", path)
    assert first.status == 200
    reply = either("PUT", path, {"ext": {"x": [1, None]}, "enabled": False})
    assert (reply.status, reply.body) == (204, b"")
    assert reply.etag != first.etag
    shown = either("GET", path)
    assert (shown.json["ext"], shown.json["enabled"]) == ({"x": [1, None]}, False)
    gone = either("DELETE", path)
    assert (gone.status, gone.body, gone.headers.get("etag")) == (204, b"", None)
    for method, members in (("GET", None), ("PUT", {}), ("DELETE", None)):
        assert either(method, path, members).status == 404


def test_credentials_of_a_device_begin_as_an_empty_array(either: Api, device: str) -> None:
    """200 `[]` with an ETag; PUT answers 204 with the next."""
    path = f"/v1/credentials/{device}"
    empty = either("GET", path)
    assert (empty.status, empty.json) == (200, [])
    assert UUID.fullmatch(empty.etag)
    reply = either("PUT", path, PSK)
    assert (reply.status, reply.body) == (204, b"")
    shown = either("GET", path)
    assert shown.etag == reply.etag != empty.etag
    assert [each["type"] for each in shown.json] == ["psk"]
    assert either("PUT", path, []).status == 204
    assert either("GET", path).json == []


def test_credentials_of_what_is_not_there_are_404(api: Api, tenant: str) -> None:
    """2.x checks tenant and device, for GET and PUT."""
    for path in (f"/v1/credentials/{tenant}/nobody", "/v1/credentials/nobody/4711"):
        assert api("GET", path).status == 404
        reply = api("PUT", path, PSK)
        assert reply.status == 404
        assert "nobody" in reply.error


def test_bulk_delete_removes_every_device_and_is_good_for_an_unknown_tenant(
    api: Api, tenant: str
) -> None:
    """204 whether there was anything or not; a trailing slash means the same (hono 1.1)."""
    for name in ("a", "b"):
        api("POST", f"/v1/devices/{tenant}/{name}")
    assert api("DELETE", f"/v1/devices/{tenant}/").status == 204
    assert api("GET", f"/v1/devices/{tenant}").status == 404
    assert api("DELETE", f"/v1/devices/{tenant}").status == 204
    assert api("DELETE", "/v1/devices/nobody").status == 204


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/tenants", "POST"),
        ("GET", "/v1/devices/t", "POST"),
        ("DELETE", "/v1/devices/t", "POST"),
    ],
)
def test_1_1_has_no_search_and_no_bulk_delete(
    old: Api, method: str, path: str, allowed: str
) -> None:
    """405 with what there is instead: how clients tell the vintage."""
    reply = old(method, path)
    assert (reply.status, reply.body, reply.headers["allow"]) == (405, b"", allowed)


def test_deleting_a_device_of_a_removed_tenant_is_204(api: Api, device: str) -> None:
    """As Hono's own tests assert; the rows of the tenant stay until then (hono 3.4)."""
    tenant = device.partition("/")[0]
    assert api("DELETE", f"/v1/tenants/{tenant}").status == 204
    assert api("GET", f"/v1/devices/{device}").status == 404
    assert api("DELETE", f"/v1/devices/{device}").status == 204
    assert api("DELETE", "/v1/devices/nobody/nothing").status == 204


def test_a_tenant_made_again_finds_its_devices(api: Api, device: str) -> None:
    """Removing a tenant does not cascade (hono 3.4)."""
    tenant = device.partition("/")[0]
    api("DELETE", f"/v1/tenants/{tenant}")
    api("POST", f"/v1/tenants/{tenant}")
    assert api("GET", f"/v1/devices/{device}").status == 200


def test_removing_a_device_removes_its_credentials(api: Api, device: str) -> None:
    """A device made again under the id has none, and another device may take the auth-id."""
    api("PUT", f"/v1/credentials/{device}", PSK)
    api("DELETE", f"/v1/devices/{device}")
    assert api("GET", f"/v1/credentials/{device}").status == 404
    tenant = device.partition("/")[0]
    api("POST", f"/v1/devices/{tenant}/other")
    assert api("PUT", f"/v1/credentials/{tenant}/other", PSK).status == 204


def test_1_1_answers_404_for_a_device_of_an_unknown_tenant(old: Api) -> None:
    """Where 2.x says 204."""
    assert old("DELETE", "/v1/devices/nobody/nothing").status == 404
