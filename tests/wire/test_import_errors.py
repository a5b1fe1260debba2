"""Lines of importErrors.log (iothub 6.5)."""

from __future__ import annotations

import json

import pytest

from registry_backend.domain.jobs import JobError
from registry_backend.wire.import_errors import format_error_line, parse_error_line


@pytest.mark.parametrize(
    "error",
    [
        JobError(line=3, device_id="d", code=409001, message="exists"),
        JobError(line=None, device_id=None, code=400012, message='broken "x"'),
    ],
)
def test_an_error_comes_back_as_written(error: JobError) -> None:
    """Including our own line number."""
    assert parse_error_line(format_error_line(error).encode()) == error


def test_the_members_are_a_hubs() -> None:
    """`line` is added at the end, where other readers pass over it."""
    line = format_error_line(JobError(line=3, device_id="d", code=409001, message="exists"))

    assert json.loads(line) == {
        "deviceId": "d",
        "errorCode": 409001,
        "errorStatus": "exists",
        "line": 3,
    }


@pytest.mark.parametrize(
    ("line", "message"), [(b"no json", "no json"), (b"[1]", "[1]"), (b"\xff", "\ufffd")]
)
def test_a_line_that_is_no_json_is_its_own_message(line: bytes, message: str) -> None:
    """A log of another program is shown rather than refused."""
    assert parse_error_line(line) == JobError(code=0, message=message)


def test_a_hubs_line_without_our_number_is_read() -> None:
    """`line` is then unknown."""
    line = b'{"deviceId":"d","errorCode":409001,"errorStatus":"x"}'

    assert parse_error_line(line).line is None
