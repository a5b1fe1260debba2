"""Queries and counts (iothub 2.1 rows 6 and 7, 2.2, 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.iothub.hub import HubApi, refusal


@pytest.fixture
def fleet(hub: HubApi) -> HubApi:
    """Five devices: two disabled, one at the edge."""
    hub.bulk(
        {"id": "pump-1"},
        {"id": "pump-2", "status": "disabled"},
        {"id": "pump-3", "capabilities": {"iotEdge": True}},
        {"id": "valve*1", "status": "disabled"},
        {"id": "it's"},
    )
    return hub


ALL = {"pump-1", "pump-2", "pump-3", "valve*1", "it's"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ALL),
        ("where status = 'enabled'", {"pump-1", "pump-3", "it's"}),
        ("WHERE devices.status != 'Enabled'", {"pump-2", "valve*1"}),
        ("where status <> 'disabled' and status = 'disabled'", set()),
        ("where deviceId = 'pump-1'", {"pump-1"}),
        ("where DeviceId = 'pump'", set()),
        ("where deviceId = 'valve*1'", {"valve*1"}),
        ("where deviceId = 'it''s'", {"it's"}),
        ('where deviceId = "it\'s"', {"it's"}),
        ("where deviceId = 'pump-2' and status = 'enabled'", set()),
        ("where deviceId IN ['pump-3', 'pump-1', 'none']", {"pump-1", "pump-3"}),
        ("where startswith(deviceId, 'pump')", {"pump-1", "pump-2", "pump-3"}),
        (
            "where STARTSWITH(devices.deviceId, 'pump') AND status = 'enabled'",
            {"pump-1", "pump-3"},
        ),
        ("where startswith(deviceId,'p') and startswith(deviceId,'pump-2')", {"pump-2"}),
        ("where startswith(deviceId,'p') and startswith(deviceId,'v')", set()),
        ("where capabilities.iotEdge = true", {"pump-3"}),
        ("where connectionState = 'Connected'", set()),
        ("where connectionState = 'Disconnected'", ALL),
    ],
)
def test_conditions_choose_the_devices(fleet: HubApi, condition: str, expected: set[str]) -> None:
    """Names and words without case; ids with what other languages take for wildcards."""
    reply = fleet.query(f"select * from devices {condition}")  # noqa: S608 - no SQL
    assert reply.status == 200
    assert {each["deviceId"] for each in reply.json} == expected
    counted = fleet.query(f"SELECT COUNT() AS n FROM devices {condition}")  # noqa: S608 - no SQL
    assert counted.json == [{"n": len(expected)}]
    assert counted.headers["x-ms-item-type"] == "Raw"


def test_everything_is_a_twin_without_keys(fleet: HubApi) -> None:
    """With the identity's ETag, and the type in the header."""
    reply = fleet.query("SELECT * FROM devices where deviceId='pump-2'")
    assert reply.headers["x-ms-item-type"] == "Twin"
    (twin,) = reply.json
    assert twin["deviceEtag"] == fleet.get("pump-2").json["etag"]
    assert (twin["status"], twin["authenticationType"]) == ("disabled", "sas")
    assert twin["capabilities"] == {"iotEdge": False}
    assert b"Key" not in reply.body


def test_columns_are_shown_under_their_names(fleet: HubApi) -> None:
    """An alias, or the last step of the path; what is absent is left out."""
    reply = fleet.query(
        "select d.deviceId as Id, status, capabilities.iotEdge, tags.x from devices d "
        "where deviceId = 'pump-3'"
    )
    assert reply.headers["x-ms-item-type"] == "Raw"
    assert reply.json == [{"Id": "pump-3", "status": "enabled", "iotEdge": True}]


def test_pages_go_on_where_the_one_before_ended(fleet: HubApi) -> None:
    """As long as there is a continuation."""
    first = fleet.query("select * from devices", x_ms_max_item_count="3")
    assert [each["deviceId"] for each in first.json] == ["it's", "pump-1", "pump-2"]
    more = {"x_ms_max_item_count": "3", "x_ms_continuation": first.headers["x-ms-continuation"]}
    second = fleet.query("select * from devices", **more)
    assert [each["deviceId"] for each in second.json] == ["pump-3", "valve*1"]
    assert "x-ms-continuation" not in second.headers


@pytest.mark.parametrize("token", ["x", "!!!!", "AAAA", "bm90LWEtY3Vyc29y", "W10="])
def test_a_continuation_of_another_is_refused(fleet: HubApi, token: str) -> None:
    """400, not a page from somewhere."""
    reply = fleet.query("select * from devices", x_ms_continuation=token)
    assert refusal(reply) == (400, "ArgumentInvalid")


@pytest.mark.parametrize(
    "text",
    [
        "select * from devices where tags.site = 'oslo'",
        "select * from devices where status = 'enabled' or status = 'disabled'",
        "select * from devices where not status = 'enabled'",
        "select * from devices where status = 'perhaps'",
        "select * from devices where capabilities.iotEdge = false",
        "select * from devices where deviceId != 'a'",
        "select * from devices where startswith(status, 'e')",
        "select * from devices.modules",
        "select * from devices order by deviceId",
        "select from devices",
        "select * from",
        "select * from devices where",
        "select * from devices where deviceId = 'open",
        "select * from devices where deviceId in ['a'",
        "drop table devices",
        "select * from devices; select",
        "select * from devices where deviceId = \u00e4",
    ],
)
def test_what_is_not_served_is_refused_with_what_is(fleet: HubApi, text: str) -> None:
    """Never an answer to another question."""
    reply = fleet.query(text)
    assert refusal(reply) == (400, "ArgumentInvalid")
    assert "capabilities.iotEdge = true" in reply.json["Message"]


@pytest.mark.parametrize("body", [{}, {"query": ""}, {"query": 5}, {"query": None}])
def test_a_query_must_be_there(hub: HubApi, body: Any) -> None:
    """ArgumentNull."""
    assert refusal(hub("POST", "/devices/query", body)) == (400, "ArgumentNull")


def test_counts_have_the_names_of_both_generations(fleet: HubApi) -> None:
    """The page's and the service's (iothub 1, rows 5 and 6); they add up."""
    assert fleet("GET", "/statistics/devices").json == {
        "totalDeviceCount": 5,
        "enabledDeviceCount": 3,
        "disabledDeviceCount": 2,
        "totalDevicesByStatus": {"enabled": 3, "disabled": 2},
    }
    assert fleet("GET", "/statistics/service").json == {
        "connectedDeviceCount": 0,
        "totalConnectedDevices": 0,
    }
    fleet.delete("it's")
    fleet.put("pump-1", if_match="*", status="disabled")
    counted = fleet("GET", "/statistics/devices").json
    assert (counted["totalDeviceCount"], counted["enabledDeviceCount"]) == (4, 1)
