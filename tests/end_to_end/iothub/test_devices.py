"""Device identities: create, read, replace, remove, list (iothub 2.1 rows 1 to 5, 3.1, 3.2, 5)."""

from __future__ import annotations

import base64
import re

import pytest

from tests.end_to_end.hono.client import Api
from tests.end_to_end.iothub.hub import KEY, OTHER_KEY, HubApi, keys_of, refusal

MEMBERS_OF_2016 = [
    *("deviceId", "generationId", "etag", "connectionState", "status", "statusReason"),
    *("connectionStateUpdatedTime", "statusUpdatedTime", "lastActivityTime"),
    *("cloudToDeviceMessageCount", "authentication"),
]


def test_a_new_device_is_answered_with_200_and_all_its_members(old: HubApi) -> None:
    """In the order of 2016, with generated keys, an ETag of "0" and times that are not set."""
    reply = old.put("d1")
    assert reply.status == 200
    assert list(reply.json) == MEMBERS_OF_2016
    assert reply.headers["etag"] == '"MA=="'
    shown = reply.json
    assert (shown["deviceId"], shown["etag"], shown["status"]) == ("d1", "MA==", "enabled")
    assert shown["statusReason"] is None
    assert shown["connectionState"] == "Disconnected"
    assert shown["cloudToDeviceMessageCount"] == 0
    for name in ("connectionStateUpdatedTime", "statusUpdatedTime", "lastActivityTime"):
        assert shown[name] == "0001-01-01T00:00:00"
    assert list(shown["authentication"]) == ["symmetricKey"]
    assert [len(base64.b64decode(key)) for key in keys_of(reply)] == [32, 32]
    assert re.fullmatch(r"6\d{17}", shown["generationId"])


def test_later_versions_show_later_members(hub: HubApi) -> None:
    """Thumbprints that are null, the type, and what the device can do."""
    shown = hub.put("d1").json
    assert shown["authentication"]["x509Thumbprint"] == {
        "primaryThumbprint": None,
        "secondaryThumbprint": None,
    }
    assert shown["authentication"]["type"] == "sas"
    assert shown["capabilities"] == {"iotEdge": False}


@pytest.mark.parametrize(
    "authentication",
    [
        None,
        {},
        {"symmetricKey": None},
        {"symmetricKey": {}},
        {"symmetricKey": {"primaryKey": "", "secondaryKey": ""}},
        {"symmetricKey": {"primaryKey": None, "secondaryKey": None}, "type": "sas"},
    ],
)
def test_keys_that_are_absent_or_empty_are_generated(hub: HubApi, authentication: object) -> None:
    """Two different ones (iothub 1, row 15)."""
    reply = hub.put("d1", authentication=authentication)
    assert reply.status == 200
    primary, secondary = keys_of(reply)
    assert primary
    assert primary != secondary


def test_given_keys_come_back_byte_for_byte(hub: HubApi) -> None:
    """Primary and secondary may be equal (iothub 4.2)."""
    given = {"symmetricKey": {"primaryKey": KEY, "secondaryKey": KEY}}
    assert keys_of(hub.put("d1", authentication=given)) == (KEY, KEY)
    assert keys_of(hub.get("d1")) == (KEY, KEY)


def test_names_and_enums_are_read_without_case(hub: HubApi) -> None:
    """Old clients write Enabled and DeviceId; what is not known is ignored (iothub 1, 4.1)."""
    body = {"DeviceID": "d1", "STATUS": "Disabled", "StatusReason": "why", "other": {"a": 1}}
    reply = hub("PUT", "/devices/d1", body)
    assert (reply.json["status"], reply.json["statusReason"]) == ("disabled", "why")
    assert "other" not in reply.json


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"deviceId": "other"}, "ArgumentInvalid"),
        ({"deviceId": None}, "ArgumentNull"),
        ({"status": "perhaps"}, "DeserializationError"),
        ({"status": 1}, "DeserializationError"),
        ({"statusReason": "x" * 129}, "ArgumentInvalid"),
        ({"statusReason": 5}, "ArgumentInvalid"),
        ({"authentication": "sas"}, "DeserializationError"),
        ({"authentication": {"symmetricKey": {"primaryKey": KEY}}}, "ArgumentInvalid"),
        (
            {"authentication": {"symmetricKey": {"primaryKey": "YQ==", "secondaryKey": KEY}}},
            "ArgumentInvalid",
        ),
        (
            {"authentication": {"symmetricKey": {"primaryKey": "?!", "secondaryKey": KEY}}},
            "ArgumentInvalid",
        ),
        ({"authentication": {"type": "none"}}, "ArgumentInvalid"),
        ({"authentication": {"type": "SELF_SIGNED"}}, "DeserializationError"),
        ({"authentication": {"type": "selfSigned"}}, "ArgumentNull"),
        (
            {"authentication": {"x509Thumbprint": {"primaryThumbprint": "zz"}}},
            "ArgumentInvalid",
        ),
        ({"capabilities": None}, None),
        ({"capabilities": {"iotEdge": None}}, None),
        ({"capabilities": []}, "DeserializationError"),
        ({"capabilities": "edge"}, "DeserializationError"),
        ({"capabilities": {"iotEdge": "yes"}}, "DeserializationError"),
        ({"capabilities": {"IotEdge": 1}}, "DeserializationError"),
        ({"parentScopes": [1]}, "DeserializationError"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused(
    hub: HubApi, members: dict[str, object], code: str | None
) -> None:
    """400 with the code of the rule, and nothing is made (iothub 2.3, 3.1)."""
    reply = hub("PUT", "/devices/d1", {"deviceId": "d1", **members})
    if code is None:
        assert reply.status == 200
        return
    assert refusal(reply) == (400, code)
    assert hub.get("d1").status == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "ArgumentNull"),
        (b"  ", "ArgumentNull"),
        (b"null", "ArgumentNull"),
        (b"{", "IotHubFormatError"),
        (b"\xff", "IotHubFormatError"),
        (b"[]", "DeserializationError"),
        (b'"d1"', "DeserializationError"),
        (b'{"deviceId":"d1","statusReason":"\\ud800"}', "IotHubFormatError"),
        (b"[" * 150 + b"]" * 150, "ArgumentInvalid"),
    ],
)
def test_a_body_that_is_no_device_is_refused(hub: HubApi, body: bytes, code: str) -> None:
    """Empty, broken or of another kind."""
    assert refusal(hub("PUT", "/devices/d1", body=body)) == (400, code)


def test_a_device_that_exists_is_not_created_again(hub: HubApi) -> None:
    """409 even when the body carries the current ETag (iothub 5.1)."""
    created = hub.put("d1")
    again = hub.put("d1", etag=created.json["etag"])
    assert refusal(again) == (409, "DeviceAlreadyExists")
    assert "'d1'" in again.json["Message"]
    assert hub.get("d1").json == created.json


def test_an_update_replaces_the_whole_identity(hub: HubApi) -> None:
    """The counter moves by one, the generation stays, absent keys are made anew (iothub 5.2)."""
    created = hub.put("d1", statusReason="first")
    updated = hub.put("d1", if_match=created.headers["etag"], status="disabled")
    assert updated.status == 200
    assert updated.headers["etag"] == '"MQ=="'
    assert updated.json["etag"] == "MQ=="
    assert updated.json["generationId"] == created.json["generationId"]
    assert updated.json["statusReason"] is None
    assert updated.json["status"] == "disabled"
    assert updated.json["statusUpdatedTime"].endswith("0Z")
    assert set(keys_of(updated)).isdisjoint(keys_of(created))
    assert hub.get("d1").json == updated.json


def test_the_time_of_the_status_moves_only_with_the_status(old: HubApi) -> None:
    """Seven digits and no Z at the oldest version (iothub 4.1)."""
    old.put("d1")
    assert (
        old.put("d1", if_match="*", statusReason="x").json["statusUpdatedTime"].startswith("0001")
    )
    moved = old.put("d1", if_match="*", status="disabled").json["statusUpdatedTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}", moved)
    assert old.put("d1", if_match="*", status="disabled").json["statusUpdatedTime"] == moved


def test_read_only_members_of_an_update_have_no_effect(hub: HubApi) -> None:
    """Generation, ETag and times are the server's (iothub 3.1)."""
    shown = hub.put("d1").json
    changed = {**shown, "generationId": "1", "etag": "bm8=", "cloudToDeviceMessageCount": 9}
    after = hub("PUT", "/devices/d1", changed, if_match="*").json
    assert after == {**shown, "etag": "MQ=="}


def test_what_was_read_can_be_written_back(hub: HubApi) -> None:
    """Get, change, put keeps keys, capabilities and scopes."""
    given = {"symmetricKey": {"primaryKey": KEY, "secondaryKey": OTHER_KEY}}
    edge = {"iotEdge": True}
    made = hub.put(
        "d1", authentication=given, capabilities=edge, deviceScope="s", parentScopes=["p"]
    )
    shown = made.json
    assert (shown["capabilities"], shown["parentScopes"]) == (edge, ["p"])
    shown["statusReason"] = "changed"
    after = hub("PUT", "/devices/d1", shown, if_match=f'"{shown["etag"]}"').json
    assert after == {**shown, "etag": "MQ=="}


def test_thumbprints_take_the_place_of_keys(hub: HubApi) -> None:
    """Shown as they were given; one stands for both; back to keys makes new ones."""
    prints = {"primaryThumbprint": "aA" * 20, "secondaryThumbprint": "0" * 64}
    hub.put("d1")
    signed = hub.put("d1", if_match="*", authentication={"x509Thumbprint": prints})
    assert signed.json["authentication"] == {
        "symmetricKey": {"primaryKey": None, "secondaryKey": None},
        "x509Thumbprint": prints,
        "type": "selfSigned",
    }
    back = hub.put("d1", if_match="*", authentication={"type": "sas"})
    assert all(keys_of(back))
    assert back.json["authentication"]["type"] == "sas"


def test_an_authority_leaves_neither_keys_nor_thumbprints(hub: HubApi) -> None:
    """The kind is remembered, also when an old client writes back what it was shown."""
    shown = hub.put("d1", authentication={"type": "certificateAuthority"}).json
    assert shown["authentication"]["type"] == "certificateAuthority"
    assert shown["authentication"]["symmetricKey"]["primaryKey"] is None
    old = HubApi(hub.api, "2016-02-03")
    assert old("PUT", "/devices/d1", old.get("d1").json, if_match="*").status == 200
    assert hub.get("d1").json["authentication"] == shown["authentication"]


def test_an_old_client_keeps_what_it_cannot_see(hub: HubApi, old: HubApi) -> None:
    """Capabilities and scopes survive a version that has no word for them."""
    hub.put("d1", capabilities={"iotEdge": True}, deviceScope="scope")
    assert "capabilities" not in old.get("d1").json
    assert old.put("d1", if_match="*", statusReason="old").status == 200
    shown = hub.get("d1").json
    assert (shown["capabilities"], shown["deviceScope"]) == ({"iotEdge": True}, "scope")
    assert shown["statusReason"] == "old"


def test_a_device_is_removed_and_recreated_as_another(hub: HubApi) -> None:
    """204 without a body; the next one begins again, with another generation (iothub 3.2)."""
    first = hub.put("d1")
    hub.put("d1", if_match="*")
    removed = hub.delete("d1")
    assert (removed.status, removed.body) == (204, b"")
    assert refusal(hub.get("d1")) == (404, "DeviceNotFound")
    second = hub.put("d1")
    assert second.json["generationId"] != first.json["generationId"]
    assert second.json["etag"] == "MA=="


def test_a_device_that_is_not_there_is_not_found(hub: HubApi) -> None:
    """Read, replaced or removed, the star too (iothub 2.3)."""
    assert refusal(hub.get("no")) == (404, "DeviceNotFound")
    for etag in ("*", '"MA=="'):
        assert refusal(hub.put("no", if_match=etag)) == (404, "DeviceNotFound")
        assert refusal(hub.delete("no", etag)) == (404, "DeviceNotFound")
    assert "no" in hub.get("no").json["Message"]


def test_a_list_is_exact_and_ordered(hub: HubApi) -> None:
    """By the bytes of the ids; keys are part of it (iothub 3.2)."""
    for name in ("b", "a", "B", "a1"):
        hub.put(name)
    listed = hub("GET", "/devices")
    assert [each["deviceId"] for each in listed.json] == ["B", "a", "a1", "b"]
    assert listed.json[1] == hub.get("a").json
    assert "etag" not in listed.headers


@pytest.mark.parametrize(
    ("top", "expected"),
    [("2", 2), ("1000", 1001), ("0", 1001), ("-1", 1001), ("1001", 1001), ("x", 1001), ("", 1001)],
)
def test_top_out_of_range_means_a_thousand(thousand: HubApi, top: str, expected: int) -> None:
    """1 to 1000 is what it says; anything else is 1000, and there is no next page."""
    listed = thousand("GET", f"/devices?top={top}")
    assert len(listed.json) == min(expected, 1000)


@pytest.fixture(scope="session")
def thousand(server: Api) -> HubApi:
    """A hub with 1001 devices."""
    assert server("POST", "/v1/tenants/thousand").status == 201
    hub = HubApi(Api(server.address, headers={"Host": "thousand.azure-devices.net"}))
    for begin in range(0, 1001, 100):
        names = [f"d{number:04}" for number in range(begin, min(begin + 100, 1001))]
        assert hub.bulk(*({"id": name, "importMode": "create"} for name in names)).status == 200
    return hub


def test_a_thousand_and_one_are_counted_and_asked_for_in_pages(thousand: HubApi) -> None:
    """Statistics have all of them, and a query walks to the end (iothub 2.2)."""
    assert thousand("GET", "/statistics/devices").json["totalDeviceCount"] == 1001
    found: list[str] = []
    headers = {"x_ms_max_item_count": "400"}
    while True:
        page = thousand.query("select deviceId from devices", **headers)
        found += [each["deviceId"] for each in page.json]
        if "x-ms-continuation" not in page.headers:
            break
        headers["x_ms_continuation"] = page.headers["x-ms-continuation"]
    assert found == [f"d{number:04}" for number in range(1001)]


@pytest.mark.parametrize(
    "device_id", ["a+b", "a%c", "a#d", "a?e", "a'b", "x" * 128, "-:.+%_#*?!(),=@;$'", "%41"]
)
def test_ids_of_the_whole_set_survive_a_round_trip(hub: HubApi, device_id: str) -> None:
    """Encoded by the client, decoded once here (iothub 9.2)."""
    assert hub.put(device_id).json["deviceId"] == device_id
    assert hub.get(device_id).json["deviceId"] == device_id
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == [device_id]
    assert hub.delete(device_id).status == 204


def test_ids_that_differ_by_case_are_two_devices(hub: HubApi) -> None:
    """Ids compare by bytes (iothub 5.4)."""
    hub.put("Dev", statusReason="one")
    hub.put("dev", statusReason="two")
    assert hub.get("Dev").json["statusReason"] == "one"
    assert hub.delete("dev").status == 204
    assert hub.get("Dev").status == 200


@pytest.mark.parametrize("device_id", ["a b", "ä", "x" * 129, "a/b", "a&b", "a\\b", "a\nb"])
def test_an_id_out_of_the_set_is_refused(hub: HubApi, device_id: str) -> None:
    """On every way to it (iothub 4.1)."""
    for reply in (hub.put(device_id), hub.get(device_id), hub.delete(device_id)):
        assert refusal(reply) == (400, "ArgumentInvalid")
