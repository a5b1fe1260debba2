"""A hub's shapes without a server: versions, names, counts, queries (iothub 1, 2.2, 4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import Fault, Invalid
from registry_backend.domain.hub_devices import HubDevice
from registry_backend.domain.query import DeviceQuery
from registry_backend.domain.statistics import Statistics
from registry_backend.wire.iothub_device import HubDraft, write_device
from registry_backend.wire.iothub_device_names import canonical
from registry_backend.wire.iothub_device_query import HubQuery, parse_query
from registry_backend.wire.iothub_device_statistics import parse_statistics, write_statistics
from registry_backend.wire.iothub_device_twin import write_twin
from registry_backend.wire.iothub_device_versions import (
    VERSION_2016,
    VERSION_2021,
    parse_version,
)
from registry_backend.wire.iothub_keys import (
    keys_of,
    merge_credentials,
    stored_keys_of,
    stored_thumbprints_of,
    thumbprints_of,
)

KEYS = ("MDEyMzQ1Njc4OWFiY2RlZg==", "ZmVkY2JhOTg3NjU0MzIxMA==")
PRINTS = ("a" * 40, "b" * 40)


def credential(kind: str, member: str, *values: str, auth_id: str = "d") -> Credential:
    """A credential of the device d, its secrets with a comment each."""
    secrets = [{member: value, "comment": f"secret {n}"} for n, value in enumerate(values)]
    return Credential.parse({"type": kind, "auth-id": auth_id, "secrets": secrets})


def hub_device(*credentials: Credential) -> HubDevice:
    """The device d with these credentials."""
    return HubDevice(
        device_id="d",
        enabled=True,
        revision=0,
        generation_id="1",
        status_updated_at=None,
        attributes={},
        credentials=[each.to_json() for each in credentials],
    )


@pytest.mark.parametrize(
    ("text", "thumbprints", "types"),
    [
        ("2016-02-03", False, False),
        ("2016-04-30", True, False),
        ("2017-06-30", True, True),
        ("2020-05-31-preview", True, True),
    ],
)
def test_a_version_knows_what_it_shows(text: str, thumbprints: bool, types: bool) -> None:
    """By its date (iothub 4.1)."""
    version = parse_version(text)
    assert (version.thumbprints, version.types) == (thumbprints, types)


@given(st.text(max_size=12))
def test_anything_else_is_no_version(text: str) -> None:
    """Refused with the hub's own name for it."""
    try:
        assert parse_version(text).day >= "2016-02-03"
    except Invalid as refused:
        assert refused.code == "InvalidProtocolVersion"  # noqa: PT017 - both ends are good


def test_names_lose_their_case_and_blanks() -> None:
    """Those that are known; others stay as they were written."""
    assert canonical({"DEVICEID": 1, " etag": 2, "Own": 3}) == {"deviceId": 1, "eTag": 2, "Own": 3}


def test_counts_are_read_in_both_spellings() -> None:
    """The page's and the service's; what a hub says may lag (iothub 4.4)."""
    counted = Statistics(total=3, enabled=2, exact=False)
    assert parse_statistics(write_statistics(Statistics(total=3, enabled=2))) == counted
    service = {"totalDeviceCount": 3, "enabledDeviceCount": 2, "disabledDeviceCount": 1}
    assert parse_statistics(service) == counted
    page = {"totalDeviceCount": 3, "totalDevicesByStatus": {"enabled": 2, "disabled": 1}}
    assert parse_statistics(page) == counted


@pytest.mark.parametrize("value", [None, [], {}, {"totalDeviceCount": "3"}])
def test_counts_in_no_known_spelling_are_a_fault(value: object) -> None:
    """Not zeros."""
    with pytest.raises(Fault):
        parse_statistics(value)


def test_a_plain_query_asks_for_everything() -> None:
    """With or without a semicolon at its end."""
    assert parse_query("select * from devices") == HubQuery()
    assert parse_query(" SELECT  *  FROM  DEVICES ; ") == HubQuery()


def test_the_last_of_several_conditions_does_not_win() -> None:
    """All must hold."""
    query = parse_query(
        "select * from devices where startswith(deviceId,'a') and status='disabled' "
        "and deviceId in ['a1','b1'] and deviceId = 'a1'"
    )
    assert query.devices == DeviceQuery(id_prefix="a", enabled=False)
    assert query.ids == frozenset({"a1"})


@given(st.text(max_size=40))
def test_no_text_makes_the_reader_of_queries_fail(text: str) -> None:
    """It understands, or says what it does not."""
    for begin in ("", "select * from devices where ", "select "):
        try:
            parse_query(begin + text)
        except Invalid as refused:
            assert refused.code == "ArgumentInvalid"  # noqa: PT017 - both ends are good


def test_keys_that_hide_thumbprints_leave_them() -> None:
    """A hub shows the keys alone, so its writes of keys are no word about thumbprints."""
    existing = [
        credential("psk", "key", *KEYS),
        credential("x509-thumbprint", "thumbprint", *PRINTS),
        credential("hashed-password", "pwd-hash", "x", auth_id="user"),
    ]
    merged = merge_credentials("d", existing, keys=KEYS[::-1], thumbprints=None)
    assert keys_of("d", merged) == KEYS[::-1]
    assert thumbprints_of("d", merged) == PRINTS
    assert [each.comment for each in merged[0].secrets] == ["secret 1", "secret 0"]
    assert merged[2] == existing[2]
    replaced = merge_credentials("d", existing, keys=None, thumbprints=PRINTS[::-1])
    assert keys_of("d", replaced) is None
    assert thumbprints_of("d", replaced) == PRINTS[::-1]


def test_an_old_client_that_gives_keys_leaves_thumbprints() -> None:
    """It has never seen them."""
    draft = HubDraft(
        "d",
        VERSION_2016,
        authentication={"symmetricKey": {"primaryKey": KEYS[0], "secondaryKey": KEYS[1]}},
    )
    existing = [credential("x509-thumbprint", "thumbprint", *PRINTS)]
    _, merge = draft.over(hub_device(*existing))
    assert merge is not None
    merged = merge(existing)
    assert keys_of("d", merged) == KEYS
    assert thumbprints_of("d", merged) == PRINTS


def test_what_was_shown_and_comes_back_changes_nothing() -> None:
    """Not even keys that the hub would not take: shorter ones, or a single one for both."""
    existing = (credential("psk", "key", "YWJj"),)
    shown = {"symmetricKey": {"primaryKey": "YWJj", "secondaryKey": "YWJj"}}
    for version in (VERSION_2016, VERSION_2021):
        draft = HubDraft("d", version, authentication=shown)
        assert draft.over(hub_device(*existing))[1] is None
        with pytest.raises(Invalid, match="3 bytes"):
            draft.over(None)


def test_a_device_never_shows_its_keys() -> None:
    """In no log, no traceback."""
    assert KEYS[0] not in repr(hub_device(credential("psk", "key", *KEYS)))


@pytest.mark.parametrize("values", [(), (KEYS[0],), KEYS, (*KEYS, "third")])
def test_what_is_stored_shows_the_pair_that_its_model_shows(values: tuple[str, ...]) -> None:
    """One stands for both, those beyond the second stay unseen."""
    others = [credential("psk", "key", "other", auth_id="e"), credential("rpk", "key", "public")]
    every = [
        *others,
        credential("psk", "key", *values),
        credential("x509-thumbprint", "thumbprint", *values),
    ]
    stored = [each.to_json() for each in every]
    assert stored_keys_of("d", stored) == keys_of("d", every)
    assert stored_thumbprints_of("d", stored) == thumbprints_of("d", every)


@pytest.mark.parametrize("capabilities", [{"iotEdge": "yes"}, {"iotEdge": 1}, {"other": 1}, {}])
def test_what_another_api_wrote_is_shown_with_the_types_of_a_hub(
    capabilities: dict[str, object],
) -> None:
    """Typed clients break on anything else than a boolean, in a device and in a query's row."""
    stored = hub_device()._replace(attributes={"iothub": {"capabilities": capabilities}})
    for shown in (write_device(stored, VERSION_2021), write_twin(stored)):
        assert shown["capabilities"] == {**capabilities, "iotEdge": False}


def test_a_draft_never_shows_its_keys() -> None:
    """In no log, no traceback."""
    draft = HubDraft(
        "d",
        VERSION_2021,
        authentication={"symmetricKey": {"primaryKey": KEYS[0], "secondaryKey": KEYS[1]}},
    )
    assert KEYS[0] not in repr(draft)
