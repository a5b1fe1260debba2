"""The filter language of console and command line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.domain.filter_language import parse_device_query, via_filter
from registry_backend.domain.query import AttributeFilter, DeviceQuery


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", DeviceQuery()),
        ("*-7", DeviceQuery(id_patterns=("*-7",))),
        ("hl-*-7 a*b*", DeviceQuery(id_patterns=("hl-*-7", "a*b*"))),
        ('"*-7"', DeviceQuery(id_contains=("*-7",))),
        ("   ", DeviceQuery()),
        (
            "ext.size:1e999",
            DeviceQuery(attributes=(AttributeFilter(("ext", "size"), "1e999"),)),
        ),
        ("lamp", DeviceQuery(id_contains=("lamp",))),
        ("hl-lamp*", DeviceQuery(id_prefix="hl-lamp")),
        ("lamp pier", DeviceQuery(id_contains=("lamp", "pier"))),
        ('id:lamp "a b" lamp', DeviceQuery(id_contains=("lamp", "a b"))),
        ('""', DeviceQuery()),
        ("id:lamp", DeviceQuery(id_contains=("lamp",))),
        ('"urn:dev:1"', DeviceQuery(id_contains=("urn:dev:1",))),
        ("disabled", DeviceQuery(enabled=False)),
        ("enabled:no", DeviceQuery(enabled=False)),
        ("lamp disabled", DeviceQuery(id_contains=("lamp",), enabled=False)),
        ("via:gw-1 gateway:yes", DeviceQuery(via="gw-1", is_gateway=True)),
        ("has:psk", DeviceQuery(credential_type="psk")),
        (
            "expires<2027-01-01",
            DeviceQuery(expires_before=datetime(2027, 1, 1, tzinfo=UTC)),
        ),
        (
            "ext.site:pier*",
            DeviceQuery(attributes=(AttributeFilter(("ext", "site"), "pier*"),)),
        ),
        (
            "defaults.ttl:30 ext.spare:true",
            DeviceQuery(
                attributes=(
                    AttributeFilter(("defaults", "ttl"), 30, "30"),
                    AttributeFilter(("ext", "spare"), True, "true"),  # noqa: FBT003
                )
            ),
        ),
        (
            "ext.serial:9007199254740993",
            DeviceQuery(
                attributes=(
                    AttributeFilter(("ext", "serial"), 9007199254740993, "9007199254740993"),
                )
            ),
        ),
        (
            f"ext.big:{2**63} ext.long:{'9' * 5000} ext.share:0.50",
            DeviceQuery(
                attributes=(
                    AttributeFilter(("ext", "big"), str(2**63)),
                    AttributeFilter(("ext", "long"), "9" * 5000),
                    AttributeFilter(("ext", "share"), 0.5, "0.50"),
                )
            ),
        ),
        (
            "DISABLED Via:gw-1 GATEWAY:Yes Has:psk ID:lamp Expires<2027-01-01",
            DeviceQuery(
                enabled=False,
                via="gw-1",
                is_gateway=True,
                credential_type="psk",
                id_contains=("lamp",),
                expires_before=datetime(2027, 1, 1, tzinfo=UTC),
            ),
        ),
        ('"DISABLED" "a<b"', DeviceQuery(id_contains=("DISABLED", "a<b"))),
        ('via:"gw*1"', DeviceQuery(via="gw*1")),
        (
            "Ext.site:a<b",
            DeviceQuery(attributes=(AttributeFilter(("Ext", "site"), "a<b"),)),
        ),
        (
            'ext.room:"12" ext.note:"quay \\"B\\""',
            DeviceQuery(
                attributes=(
                    AttributeFilter(("ext", "room"), "12"),
                    AttributeFilter(("ext", "note"), 'quay "B"'),
                )
            ),
        ),
    ],
)
def test_words_become_conditions(text: str, query: DeviceQuery) -> None:
    """Each word is a condition; quotes keep blanks, colons and numbers as text."""
    assert parse_device_query(text) == query


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('lamp "open', "quote opened at column 6"),
        ('"', "quote opened at column 1"),
        ("lamp enabled:perhaps", "Column 6"),
        ("enabled disabled", "Column 9"),
        ("via:", "Column 1"),
        ("lamp expires>2027-01-01", "Column 6: the only comparison is expires<2027-01-01"),
        ("expires>2027-01-01T08:00:00Z", "the only comparison"),
        ("expires <2027-01-01", "Column 9: the only comparison"),
        ("ext.size>5", "ext.size:30"),
        ("via:gw*", "whole id of one gateway"),
        ("VIA:*", "whole id of one gateway"),
        ("via:gw?", "double quotes"),
        (":x", "Column 1"),
        ("ext..site:x", "Column 1"),
        ("expires<soon", "write expires<2027-01-01"),
        ("expires<", "write expires<2027-01-01"),
    ],
)
def test_what_cannot_be_understood_is_named_by_its_column(text: str, words: str) -> None:
    """The message points at the word."""
    with pytest.raises(Invalid, match=words):
        parse_device_query(text)


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_an_explained_refusal(text: str) -> None:
    """Nothing typed into the filter can do worse than be refused."""
    refused = ""
    try:
        query = parse_device_query(text)
    except Invalid as refusal:
        refused = refusal.message
        query = None
    assert query is not None or refused


@pytest.mark.parametrize("gateway", ["gw-1", "gw*1", "gw?", "two words", 'a"b\\c', "a\\b", "a:<b"])
def test_the_words_for_a_gateway_find_it(gateway: str) -> None:
    """Whatever its id holds."""
    assert parse_device_query(via_filter(gateway)) == DeviceQuery(via=gateway)
