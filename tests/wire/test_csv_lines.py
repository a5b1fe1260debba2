"""Tables of devices: columns by name, each row as the device line of the same content."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.wire.csv_lines import COLUMNS, parse_row, read_header
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub import HubLine, parse_line

KEYS = ("MDEyMzQ1Njc4OWFiY2RlZg==", "ZmVkY2JhOTg3NjU0MzIxMA==")


@pytest.mark.parametrize(
    "line",
    [
        b"id,status,primaryKey",
        b"\xef\xbb\xbfDevice ID;STATUS;primary_key\r\n",
        b'"deviceId"\t"Status"\t"Primary-Key"\n',
        b" device_id , status , PrimaryKey ",
    ],
)
def test_columns_are_known_however_they_are_written(line: bytes) -> None:
    """Case, blanks, lines and marks at the beginning of the file do not count."""
    assert read_header(line).columns == ("id", "status", "primaryKey")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"id,primKey", "'primKey' is not known. Is it primaryKey?"),
        (b"id,Thumbprint1", "'Thumbprint1' is not known. Is it primaryThumbprint?"),
        (b"id,zzzzzz", "'zzzzzz' is not known. Known columns are id, status"),
        (b"id,deviceId", "The column id is there twice."),
        (b"status,primaryKey", "No column is named id"),
        (b"", "No column is named id"),
        (b'id,"status', "The quotes in the first line do not match."),
        (b"id,\xff", "no text in UTF-8"),
        (b"d1,enabled," + KEYS[0].encode(), "names no column that is known"),
    ],
)
def test_a_table_that_nobody_understands_is_refused(line: bytes, told: str) -> None:
    """With the nearest name there is."""
    with pytest.raises(Invalid) as refused:
        read_header(line)
    assert told in str(refused.value)


def row(columns: bytes, line: bytes) -> HubLine | LineFault | None:
    """One row under these columns."""
    return parse_row(read_header(columns), line)


def test_a_row_is_what_its_device_line_is() -> None:
    """Keys, reason, mode and version."""
    columns = b"id,status,statusReason,primaryKey,secondaryKey,importMode,eTag"
    found = row(columns, f'd1,Disabled,"a ""b"", c",{KEYS[0]},{KEYS[1]},UPDATE,MA=='.encode())
    assert isinstance(found, HubLine)
    assert (found.device_id, found.enabled, found.status_reason) == ("d1", False, 'a "b", c')
    assert (found.keys, found.mode, found.etag) == (KEYS, "update", "MA==")


def test_a_table_without_a_status_means_enabled() -> None:
    """With one, each row must say it, as each line must (iothub 4.3)."""
    found = row(b"id", b"d1")
    assert isinstance(found, HubLine)
    assert found.enabled
    assert found.keys is not None
    missing = row(b"id,status", b"d1,")
    assert isinstance(missing, LineFault)
    assert missing.code == 400005


def test_thumbprints_are_told_from_keys() -> None:
    """One stands for both."""
    found = row(b"id\tprimaryThumbprint\tsecondaryThumbprint", b"d1\t" + b"A" * 40 + b"\t")
    assert isinstance(found, HubLine)
    assert (found.keys, found.thumbprints) == (None, ("A" * 40, "A" * 40))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"d1,enabled,more,and more", 400012),
        (b'd1,"enabled', 400012),
        (b'd1,"ena"bled', 400012),
        (b"d1,\xff", 400012),
        (b"d1,on", 400012),
        (b",enabled", 400005),
        (b"not an id,enabled", 400004),
        (b"d1", 400005),
    ],
)
def test_a_row_that_cannot_be_used_is_a_fault(line: bytes, code: int) -> None:
    """With the number that the line would have."""
    found = row(b"id,status", line)
    assert isinstance(found, LineFault)
    assert found.code == code


def test_a_row_of_nothing_is_passed_over() -> None:
    """Spreadsheets write such rows after the last."""
    assert row(b"id;status;eTag", b";;") is None


def test_columns_that_nobody_filled_do_no_harm() -> None:
    """Spreadsheets write those too."""
    found = row(b"id,status,,", b"d1,enabled,,")
    assert isinstance(found, HubLine)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@given(st.dictionaries(st.sampled_from(COLUMNS), texts), st.sampled_from(",;\t"))
def test_any_row_reads_as_its_device_line(cells: dict[str, str], delimiter: str) -> None:
    """Whatever stands in it: one is refused exactly when the other is, with the same number."""
    columns = ["id", "status", *(name for name in cells if name not in ("id", "status"))]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(
        [cells.get(name, "") for name in columns]
    )
    found = row(delimiter.join(columns).encode(), written.getvalue().encode())
    kept = {name: cells[name].strip() for name in columns if cells.get(name, "").strip()}
    members: dict[str, object] = {
        name: value for name, value in kept.items() if not name.endswith(("Key", "print"))
    }
    authentication: dict[str, dict[str, str]] = {}
    for kind, ending in (("symmetricKey", "Key"), ("x509Thumbprint", "print")):
        theirs = {name: value for name, value in kept.items() if name.endswith(ending)}
        if theirs:
            authentication[kind] = theirs
    if authentication:
        members["authentication"] = authentication
    expected = parse_line(json.dumps(members).encode()) if kept else None
    if isinstance(expected, HubLine):
        assert isinstance(found, HubLine)
        assert found._replace(keys=None) == expected._replace(keys=None)
    else:
        assert found == expected
