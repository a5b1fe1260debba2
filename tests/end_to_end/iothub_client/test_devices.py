"""Devices, one at a time: created in three ways, read, replaced, removed (iothub 5)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.end_to_end.iothub_client.client import Hub, refused
from tests.end_to_end.iothub_client.conftest import KEY

OTHER_KEY = base64.b64encode(b"o" * 32).decode()
THUMBPRINT = "AB12" * 10
LONG_THUMBPRINT = "cd34" * 16


def keys_of(device: Any) -> tuple[str, str]:
    """Primary and secondary."""
    pair = device.authentication.symmetric_key
    return pair.primary_key, pair.secondary_key


def test_a_device_with_keys_is_kept_as_it_was_sent(registry: Any, device_id: str) -> None:
    """And read back the same, with what the hub adds."""
    made = registry.create_device_with_sas(
        device_id, KEY, OTHER_KEY, "disabled", status_reason="new"
    )
    assert (made.device_id, made.status, made.status_reason) == (device_id, "disabled", "new")
    assert keys_of(made) == (KEY, OTHER_KEY)
    assert made.authentication.type == "sas"
    assert made.generation_id.isdigit()
    assert made.connection_state == "Disconnected"
    assert made.cloud_to_device_message_count == 0
    assert base64.b64decode(made.etag).decode().isdigit()
    assert registry.get_device(device_id).as_dict() == made.as_dict()


def test_empty_keys_are_made_by_the_hub(registry: Any, device_id: str) -> None:
    """Two, of 32 bytes each."""
    made = registry.create_device_with_sas(device_id, "", "", "enabled")
    first, second = keys_of(made)
    assert first != second
    assert {len(base64.b64decode(key)) for key in (first, second)} == {32}


def test_a_device_with_thumbprints_is_kept_as_it_was_sent(registry: Any, device_id: str) -> None:
    """Their case too."""
    made = registry.create_device_with_x509(device_id, THUMBPRINT, LONG_THUMBPRINT, "enabled")
    prints = made.authentication.x509_thumbprint
    assert made.authentication.type == "selfSigned"
    assert (prints.primary_thumbprint, prints.secondary_thumbprint) == (THUMBPRINT, LONG_THUMBPRINT)
    assert registry.get_device(device_id).as_dict() == made.as_dict()


def test_a_device_of_an_authority_has_nothing_to_keep(registry: Any, device_id: str) -> None:
    """But that it is one."""
    made = registry.create_device_with_certificate_authority(device_id, "enabled")
    assert made.authentication.type == "certificateAuthority"
    assert registry.get_device(device_id).as_dict() == made.as_dict()


def test_an_edge_device_keeps_its_capability_and_scope(registry: Any, device_id: str) -> None:
    """As do the scopes of its parents."""
    made = registry.create_device_with_sas(
        device_id,
        KEY,
        KEY,
        "enabled",
        iot_edge=True,
        device_scope="ms-azure-iot-edge://e-1",
        parent_scopes="ms-azure-iot-edge://p-1",
    )
    assert made.capabilities.iot_edge is True
    assert made.device_scope == "ms-azure-iot-edge://e-1"
    assert made.parent_scopes == ["ms-azure-iot-edge://p-1"]


def test_a_device_is_created_once(registry: Any, device_id: str) -> None:
    """Whatever its etag."""
    registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    again = refused(registry.create_device_with_sas, device_id, KEY, KEY, "enabled")
    assert again == (409, "DeviceAlreadyExists")


def test_an_update_with_the_etag_replaces_the_device(registry: Any, device_id: str) -> None:
    """The etag moves on; the generation stays."""
    made = registry.create_device_with_sas(device_id, KEY, KEY, "enabled", status_reason="new")
    kept = registry.update_device_with_sas(device_id, made.etag, OTHER_KEY, KEY, "disabled")
    assert keys_of(kept) == (OTHER_KEY, KEY)
    assert (kept.status, kept.status_reason) == ("disabled", None)
    assert kept.generation_id == made.generation_id
    assert kept.etag != made.etag
    assert made.status_updated_time.year == 1  # never changed
    assert kept.status_updated_time.year > 2000


def test_an_update_with_an_old_etag_changes_nothing(registry: Any, device_id: str) -> None:
    """Somebody else was first; without an etag any will do."""
    made = registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    kept = registry.update_device_with_sas(device_id, None, KEY, OTHER_KEY, "enabled")
    late = refused(registry.update_device_with_sas, device_id, made.etag, KEY, KEY, "disabled")
    assert late == (412, "PreconditionFailed")
    assert registry.get_device(device_id).as_dict() == kept.as_dict()


def test_an_update_changes_the_kind_of_proof(registry: Any, device_id: str) -> None:
    """From keys to thumbprints to an authority and back."""
    made = registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    printed = registry.update_device_with_x509(
        device_id, made.etag, THUMBPRINT, THUMBPRINT, "enabled"
    )
    assert printed.authentication.type == "selfSigned"
    signed = registry.update_device_with_certificate_authority(device_id, printed.etag, "enabled")
    assert signed.authentication.type == "certificateAuthority"
    keyed = registry.update_device_with_sas(device_id, signed.etag, KEY, OTHER_KEY, "enabled")
    assert keys_of(keyed) == (KEY, OTHER_KEY)
    assert keyed.authentication.type == "sas"


def test_a_device_that_is_not_there_is_not_updated(registry: Any, device_id: str) -> None:
    """Nor read, nor removed."""
    missing = (404, "DeviceNotFound")
    arguments = (device_id, None, KEY, KEY, "enabled")
    assert refused(registry.update_device_with_sas, *arguments) == missing
    assert refused(registry.get_device, device_id) == missing
    assert refused(registry.delete_device, device_id) == missing


def test_a_device_is_removed_by_its_etag_or_by_any(registry: Any, device_id: str) -> None:
    """Made again it is another generation."""
    first = registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    newer = registry.update_device_with_sas(device_id, first.etag, KEY, KEY, "disabled")
    stale = refused(registry.delete_device, device_id, first.etag)
    assert stale == (412, "PreconditionFailed")
    registry.delete_device(device_id, newer.etag)
    again = registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    assert again.generation_id != first.generation_id
    registry.delete_device(device_id)
    assert refused(registry.get_device, device_id) == (404, "DeviceNotFound")


@pytest.mark.parametrize(
    "suffix", ["a+b", "a%c", "a#d", "a?e", "a'b", "a:b", "a=b,c", "(a)*!@;$", "%41", "a%2Fb"]
)
def test_an_id_of_the_whole_character_set_survives(
    registry: Any, device_id: str, suffix: str
) -> None:
    """The library encodes it, the hub decodes it once (iothub 5.4, 9.2)."""
    name = f"{device_id}{suffix}"
    made = registry.create_device_with_sas(name, KEY, KEY, "enabled")
    assert made.device_id == name
    assert registry.get_device(name).etag == made.etag
    registry.delete_device(name, made.etag)
    assert refused(registry.get_device, name)[0] == 404


def test_case_tells_two_devices_apart(registry: Any, device_id: str) -> None:
    """And the longest id has 128 characters."""
    lower, upper = f"{device_id}-dev", f"{device_id}-DEV"
    registry.create_device_with_sas(lower, KEY, KEY, "enabled")
    registry.create_device_with_sas(upper, KEY, KEY, "disabled")
    assert registry.get_device(lower).status == "enabled"
    longest = device_id.ljust(128, "x")
    assert registry.create_device_with_sas(longest, KEY, KEY, "enabled").device_id == longest
    over = refused(registry.create_device_with_sas, f"{longest}x", KEY, KEY, "enabled")
    assert over == (400, "ArgumentInvalid")


@pytest.mark.parametrize(
    "keys", [("", KEY), (KEY, ""), ("c2hvcnQ=", "c2hvcnQ="), ("not base64", "not base64")]
)
def test_keys_that_cannot_be_used_are_refused(
    hub: Hub, registry: Any, device_id: str, keys: tuple[str, str]
) -> None:
    """One of two, too short, or no keys at all; nothing is made."""
    made = refused(registry.create_device_with_sas, device_id, *keys, "enabled")
    assert made == (400, "ArgumentInvalid")
    assert refused(hub.registry().get_device, device_id)[0] == 404


def test_a_status_the_hub_does_not_know_is_refused(registry: Any, device_id: str) -> None:
    """And a reason that is too long."""
    assert refused(registry.create_device_with_sas, device_id, KEY, KEY, "asleep")[0] == 400
    created = registry.create_device_with_sas
    with_reason = refused(lambda: created(device_id, KEY, KEY, "enabled", status_reason="x" * 129))
    assert with_reason == (400, "ArgumentInvalid")


def test_what_a_registry_does_not_keep_is_not_found(registry: Any, device_id: str) -> None:
    """Twins and modules are other services; the library gets an error that it understands."""
    registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    for call in (registry.get_twin, registry.get_modules):
        assert refused(call, device_id) == (404, "GenericNotFound")
