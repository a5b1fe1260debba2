"""Hono's JSON by shapes: what is admitted, shown and carried over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.errors import Invalid
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import format_timestamp, parse_timestamp
from registry_backend.wire.hono import (
    keep_device,
    keep_tenant,
    read_credentials,
    read_device,
    read_tenant,
    write_credentials,
    write_device,
    write_tenant,
)
from registry_backend.wire.hono_profiles import HONO_2X, HONO_11, PROFILES, HonoProfile
from registry_backend.wire.hono_shape import Shape, Unknown, admit, carried, members, visible

AT = datetime(2026, 11, 22, 8, 30, 1, 500, tzinfo=UTC)
HUB = {"status-reason": "lent out", "iothub": {"capabilities": {"iotEdge": True}}}


def a_device(**given_members: Any) -> Device:
    """A device with these attributes."""
    return Device(
        tenant_id="t",
        device_id="d",
        attributes=DeviceAttributes.parse(given_members),
        version="v",
        revision=0,
        generation_id="g",
        created_at=AT,
    )


def a_tenant(**given_members: Any) -> Tenant:
    """A tenant with these attributes."""
    attributes = TenantAttributes.parse(given_members)
    return Tenant(tenant_id="t", attributes=attributes, version="v", created_at=AT)


def test_there_is_a_profile_for_each_vintage() -> None:
    """By the names an operator gives."""
    assert PROFILES == {"2.x": HONO_2X, "1.1": HONO_11}


def test_what_is_refused_is_named_by_its_path_at_every_level() -> None:
    """All of it at once."""
    shape = Shape(members("a", list_of=Shape(members("b", inner=Shape(members("c"))))))
    value = {"x": 1, "list-of": [{"b": 1}, {"y": 1, "inner": {"z": 1}}]}
    with pytest.raises(Invalid) as caught:
        admit(value, shape)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["x", "list-of[1].y", "list-of[1].inner.z"]


def test_nulls_say_nothing_unless_they_matter() -> None:
    """A null in a free-form value is part of it."""
    shape = Shape(members("a", "b", "free"), null_matters=frozenset({"b"}))
    sent = {"a": None, "b": None, "free": {"x": None}}
    assert admit(sent, shape) == {"b": None, "free": {"x": None}}


def test_unknown_members_are_kept_or_dropped_as_the_shape_says() -> None:
    """And ignored ones always dropped."""
    for unknown, expected in ((Unknown.KEEP, {"x": None}), (Unknown.DROP, {})):
        shape = Shape({}, unknown=unknown, ignored=frozenset({"status"}))
        assert admit({"x": None, "status": 1}, shape) == expected


def test_elements_of_a_list_are_matched_by_what_tells_them_apart() -> None:
    """Each keeps its own hidden members, in whatever order they come back."""
    shape = Shape(members(items=Shape(members("k", "v"), same_by=("k",))))
    stored = {"items": [{"k": 1, "hidden": "one"}, {"k": 2, "hidden": "two"}]}
    new = {"items": [{"k": 2, "v": 5}, {"k": 3}]}
    assert carried(new, stored, shape) == {"items": [{"k": 2, "v": 5, "hidden": "two"}, {"k": 3}]}


_TREES = st.recursive(
    st.integers() | st.text(max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=8,
)


@given(stored=st.dictionaries(st.sampled_from("abcd"), _TREES))
def test_writing_back_what_was_read_changes_nothing(stored: dict[str, Any]) -> None:
    """Visible and hidden parts together are the whole, for any object."""
    shape = Shape({"a": None, "b": Shape({"a": None, "c": Shape({"d": None})})})
    assert carried(visible(stored, shape), stored, shape) == stored


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_members_of_other_protocols_are_hidden_and_kept(profile: HonoProfile) -> None:
    """What IoT Hub says of a device survives any write of a Hono client."""
    device = a_device(ext={"a": 1}, **HUB)
    seen = write_device(device, profile)
    seen.pop("status", None)
    assert seen == {"ext": {"a": 1}}
    kept = keep_device(
        read_device({"ext": {"b": 2}}, profile), device.attributes.to_json(), profile
    )
    assert kept.to_json() == {"ext": {"b": 2}, **HUB}
    with pytest.raises(Invalid, match="iothub"):
        read_device({"iothub": {}}, profile)


def test_a_write_that_contradicts_what_it_cannot_see_is_refused() -> None:
    """1.1 sets `via` on a device that is member of a gateway group."""
    stored = a_device(memberOf=["group"]).attributes.to_json()
    with pytest.raises(Invalid, match="memberOf"):
        keep_device(read_device({"via": "gw"}, HONO_11), stored, HONO_11)


def test_an_imported_member_of_a_tenant_survives_a_write() -> None:
    """Nobody asked to remove it."""
    stored = a_tenant(legacy={"a": 1}, ext={"b": 2}).attributes
    assert "legacy" not in write_tenant(a_tenant(legacy=1), HONO_2X)
    kept = keep_tenant(read_tenant({"enabled": False}, HONO_2X), stored, HONO_2X)
    assert kept.to_json() == {"enabled": False, "legacy": {"a": 1}}


def test_times_are_written_in_utc_and_whole_seconds() -> None:
    """Hono 2.6, in the status too."""
    assert write_device(a_device(), HONO_2X) == {"status": {"created": "2026-11-22T08:30:01Z"}}


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_that_is_written_can_be_read(moment: datetime) -> None:
    """Early years have four digits as well."""
    assert parse_timestamp(format_timestamp(moment)) == moment.replace(microsecond=0)


def test_secrets_are_shown_by_type_and_vintage() -> None:
    """2.x strips what a password or psk is checked against, 1.1 strips ids (hono 2.5)."""
    sent = [
        {"type": "hashed-password", "auth-id": "a",
         "secrets": [{"id": "1", "pwd-hash": "h", "hash-function": "f", "salt": "s"}]},
        {"type": "psk", "auth-id": "b", "secrets": [{"id": "2", "key": "k", "comment": "c"}]},
        {"type": "own", "auth-id": "c", "comment": "d", "secrets": [{"id": "3", "key": "k"}]},
    ]  # fmt: skip
    stored = CredentialSet(
        tenant_id="t",
        device_id="d",
        credentials=tuple(Credential.parse(each) for each in sent),
        version="v",
    )
    modern = [each["secrets"] for each in write_credentials(stored, HONO_2X)]
    assert modern == [[{"id": "1"}], [{"id": "2", "comment": "c"}], [{"id": "3", "key": "k"}]]
    old = write_credentials(stored, HONO_11)
    assert [each["secrets"] for each in old] == [
        [{"pwd-hash": "h", "hash-function": "f", "salt": "s"}],
        [{"key": "k", "comment": "c"}],
        [{"key": "k"}],
    ]
    assert "comment" not in old[2]


def test_faults_of_several_credentials_are_told_together() -> None:
    """Each with its place."""
    sent = [5, {"type": "psk", "auth-id": "a", "secrets": [{"x": 1}]}, {"type": "psk"}]
    with pytest.raises(Invalid) as caught:
        read_credentials(sent, HONO_2X)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["[0]", "[1].secrets[0].x", "[2].auth-id"]
