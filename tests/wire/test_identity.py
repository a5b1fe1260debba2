"""Identities and provisioning in the Identity Service's JSON, there and back (identityd 2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.domain.identities import Identity, Provisioning
from registry_backend.wire.identity import (
    create_body,
    error_json,
    identities_json,
    identity_json,
    provisioning_json,
    read_error,
    read_identities,
    read_identity,
    read_provisioning,
)

DEVICE = {"hubName": "hub", "gatewayHost": "edge", "deviceId": "d1"}
SAS = {"type": "sas", "keyHandle": "sr=a&sig=b"}
MODULE = {**DEVICE, "moduleId": "m1", "genId": "7", "auth": SAS}
LOCAL = {
    "moduleId": "m1",
    "auth": {"privateKey": "k", "certificate": "c", "expiration": "2026-12-22T03:25:01+00:00"},
}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"type": "aziot", "spec": {**DEVICE, "auth": SAS}},
            {"device_id": "d1", "module_id": None, "auth_type": "sas", "key_handle": "sr=a&sig=b"},
        ),
        (
            {"type": "aziot", "spec": MODULE},
            {"module_id": "m1", "generation_id": "7", "hub_name": "hub", "gateway_host": "edge"},
        ),
        ({"type": "aziot", "spec": DEVICE}, {"auth_type": None, "key_handle": None}),
        ({"type": "aziot", "spec": {**DEVICE, "auth": {"type": "tpm"}}}, {"auth_type": "tpm"}),
        (
            {
                "type": "aziot",
                "spec": {**DEVICE, "auth": {"type": "x509", "keyHandle": "k", "certId": "c"}},
            },
            {"auth_type": "x509", "key_handle": "k", "certificate_id": "c"},
        ),
        (
            {"type": "local", "spec": LOCAL},
            {
                "kind": "local",
                "private_key": "k",
                "certificate": "c",
                "expires_at": datetime(2026, 12, 22, 3, 25, 1, tzinfo=UTC),
            },
        ),
    ],
)
def test_every_form_of_identity_is_read_and_written(
    members: dict[str, Any], expected: dict[str, Any]
) -> None:
    """What was read is written as it came; what a form does not have is absent, not null."""
    identity = read_identity(members)
    assert expected.items() <= identity.model_dump().items()
    assert identity_json(identity) == members


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (None, "must be an object"),
        ([], "must be an object"),
        ({}, "type: is missing"),
        ({"type": 1, "spec": DEVICE}, "type: must be a string"),
        ({"type": "tpm", "spec": DEVICE}, "there is aziot and local"),
        ({"type": "aziot"}, "spec: must be an object"),
        ({"type": "aziot", "spec": {}}, "hubName: is missing"),
        ({"type": "aziot", "spec": {**DEVICE, "auth": "sas"}}, "auth: must be an object"),
        ({"type": "aziot", "spec": {**DEVICE, "auth": {}}}, "type: is missing"),
        ({"type": "aziot", "spec": {**DEVICE, "moduleId": 5}}, "moduleId: must be a string"),
        ({"type": "local", "spec": {"moduleId": "m"}}, "auth: must be an object"),
    ],
)
def test_what_is_no_identity_is_refused_by_its_member(members: Any, told: str) -> None:
    """A peer that answers otherwise is told of, not guessed at."""
    with pytest.raises(Invalid, match=told):
        read_identity(members)


@pytest.mark.parametrize("expiration", ["", "soon", "2026-12-22", "2026-12-22T03:25:01", None])
def test_an_expiration_that_is_no_time_is_refused(expiration: str | None) -> None:
    """The private key that stands beside it is in no message."""
    spec = {"moduleId": "m", "auth": {**LOCAL["auth"], "expiration": expiration}}  # type: ignore[dict-item]
    with pytest.raises(Invalid, match="expiration") as refused:
        read_identity({"type": "local", "spec": spec})
    assert "privateKey" not in str(refused.value)


def test_members_of_later_services_are_passed_over() -> None:
    """A new member does not stop an older console."""
    members = {"type": "aziot", "spec": {**MODULE, "new": 1, "genId": None}, "new": {}}
    assert read_identity(members).module_id == "m1"


def test_lists_keep_their_order() -> None:
    """A list is one member with the identities in it."""
    found = [Identity(kind="aziot", hub_name="h", gateway_host="h", device_id=d) for d in "ba"]
    assert read_identities(identities_json(found)) == found
    with pytest.raises(Invalid, match="must be an array"):
        read_identities({"identities": {}})


@pytest.mark.parametrize(
    "members",
    [
        {"source": "none"},
        {"source": "manual", "auth": "sas"},
        {"source": "dps", "auth": "x509", "endpoint": "https://a/", "payload": None},
    ],
)
def test_provisioning_carries_all_that_is_said(members: dict[str, Any]) -> None:
    """Members that have no value stay null."""
    provisioning = read_provisioning(members)
    assert provisioning.source == members["source"]
    assert provisioning_json(provisioning) == members


def test_provisioning_without_a_source_is_refused() -> None:
    """Whatever answered so is no Identity Service."""
    with pytest.raises(Invalid, match="source"):
        read_provisioning({"auth": "sas"})
    assert provisioning_json(Provisioning(source="none")) == {"source": "none"}


def test_causes_stand_on_lines_of_their_own() -> None:
    """As the service writes them, and as they are read."""
    members = error_json("Hub client error", ["it is gone", "for good"])
    assert members == {"message": "Hub client error\ncaused by: it is gone\ncaused by: for good"}
    assert read_error(members).splitlines()[1] == "caused by: it is gone"
    with pytest.raises(Invalid):
        read_error({"error": "x"})


def test_only_local_identities_are_asked_for_with_options() -> None:
    """Anything but these exact words would be passed over in silence (identityd 2)."""
    assert create_body("m", "aziot", server=True) == {"type": "aziot", "moduleId": "m"}
    assert create_body("m", "local")["localIdOpts"] == {"type": "x509", "attributes": "client"}
    options = create_body("m", "local", server=True)["localIdOpts"]
    assert options == {"type": "x509", "attributes": "server"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "spec", "auth", "identities", "moduleId", "source"]),
            inner,
            max_size=4,
        )
    ),
)


@given(JSON)
def test_whatever_answers_nothing_but_a_refusal_comes_of_it(members: Any) -> None:
    """A peer that answers garbage makes no other error than one that can be told."""
    for read in (read_identity, read_identities, read_provisioning, read_error):
        try:
            read(members)
        except Invalid as refused:
            assert str(refused)  # noqa: PT017 - any reading may succeed, none may fail otherwise
