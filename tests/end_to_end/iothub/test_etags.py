"""If-Match, one test for each row of its table (iothub 5.3)."""

from __future__ import annotations

import pytest

from tests.end_to_end.iothub.hub import HubApi, refusal


def test_without_the_header_put_creates_only(hub: HubApi) -> None:
    """A device that is there stays as it is."""
    assert hub.put("d").status == 200
    assert refusal(hub.put("d")) == (409, "DeviceAlreadyExists")


def test_without_the_header_nothing_is_removed(hub: HubApi) -> None:
    """412 "Etag missing", whether the device is there or not."""
    hub.put("d")
    for device_id in ("d", "absent"):
        reply = hub.delete(device_id, None)
        assert refusal(reply) == (412, "PreconditionFailed")
        assert "Etag missing" in reply.json["Message"]
    assert hub.get("d").status == 200


def test_an_empty_header_is_none(hub: HubApi) -> None:
    """As if it had not been sent."""
    assert hub.put("d", if_match="").status == 200
    assert refusal(hub.delete("d", " "))[0] == 412


@pytest.mark.parametrize("star", ["*", '"*"', ' "*" ', 'W/"*"'])
def test_the_star_is_any_device_that_is_there(hub: HubApi, star: str) -> None:
    """Bare or in quotes; a device that is not there is not found."""
    assert refusal(hub.put("d", if_match=star)) == (404, "DeviceNotFound")
    hub.put("d")
    assert hub.put("d", if_match=star).status == 200
    assert hub.delete("d", star).status == 204
    assert refusal(hub.delete("d", star)) == (404, "DeviceNotFound")


@pytest.mark.parametrize(
    "etag", ['"MA=="', "MA==", 'W/"MA=="', '"bm8=", "MA=="', "bm8=, MA==", '"bm8=",W/"MA=="']
)
def test_the_current_etag_in_any_form_matches(hub: HubApi, etag: str) -> None:
    """Quoted, bare, weak, or in a list."""
    hub.put("d")
    assert hub.put("d", if_match=etag).status == 200
    assert refusal(hub.put("d", if_match=etag)) == (412, "PreconditionFailed")
    hub.delete("d")
    hub.put("d")
    assert hub.delete("d", etag).status == 204


@pytest.mark.parametrize("etag", ['"MQ=="', "bm8=", '""', '"ma=="', '"MA== "', ",", '"MA'])
def test_another_etag_does_not_match(hub: HubApi, etag: str) -> None:
    """412 for both methods, and nothing is written."""
    before = hub.put("d")
    reply = hub.put("d", if_match=etag)
    assert refusal(reply) == (412, "PreconditionFailed")
    assert "Precondition failed" in reply.json["Message"]
    assert refusal(hub.delete("d", etag)) == (412, "PreconditionFailed")
    assert hub.get("d").json == before.json


def test_if_none_match_is_no_part_of_it(hub: HubApi) -> None:
    """A star on PUT means what PUT without If-Match means already."""
    assert hub("PUT", "/devices/d", {"deviceId": "d"}, If_None_Match="*").status == 200
    again = hub("PUT", "/devices/d", {"deviceId": "d"}, If_None_Match="*")
    assert refusal(again) == (409, "DeviceAlreadyExists")
    assert hub("GET", "/devices/d", If_None_Match='"MA=="').status == 200


def test_the_etag_is_quoted_in_headers_and_bare_in_bodies(hub: HubApi) -> None:
    """And moves on identity writes only: reading leaves it."""
    for number, etag in enumerate(("MA==", "MQ==", "Mg==")):
        reply = hub.put("d", if_match="*" if number else None)
        assert (reply.headers["etag"], reply.json["etag"]) == (f'"{etag}"', etag)
        assert hub.get("d").headers["etag"] == f'"{etag}"'
