"""JSON that a registry can carry, and documents that keep what they were given (hono 2)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential, Secret
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import (
    JsonObject,
    compact_json,
    format_json,
    json_bytes,
    parse_json,
    stored_json,
)
from registry_backend.domain.errors import Invalid
from registry_backend.domain.secrets import check_password, hash_password, verify_password
from registry_backend.domain.tenants import TenantAttributes

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=10,
)


@given(JSON)
def test_what_is_written_reads_back(value: object) -> None:
    """Both for people and for stores."""
    assert parse_json(compact_json(value)) == value
    assert parse_json(json_bytes(value)) == value
    assert stored_json(compact_json(value)) == value
    assert parse_json(format_json(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n  b}', "line 2, column 3"),
        ("", "line 1, column 1"),
        ("NaN", "NaN is not a JSON value"),
        ("[-Infinity]", "-Infinity is not a JSON value"),
        ("[1e999]", "1e999 is not a JSON value"),
        (b'"\xff"', "byte 2 cannot be read"),
        ('"\\ud800"', "half a character"),
        ('"\ud800"', "half a character"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str | bytes, message: str) -> None:
    """So that nothing reaches the store that cannot be written again."""
    with pytest.raises(Invalid, match=message):
        parse_json(text, what="the body")


def test_a_whole_pair_of_surrogates_is_one_character() -> None:
    """Escapes outside the first plane are read as JSON has them, a byte-order mark is passed."""
    assert parse_json('\ufeff"\\ud83d\\ude00"') == "😀"
    assert math.isclose(parse_json("1e-400"), 0.0)


def test_a_member_taken_out_was_never_given() -> None:
    """The copy has its default, the original keeps it, unknown members stay in both."""
    secret = Secret.parse({"id": "s", "key": "AAAA", "comment": "c", "own": 1})
    rest = secret.without("key", "comment", "salt")
    assert rest.to_json() == {"id": "s", "own": 1}
    assert (rest.key, rest.comment) == (None, None)
    assert secret.to_json() == {"id": "s", "key": "AAAA", "comment": "c", "own": 1}
    device = DeviceAttributes(via=("gw",), ext={"a": 1}).without("via", "ext")
    assert device == DeviceAttributes()


@pytest.mark.parametrize(
    ("members", "accepted"),
    [
        ({"via": "gw"}, True),
        ({"via": ["gw"], "viaGroups": "g"}, True),
        ({"memberOf": "g"}, True),
        ({"memberOf": ["g"], "via": ["gw"]}, False),
        ({"via": ["gw"], "memberOf": ["g"]}, False),
        ({"memberOf": ["g"], "viaGroups": ["x"]}, False),
        ({"via": ["gw"], "memberOf": []}, True),
        ({"memberOf": [], "via": ["gw"]}, True),
        ({"authorities": "auto-provisioning-enabled"}, False),
        ({"command-endpoint": {"uri": "http://x", "headers": {"a": "b"}}}, True),
        ({"command-endpoint": None}, False),
        ({"ext": []}, False),
        ({"enabled": "true"}, True),
        ({"enabled": "perhaps"}, False),
    ],
)
def test_a_device_follows_honos_schema(members: JsonObject, accepted: bool) -> None:
    """An empty list never excludes another, whatever its place (hono 2.4)."""
    if accepted:
        DeviceAttributes.parse(members)
        return
    with pytest.raises(Invalid):
        DeviceAttributes.parse(members)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"alias": None}, "alias: use small letters"),
        ({"alias": "Upper"}, "alias: use small letters"),
        ({"adapters": []}, "adapters: must not be empty"),
        ({"adapters": [{}]}, r"adapters\[0\].type"),
        ({"adapters": [{"type": "a"}, {"type": "a"}]}, r"adapters\[1\].type: 'a' is listed"),
        ({"minimum-message-size": -1}, "minimum-message-size"),
        ({"resource-limits": {"max-ttl": -2}}, "resource-limits.max-ttl"),
        ({"resource-limits": {"data-volume": {}}}, "data-volume.effective-since"),
        (
            {"resource-limits": {"data-volume": {"effective-since": "2026-01-01"}}},
            "effective-since: expected a date and time with an offset",
        ),
        ({"registration-limits": {"max-devices": -2}}, "registration-limits.max-devices"),
        ({"tracing": {"sampling-mode": "some"}}, "tracing.sampling-mode"),
        ({"trusted-ca": {}}, "trusted-ca"),
    ],
)
def test_a_tenant_follows_honos_schema(members: JsonObject, message: str) -> None:
    """The message names the member (hono 2.2)."""
    with pytest.raises(Invalid, match=message):
        TenantAttributes.parse(members)


def test_a_tenant_may_say_nothing_of_its_adapters() -> None:
    """Null allows all; a period's mode is read without case, an unknown one kept as such."""
    assert TenantAttributes.parse({"adapters": None}).adapters is None
    for mode, read in (("DAYS", "days"), ("Monthly", "monthly"), ("weekly", "unknown")):
        volume = {"effective-since": "2026-01-01T00:00Z", "period": {"mode": mode}}
        tenant = TenantAttributes.parse({"resource-limits": {"data-volume": volume}})
        limits = tenant.resource_limits
        assert limits
        assert limits.data_volume
        assert limits.data_volume.period
        assert limits.data_volume.period.mode == read


def test_validity_runs_forward() -> None:
    """And an empty text is no time at all (hono 2.6)."""
    with pytest.raises(Invalid, match="not-before: is later than not-after"):
        Secret.parse({"not-before": "2027-01-01T00:00:00Z", "not-after": "2026-01-01T00:00:00Z"})
    assert Secret.parse({"not-before": ""}).not_before is None


def test_a_certificate_stands_for_the_auth_id() -> None:
    """Left out or null; without certificate it is mandatory (hono 2.5)."""
    for members in ({"cert": "x"}, {"cert": "x", "auth-id": None}):
        assert Credential.parse({"type": "x509-cert", **members}).auth_id
    with pytest.raises(Invalid, match="auth-id"):
        Credential.parse({"type": "x509-cert", "secrets": [{}]})


@pytest.mark.parametrize("password", ["x", "x" * 72, "ä" * 36, " "])
def test_a_password_of_up_to_72_bytes_verifies(password: str) -> None:
    """Nothing of it is cut (hono 2.5)."""
    assert check_password(password) is None
    pwd_hash = hash_password(password, cost=4)
    assert verify_password(password, function="bcrypt", pwd_hash=pwd_hash, salt=None)
    assert not verify_password(password + "x", function="bcrypt", pwd_hash=pwd_hash, salt=None)


@pytest.mark.parametrize("password", ["", "x" * 73, "ä" * 37, "a\0", "\ud800"])
def test_a_password_that_bcrypt_would_change_is_refused(password: str) -> None:
    """With the reason, and never with the password (hono 2.5)."""
    problem = check_password(password)
    assert problem
    assert "xx" not in problem
    with pytest.raises(Invalid, match="pwd-plain"):
        hash_password(password, cost=4)
