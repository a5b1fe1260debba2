"""What is told of lines that are no device: our own words, where, and nothing secret."""

from __future__ import annotations

import json

import pytest
from pydantic_core import from_json

from registry_backend.domain.json_faults import json_fault, words_for
from registry_backend.wire import iothub, ndjson
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub import HubLine
from registry_backend.wire.line_faults import quoted

KEY = "q" * 44
BROKEN = (
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{"a":1 "b":2}',
    "{a:1}",
    '{"a" 1}',
    "[1,",
    "[1 2]",
    "[1,]",
    "nope",
    '{"a":"x\ny"}',
    '{"a":"\\q"}',
    '{"a":"\\u12"}',
    '{"a":"x',
    '{"a":01}',
    '{"a":1}x',
    "{'a':1}",
    '{"a":tru}',
    '{"a":-}',
    "",
)


def message(line: str) -> str:
    """What is told of a line of devices.txt."""
    fault = iothub.parse_line(line.encode())
    assert isinstance(fault, LineFault)
    return fault.message


@pytest.mark.parametrize("text", BROKEN)
def test_both_parsers_faults_have_words_of_our_own_and_a_place(text: str) -> None:
    """Whatever the parser calls it."""
    for parse in (json.loads, from_json):
        with pytest.raises(ValueError, match=r"\w") as raised:
            parse(text)
        told = json_fault(raised.value)
        assert not told.startswith(words_for("something new"))
        assert "xpect" not in told
        assert ", at line " in told
        assert "column" in told


def test_a_row_of_a_table_is_told_as_such() -> None:
    """With what to do."""
    assert "this looks like CSV: import it with the format csv" in message("d1,enabled")
    assert "no JSON object, which begins with {" in message("no json")


def test_a_whole_device_among_a_hubs_lines_is_told_as_such() -> None:
    """Its id has another name."""
    assert "this looks like NDJSON" in message('{"device-id":"d","attributes":{}}')


def test_the_value_that_is_wrong_is_quoted() -> None:
    """What to correct is then found without looking into the file."""
    assert message('{"id":"d","status":"on"}') == 'status is "on", neither enabled nor disabled'
    told = message('{"id":"d","status":"enabled","importMode":"upsert"}')
    assert told.startswith('importMode is "upsert"; it must be one of createOrUpdate')


def test_a_key_that_slipped_into_another_column_is_not_quoted() -> None:
    """Nor is anything else that may be one."""
    told = message(json.dumps({"id": "d", "status": KEY}))
    assert told == "status is a text of 44 characters, neither enabled nor disabled"
    assert quoted([KEY]) == "a list"
    assert quoted({KEY: 1}) == "an object"
    assert quoted(10**30) == "a number"
    truth = True
    assert quoted(truth) == "true"


def test_a_hubs_line_is_a_device_in_ndjson_too() -> None:
    """A remote hub's import takes such a file as well."""
    found = ndjson.parse_line(b'{"Id":"d","status":"disabled"}')
    assert isinstance(found, HubLine)
    assert (found.device_id, found.enabled) == ("d", False)
