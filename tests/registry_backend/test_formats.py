"""In which format a file is written, told by its name and its beginning."""

from __future__ import annotations

import pytest

from registry_backend.domain.formats import (
    Input,
    format_of_head,
    input_among,
    seen_instead,
    told_format,
)
from registry_backend.domain.jobs import JobFormat

WHOLE = b'{"format":"idconsole-1","tenant-id":"t","tenant":{}}\n'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"id":"d1","status":"enabled"}\n', "devices.txt"),
        (b'\xef\xbb\xbf\n{"Id":"d1"}', "devices.txt"),
        (WHOLE, "ndjson"),
        (b'{"device-id":"d1","attributes":{}}\n', "ndjson"),
        (b"id,status\nd1,enabled\n", "csv"),
        (b"\xef\xbb\xbfDevice Id;Primary Key\r\n", "csv"),
        (b"device_id\tcolour\n", "csv"),
        (b"Warning: keys were left out, see id\n", None),
        (b'{"id":', None),
        (b"d1,enabled\n", None),
        (b"[" * 9999, None),
        (b'{"a":' * 9999, None),
        (b"", None),
        (bytes(range(256)), None),
    ],
)
def test_the_first_line_tells_the_format(head: bytes, expected: JobFormat | None) -> None:
    """A sentence, a broken line or a row without a header tells nothing."""
    assert format_of_head(head) == expected


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("fleet.csv", b"", "csv"),
        ("fleet.CSV", b"id\n", "csv"),
        ("fleet.txt", b"id,status\n", "csv"),
        ("fleet.csv", b'{"id":"d"}\n', "devices.txt"),
        ("fleet.jsonl", b'{"id":"d"}\n', "ndjson"),
        ("fleet.txt", WHOLE, "ndjson"),
        ("credentials.json", b"[]", "hono-1.1"),
        ("fleet", b"", "devices.txt"),
    ],
)
def test_the_first_bytes_count_for_more_than_the_name(
    name: str, head: bytes, expected: JobFormat
) -> None:
    """A hub's lines called NDJSON are read as that, which takes them too."""
    assert told_format(name, head) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"devices.txt", "devices.csv", "tenants.json"}, Input("devices.txt", "devices.txt")),
        ({"devices.csv", "other.ndjson"}, Input("devices.csv", "csv")),
        ({"tenants.json", "fleet.csv"}, Input(None, "hono-1.1")),
        ({"fleet.csv", "readme.md"}, Input("fleet.csv", "csv")),
        ({"one.csv", "two.csv"}, Input(None, "devices.txt")),
        (set(), Input(None, "devices.txt")),
    ],
)
def test_a_folder_gives_its_usual_file_or_the_only_one_that_fits(
    names: set[str], expected: Input
) -> None:
    """Of several others none is chosen."""
    assert input_among(names) == expected


@pytest.mark.parametrize(
    ("head", "job_format", "expected"),
    [
        (b"id,status\n", "devices.txt", "CSV"),
        (b"id,status\n", "csv", ""),
        (WHOLE, "devices.txt", "NDJSON"),
        (b'{"id":"d"}\n', "csv", "lines of devices.txt"),
        (b'{"id":"d"}\n', "ndjson", ""),
        (b'[\n {"id":"d"}]', "devices.txt", "one JSON document"),
        (b'{\n "id":"d"}', "ndjson", "one JSON document"),
        (b"{\n", "devices.txt", ""),
        (b"no json\n", "devices.txt", ""),
    ],
)
def test_a_file_is_another_format_only_where_that_is_sure(
    head: bytes, job_format: JobFormat, expected: str
) -> None:
    """A single broken line is no reason to refuse the file."""
    assert seen_instead(head, job_format) == expected
