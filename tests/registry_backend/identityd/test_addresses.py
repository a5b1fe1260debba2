"""Addresses as the daemon's URL type takes and writes them."""

from __future__ import annotations

import pytest

from registry_backend.identityd.addresses import normal_url, scheme_of


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://dps.example", "https://dps.example/"),
        ("HTTPS://DPS.Example:443", "https://dps.example/"),
        ("https://dps.example:0443/a/B", "https://dps.example/a/B"),
        ("https://dps.example:8443?A=b", "https://dps.example:8443/?A=b"),
        ("http://h:80#x", "http://h/#x"),
        ("https://h:", "https://h/"),
        ("https://User:Pw@H/", "https://User:Pw@h/"),
        ("https://[::1]:1", "https://[::1]:1/"),
        (" https://h\n", "https://h/"),
        ("amqps://H:5671", "amqps://H:5671"),
        ("https://a b", None),
        ("https://a:99999", None),
        ("https://a:99999999999999", None),
        ("https://a:b", None),
        ("https://:80", None),
        ("https://[1", None),
        ("https://[1]", None),
        ("dps.example", None),
        ("", None),
    ],
)
def test_an_address_has_one_normal_form_or_is_none(text: str, normal: str | None) -> None:
    """Scheme and host without case, the default port unsaid, a slash before the query."""
    assert normal_url(text) == normal
    if normal is not None:
        assert normal_url(normal) == normal


@pytest.mark.parametrize(
    ("text", "scheme"),
    [("FILE:///x", "file"), ("https://[", "https"), ("/etc/x", ""), ("", ""), ("unix:x", "unix")],
)
def test_a_uri_has_a_scheme_or_none(text: str, scheme: str) -> None:
    """In lower case, of whatever may follow."""
    assert scheme_of(text) == scheme
