"""A hub's failures in every form that hubs have sent (iothub 4.7, 4.8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.wire.iothub_device_errors import (
    NAMES,
    HubError,
    HubInvalid,
    format_error,
    parse_error,
    status_of,
)

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize("code", sorted(NAMES))
def test_every_failure_is_read_as_it_was_written(code: int) -> None:
    """Number, name, text and tracking id, with and without the header."""
    body = json.dumps(format_error(code, "why; and: how", tracking_id="0a" * 16, at=AT)).encode()
    told = HubError(code, NAMES[code], "why; and: how", "0a" * 16)
    assert parse_error(body, status=status_of(code)) == told
    assert parse_error(body, status=status_of(code), header=NAMES[code]) == told
    assert parse_error(body, status=500, header="DeviceNotFound").code == 404001


def test_a_text_is_never_empty() -> None:
    """Some clients split it and would fail."""
    members = format_error(404001, "", tracking_id="0", at=AT)
    assert members["Message"].partition(";")[2]
    assert members["ExceptionMessage"] == "Tracking ID:0-G:0-TimeStamp:03/04/2026 05:06:07"


def test_the_form_of_2016_is_read() -> None:
    """The text first, the bookkeeping on lines of its own."""
    message = (
        "A device with ID 'd' is already registered.\r\nTracking Id:abc123-G:0-TimeStamp:"
        "03/24/2016 20:30:33\r\nErrorCode:DeviceAlreadyExists"
    )
    told = parse_error(json.dumps({"Message": message}).encode(), status=409)
    assert told == HubError(
        409001, "DeviceAlreadyExists", "A device with ID 'd' is already registered.", "abc123"
    )


@pytest.mark.parametrize("nested", [False, True])
def test_the_newer_form_is_read(nested: bool) -> None:
    """By itself, or as a string inside the older one."""
    members = {
        "errorCode": 412001,
        "message": "Precondition failed",
        "trackingId": "ab12",
        "timestampUtc": "2026-03-04T05:06:07Z",
    }
    body: dict[str, object] = {"Message": json.dumps(members)} if nested else {**members}
    told = parse_error(json.dumps(body).encode(), status=412)
    assert told == HubError(412001, "PreconditionFailed", "Precondition failed", "ab12")


@given(st.binary(max_size=40), st.sampled_from([400, 404, 429, 502]))
def test_any_body_is_read_as_some_failure(body: bytes, status: int) -> None:
    """At least the status says something."""
    assert parse_error(body, status=status).code // 1000 == status


def test_an_unknown_name_keeps_the_status() -> None:
    """And the name, for a person."""
    told = parse_error(b'{"Message":"ErrorCode:NewThing;text"}', status=409)
    assert (told.code, told.name, told.message) == (409000, "NewThing", "text")


def test_a_refusal_carries_its_name() -> None:
    """For whoever makes an answer of it."""
    assert HubInvalid(413002, "Too many.").code == "TooManyDevices"
