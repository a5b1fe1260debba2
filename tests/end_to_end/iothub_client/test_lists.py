"""Lists of devices and counts of them (iothub 3.2, 4.4)."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.iothub_client.conftest import KEY


def test_a_list_has_every_device_with_its_keys(registry: Any, three: list[str]) -> None:
    """Each as it is read alone, ordered by id."""
    listed = {device.device_id: device for device in registry.get_devices()}
    assert set(three) <= set(listed)
    assert list(listed) == sorted(listed)
    assert listed[three[0]].as_dict() == registry.get_device(three[0]).as_dict()
    assert listed[three[0]].authentication.symmetric_key.primary_key == KEY


def test_a_list_has_no_more_than_was_asked_for(registry: Any, three: list[str]) -> None:
    """Anything out of range means a thousand."""
    assert len(registry.get_devices(2)) == 2
    everything = len(registry.get_devices())
    assert everything >= len(three)
    assert len(registry.get_devices(1000)) == everything
    assert len(registry.get_devices(-1)) == everything
    assert len(registry.get_devices(5000)) == everything


def test_counts_follow_each_write(registry: Any, ids: list[str]) -> None:
    """At once, and enabled and disabled make the total."""
    before = registry.get_device_registry_statistics()
    registry.create_device_with_sas(ids[0], KEY, KEY, "enabled")
    registry.create_device_with_sas(ids[1], KEY, KEY, "disabled")
    after = registry.get_device_registry_statistics()
    assert after.total_device_count == before.total_device_count + 2
    assert after.enabled_device_count == before.enabled_device_count + 1
    assert after.disabled_device_count == before.disabled_device_count + 1
    assert after.enabled_device_count + after.disabled_device_count == after.total_device_count
    registry.delete_device(ids[0])
    assert registry.get_device_registry_statistics().total_device_count == (
        before.total_device_count + 1
    )


def test_no_device_is_connected_to_a_registry_alone(registry: Any) -> None:
    """Nobody connects here."""
    assert registry.get_service_statistics().connected_device_count == 0
