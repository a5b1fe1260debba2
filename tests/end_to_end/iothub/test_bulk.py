"""Many devices in one call (iothub 4.6, 5.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.iothub.hub import CODE, KEY, OTHER_KEY, HubApi, keys_of, refusal

GOOD = {"isSuccessful": True, "errors": [], "warnings": []}


def failed(reply: Any) -> dict[str, str | int]:
    """The codes of the failures of a bulk call, by device."""
    assert reply.status == 400
    assert reply.headers[CODE] == "BulkRegistryOperationFailure"
    assert reply.json["isSuccessful"] is False
    assert all(each["errorStatus"] for each in reply.json["errors"])
    return {each["deviceId"]: each["errorCode"] for each in reply.json["errors"]}


def test_a_call_in_which_all_goes_well_answers_200(hub: HubApi) -> None:
    """With the result object, at the path with and without a slash."""
    reply = hub.bulk({"id": "a", "importMode": "create", "status": "enabled"}, {"id": "b"})
    assert (reply.status, reply.json) == (200, GOOD)
    slash = hub("POST", "/devices/", [{"id": "c", "status": "Disabled"}])
    assert (slash.status, slash.json) == (200, GOOD)
    assert [each["status"] for each in hub("GET", "/devices").json] == [
        "enabled",
        "enabled",
        "disabled",
    ]
    assert hub.bulk().json == GOOD


def test_a_device_that_is_there_already_is_told_with_the_mode_that_replaces_it(
    hub: HubApi,
) -> None:
    """A caller of many devices sends no header for one of them."""
    hub.put("there")
    (each,) = hub.bulk({"id": "there", "importMode": "create"}).json["errors"]
    assert each["errorStatus"].startswith("A device with ID 'there' is already registered.")
    assert "createOrUpdate" in each["errorStatus"]
    assert "If-Match" not in each["errorStatus"]


CURRENT, STALE = "MA==", "bm8="
ABSENT = "DeviceNotFound"


@pytest.mark.parametrize(
    ("mode", "etag", "missing", "existing"),
    [
        ("createOrUpdate", None, None, None),
        (None, None, None, None),
        ("create", None, None, "DeviceAlreadyExists"),
        ("Create", CURRENT, None, "DeviceAlreadyExists"),
        ("update", None, ABSENT, None),
        ("Update", STALE, ABSENT, None),
        ("updateIfMatchETag", CURRENT, ABSENT, None),
        ("UpdateIfMatchETag", STALE, ABSENT, "PreconditionFailed"),
        ("updateIfMatchETag", None, ABSENT, "PreconditionFailed"),
        ("createOrUpdateIfMatchETag", CURRENT, None, None),
        ("createOrUpdateIfMatchETag", STALE, None, "PreconditionFailed"),
        ("delete", None, ABSENT, None),
        ("deleteIfMatchETag", STALE, ABSENT, "PreconditionFailed"),
        ("deleteIfMatchEtag", "*", ABSENT, None),
        ("deleteIfMatchETag", '"MA=="', ABSENT, None),
    ],
)
def test_each_mode_does_what_the_table_says(
    hub: HubApi, mode: str | None, etag: str | None, missing: str | None, existing: str | None
) -> None:
    """For a device that is there and one that is not; modes compare without case (iothub 6.4)."""
    hub.put("there")
    before = hub.get("there").json
    named = {"importMode": mode, "eTag": etag, "statusReason": "bulk"}
    expected = {"absent": missing, "there": existing}
    reply = hub.bulk({"id": "absent", **named}, {"id": "there", **named})
    wrong = {name: code for name, code in expected.items() if code}
    assert (failed(reply) if wrong else {}) == wrong
    after = hub.get("there")
    if existing:
        assert after.json == before
    elif "delete" in (mode or ""):
        assert after.status == 404
    else:
        assert (after.json["statusReason"], after.json["etag"]) == ("bulk", "MQ==")
    assert (hub.get("absent").status == 200) is (missing is None)


def test_one_failure_leaves_the_others_applied(hub: HubApi) -> None:
    """Failures are listed by device, with names, and only they."""
    hub.put("d")
    reply = hub.bulk(
        {"id": "d", "importMode": "create"},
        {"id": "new", "importMode": "create"},
        {"id": "bad id"},
        {"id": "mode", "importMode": "upsert"},
        {"id": "twin", "importMode": "updateTwin"},
        {"id": "part", "moduleId": "m"},
        {"id": "key", "authentication": {"symmetricKey": {"primaryKey": KEY}}},
        {"id": "status", "status": "on"},
    )
    assert failed(reply) == {
        "d": "DeviceAlreadyExists",
        "bad id": "ArgumentInvalid",
        "mode": "DeserializationError",
        "twin": "ArgumentInvalid",
        "part": "ArgumentInvalid",
        "key": "ArgumentInvalid",
        "status": "DeserializationError",
    }
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == ["d", "new"]


def test_the_oldest_version_answers_with_a_list_of_strings(old: HubApi) -> None:
    """One for each error, none when all went well (iothub 1, row 12)."""
    good = old.bulk({"id": "a", "importMode": "create"})
    assert (good.status, good.json) == (200, [])
    bad = old.bulk({"id": "a", "importMode": "create"}, {"id": "b", "importMode": "delete"})
    assert bad.status == 400
    assert [text.partition(";")[0] for text in bad.json] == [
        "a: DeviceAlreadyExists",
        "b: DeviceNotFound",
    ]


def test_the_second_version_numbers_its_errors(hub: HubApi) -> None:
    """Names came later."""
    second = HubApi(hub.api, "2016-04-30")
    assert failed(second.bulk({"id": "a", "importMode": "update"})) == {"a": 404001}


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([{"id": f"d{n}"} for n in range(101)], (413, "TooManyDevices")),
        ([{"id": "a"}, {"id": "b"}, {"id": "a"}], (400, "DeviceDefinedMultipleTimes")),
        ([{"status": "enabled"}], (400, "ArgumentNull")),
        ([{"id": ""}], (400, "ArgumentNull")),
        ([{"id": 5}], (400, "DeserializationError")),
        ([5], (400, "DeserializationError")),
        ([None], (400, "ArgumentNull")),
        ({"id": "a"}, (400, "ArgumentInvalid")),
    ],
)
def test_a_call_that_is_wrong_as_a_whole_changes_nothing(
    hub: HubApi, elements: object, expected: tuple[int, str]
) -> None:
    """More than a hundred, one twice, or no array of devices."""
    assert refusal(hub("POST", "/devices", elements)) == expected
    assert hub("GET", "/devices").json == []


def test_a_whole_refusal_is_also_a_result(hub: HubApi) -> None:
    """Clients read the body of a 400 as the result and would see nothing wrong else."""
    reply = hub.bulk({"id": "a"}, {"id": "a"})
    assert reply.json["isSuccessful"] is False
    assert [each["errorCode"] for each in reply.json["errors"]] == ["DeviceDefinedMultipleTimes"]


def test_an_element_without_an_id_is_told_by_its_place(hub: HubApi) -> None:
    """Among a hundred nobody would find it."""
    reply = hub.bulk({"id": "a"}, {"status": "enabled"})
    assert reply.json["Message"] == "ErrorCode:ArgumentNull;Element 2 lacks id."


def test_keys_given_in_bulk_are_stored(hub: HubApi) -> None:
    """And made where none are given."""
    given = {"symmetricKey": {"primaryKey": KEY, "secondaryKey": OTHER_KEY}}
    hub.bulk({"id": "a", "authentication": given}, {"id": "b"})
    assert keys_of(hub.get("a")) == (KEY, OTHER_KEY)
    assert all(keys_of(hub.get("b")))


def test_keys_are_rotated_as_asked(hub: HubApi) -> None:
    """Primary, secondary, both or swapped; the answer has what holds now (iothub 2.2)."""
    hub.put("d")
    for policy, kept in (("primary", {1: 1}), ("Secondary", {0: 0}), ("both", {}), ("swap", None)):
        before = keys_of(hub.get("d"))
        reply = hub(
            "POST", "/devices/keys/regenerate", {"policyKey": policy, "devices": [{"id": "d"}]}
        )
        assert reply.status == 200
        assert (reply.json["isSuccessful"], reply.json["errors"]) == (True, [])
        after = keys_of(hub.get("d"))
        shown = reply.json["rotatedKeys"][0]
        assert (shown["id"], shown["primaryKey"], shown["secondaryKey"]) == ("d", *after)
        if kept is None:
            assert after == before[::-1]
        else:
            assert {n: n for n in (0, 1) if after[n] == before[n]} == kept
    assert hub.get("d").json["etag"] == "NA=="


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"policyKey": "third", "devices": []}, (400, "InvalidPolicyKey")),
        ({"devices": []}, (400, "InvalidPolicyKey")),
        ({"policyKey": "both"}, (400, "ArgumentNull")),
        ({"policyKey": "both", "devices": "a"}, (400, "ArgumentInvalid")),
        ({"policyKey": "both", "devices": [{}]}, (400, "ArgumentNull")),
        ({"policyKey": "both", "devices": [{"id": "a", "moduleId": "m"}]},
         (400, "ArgumentInvalid")),
        ({"policyKey": "both", "devices": [{"id": "a"}] * 2}, (400, "DeviceDefinedMultipleTimes")),
        ({"policyKey": "both", "devices": [{"id": f"{n}"} for n in range(101)]},
         (413, "TooManyDevices")),
    ],
)  # fmt: skip
def test_a_rotation_that_is_wrong_is_refused(
    hub: HubApi, body: object, expected: tuple[int, str]
) -> None:
    """As a whole."""
    assert refusal(hub("POST", "/devices/keys/regenerate", body)) == expected


@pytest.mark.parametrize("devices", [None, "a"])
def test_a_rotation_without_devices_says_which_member_is_wrong(
    hub: HubApi, devices: object
) -> None:
    """Not the body, which is no array in a good call either."""
    reply = hub("POST", "/devices/keys/regenerate", {"policyKey": "both", "devices": devices})
    assert ";devices is " in reply.json["Message"]


def test_a_rotation_tells_old_clients_of_failures_too(old: HubApi) -> None:
    """In the form of later versions, there being none of that one."""
    body = {"policyKey": "both", "devices": [{"id": "none"}]}
    reply = old("POST", "/devices/keys/regenerate", body)
    assert reply.status == 400
    assert [each["deviceId"] for each in reply.json["errors"]] == ["none"]


def test_a_capability_of_another_type_is_refused_in_its_line_alone(hub: HubApi) -> None:
    """The others are made."""
    reply = hub.bulk({"id": "a"}, {"id": "b", "capabilities": {"iotEdge": "yes"}})
    (refused,) = reply.json["errors"]
    assert (refused["deviceId"], refused["errorCode"]) == ("b", "DeserializationError")
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == ["a"]


def test_a_rotation_names_the_devices_it_could_not_do(hub: HubApi) -> None:
    """Those that are absent and those that have no keys; the others are done."""
    hub.put("a")
    hub.put("x", authentication={"type": "certificateAuthority"})
    devices = [{"id": name} for name in ("a", "x", "no")]
    reply = hub("POST", "/devices/keys/regenerate", {"policyKey": "both", "devices": devices})
    assert reply.status == 400
    assert reply.headers[CODE] == "BulkRegenerateDeviceKeyOperationFailure"
    assert {each["deviceId"]: each["errorCode"] for each in reply.json["errors"]} == {
        "x": "ArgumentInvalid",
        "no": "DeviceNotFound",
    }
    assert [each["id"] for each in reply.json["rotatedKeys"]] == ["a"]
