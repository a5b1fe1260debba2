"""The members of a device, and the limit on their number (hono 2.4, 3.4, 3.5)."""

from __future__ import annotations

import re

import pytest

from tests.end_to_end.hono.client import Api

WHOLE = {
    "enabled": False,
    "ext": {"a": {"b": [1, 2.5, None, "x"]}},
    "defaults": {"content-type": "text/plain", "ttl": 5},
    "via": ["gw-1", "gw-2"],
    "viaGroups": ["group"],
    "authorities": ["auto-provisioning-enabled"],
    "downstream-message-mapper": "one",
    "upstream-message-mapper": "two",
    "command-endpoint": {
        "uri": "http://x/{{deviceId}}",
        "headers": {"h": "v"},
        "payload-properties": {"p": 1},
    },
}


def shown(api: Api, device: str) -> dict[str, object]:
    """The members without the status."""
    members: dict[str, object] = api("GET", f"/v1/devices/{device}").json
    members.pop("status", None)
    return members


def test_a_whole_device_comes_back_as_it_was_sent(api: Api, device: str) -> None:
    """Every member that 2.x knows."""
    assert api("PUT", f"/v1/devices/{device}", WHOLE).status == 204
    assert shown(api, device) == WHOLE


def test_2_x_shows_when_a_device_was_created_and_changed(api: Api, device: str) -> None:
    """`created` survives a PUT and `updated` is set by it; a status sent back is ignored."""
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    first = api("GET", f"/v1/devices/{device}").json
    assert list(first) == ["status"]
    assert list(first["status"]) == ["created"]
    assert moment.fullmatch(first["status"]["created"])
    sent = {"status": {"created": "1999-01-01T00:00:00Z"}}
    assert api("PUT", f"/v1/devices/{device}", sent).status == 204
    second = api("GET", f"/v1/devices/{device}").json["status"]
    assert second["created"] == first["status"]["created"]
    assert moment.fullmatch(second["updated"])


def test_what_is_read_can_be_written_back(either: Api, device: str) -> None:
    """GET, then PUT of the same object (hono 3.4)."""
    either("PUT", f"/v1/devices/{device}", {"via": "gw-1", "ext": {"a": 1}})
    seen = either("GET", f"/v1/devices/{device}").json
    assert seen["via"] == ["gw-1"]
    assert either("PUT", f"/v1/devices/{device}", seen).status == 204


def test_1_1_shows_no_status_and_no_later_members_and_loses_none(
    api: Api, old: Api, device: str
) -> None:
    """Its strict clients could not read them; its writes leave them as they are."""
    api("PUT", f"/v1/devices/{device}", WHOLE)
    seen = old("GET", f"/v1/devices/{device}").json
    assert set(seen) == {"enabled", "ext", "defaults", "via"}
    assert old("PUT", f"/v1/devices/{device}", {"via": ["gw-9"]}).status == 204
    kept = {name: WHOLE[name] for name in WHOLE if name not in ("enabled", "ext", "defaults")}
    assert shown(api, device) == {**kept, "via": ["gw-9"]}


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"id": "x"}, "id"),
        ({"device-id": "x"}, "device-id"),
        ({"via": ["a"], "memberOf": ["b"]}, "memberOf"),
        ({"memberOf": ["b"], "viaGroups": "a"}, "memberOf"),
        ({"command-endpoint": None}, "command-endpoint"),
        ({"command-endpoint": {"url": "x"}}, "command-endpoint.url"),
        ({"command-endpoint": {"headers": {"a": {}}}}, "command-endpoint.headers.a"),
        ({"authorities": "one"}, "authorities"),
        ({"ext": "text"}, "ext"),
        ({"via": [{}]}, "via[0]"),
        ({"iothub": {}}, "iothub"),
        ({"status-reason": "x"}, "status-reason"),
        ([{}], ""),
    ],
)
def test_a_device_that_breaks_a_rule_is_400_with_the_path(
    api: Api, tenant: str, device: str, members: object, path: str
) -> None:
    """On POST and PUT; nothing was written."""
    before = api("GET", f"/v1/devices/{device}").etag
    for reply in (
        api("PUT", f"/v1/devices/{device}", members),
        api("POST", f"/v1/devices/{tenant}/new", members),
    ):
        assert reply.status == 400
        assert reply.error.startswith("request does not contain a valid Device object: ")
        assert [each["field"] for each in reply.json["problems"]] == [path]
        assert path in reply.error
    assert api("GET", f"/v1/devices/{device}").etag == before
    assert api("GET", f"/v1/devices/{tenant}/new").status == 404


@pytest.mark.parametrize("members", [{"memberOf": ["a"]}, {"status": {}}, {"id": "x"}])
def test_1_1_refuses_members_that_it_does_not_know(old: Api, device: str, members: object) -> None:
    """Hono 1.1 answers 500; 400 with the reason is better (hono 10.3)."""
    reply = old("PUT", f"/v1/devices/{device}", members)
    assert (reply.status, reply.headers["content-type"][:10]) == (400, "text/plain")


def test_values_are_read_as_jackson_reads_them(api: Api, device: str) -> None:
    """`"true"` and 1 are true, numbers become text where text belongs."""
    sent = {"enabled": "true", "via": "gw", "downstream-message-mapper": 5}
    assert api("PUT", f"/v1/devices/{device}", sent).status == 204
    assert shown(api, device) == {
        "enabled": True,
        "via": ["gw"],
        "downstream-message-mapper": "5",
    }


def test_empty_collections_are_left_out(api: Api, device: str) -> None:
    """As Hono has it (hono 2.4)."""
    sent: dict[str, object] = {"via": [], "ext": {}, "viaGroups": [], "authorities": []}
    assert api("PUT", f"/v1/devices/{device}", sent).status == 204
    assert shown(api, device) == {}


def test_a_device_needs_its_tenant_in_2_x(api: Api) -> None:
    """404 (hono 3.4)."""
    reply = api("POST", "/v1/devices/nobody/d", {})
    assert (reply.status, "nobody" in reply.error) == (404, True)


def test_the_device_limit_of_a_tenant_is_403(api: Api, tenant: str) -> None:
    """Two of two may be registered; deleting one makes room (hono 3.5)."""
    api("PUT", f"/v1/tenants/{tenant}", {"registration-limits": {"max-devices": 2}})
    path = f"/v1/devices/{tenant}"
    assert [api("POST", path).status for _ in range(3)] == [201, 201, 403]
    reply = api("POST", f"{path}/third")
    assert reply.error.startswith("configured device limit reached [")
    first = api("GET", path).json["result"][0]["id"]
    api("DELETE", f"{path}/{first}")
    assert api("POST", f"{path}/third").status == 201


@pytest.mark.parametrize("depth", [99, 500])
def test_nesting_has_a_limit(api: Api, device: str, depth: int) -> None:
    """What could be written but not read back is refused."""
    body = b'{"ext":{"a":' + b"[" * depth + b"]" * depth + b"}}"
    assert api("PUT", f"/v1/devices/{device}", body=body).status in (204, 400)
    assert api("GET", f"/v1/devices/{device}").status == 200


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1" + "0" * 5000, "1e999", "-0", "1E400"])
def test_numbers_beyond_all_bounds_do_no_harm(api: Api, device: str, number: str) -> None:
    """Kept or refused, and readable afterwards."""
    body = f'{{"ext":{{"n":{number}}}}}'.encode()
    assert api("PUT", f"/v1/devices/{device}", body=body).status in (204, 400)
    tenant = device.partition("/")[0]
    assert api("GET", f"/v1/devices/{tenant}").status == 200
