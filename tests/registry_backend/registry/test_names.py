"""Distinguished names have one spelling (hono 2.1, 2.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.registry.names import format_dn, normalise_dn


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("CN=device-1,O=Acme", "CN=device-1,O=Acme"),
        ("cn = device-1 ,  o=Acme ", "CN=device-1,O=Acme"),
        ("CN=device-1;O=Acme", "CN=device-1,O=Acme"),
        ('O="Acme, Ltd",C=DE', "O=Acme\\, Ltd,C=DE"),
        ("O=Acme\\2C Ltd", "O=Acme\\, Ltd"),
        ("CN=\\c3\\bc", "CN=ü"),
        ("OID.2.5.4.3=a+2.5.4.11=b", "CN=a+OU=b"),
        ("emailAddress=a@b.example", "1.2.840.113549.1.9.1=a@b.example"),
        ("1.2.840.113549.1.9.1=#1603616263", "1.2.840.113549.1.9.1=abc"),
        ("CN=#0c0161", "CN=a"),
        ("CN=\\#0c0161", "CN=\\#0c0161"),
        ("2.5.4.45=#0302003F", "2.5.4.45=#0302003f"),
        ("CN=a\\ ", "CN=a\\ "),
        ("CN=\\ a", "CN=\\ a"),
        ("S=Bavaria", "ST=Bavaria"),
        ("CN=a=b", "CN=a=b"),
        ("CN=", "CN="),
    ],
)
def test_equal_names_have_one_spelling(written: str, normal: str) -> None:
    """Case of keywords, blanks, quotes, escapes and hex make no difference."""
    assert normalise_dn(written) == normal


@pytest.mark.parametrize(
    "text", ["", "device-1", "X=1", "CN=a,", 'CN="a', 'CN="a" b', "CN=#xy", "${SUBJECT_DN}", "=a"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    """The message says what is wrong with it."""
    with pytest.raises(ValueError, match="is no distinguished name"):
        normalise_dn(text)


_OIDS = st.sampled_from(["2.5.4.3", "2.5.4.10", "2.5.4.5", "0.9.2342.19200300.100.1.25"])
_VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(min_size=2).map(lambda b: b"\x03" + b),
)


@given(
    st.lists(st.lists(st.tuples(_OIDS, _VALUES), min_size=1, max_size=2), min_size=1, max_size=4)
)
def test_a_formatted_name_reads_back_as_itself(steps: list[list[tuple[str, str | bytes]]]) -> None:
    """Whatever a certificate holds as its subject, normalising the text changes nothing."""
    text = format_dn(steps)
    assert normalise_dn(text) == text
