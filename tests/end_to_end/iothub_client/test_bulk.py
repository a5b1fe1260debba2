"""Many devices in one call: what is done, what failed, how many at once (iothub 5.7)."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.iothub_client.client import MODELS, refused


def line(device_id: str, mode: str, **members: object) -> Any:
    """One element of a bulk call."""
    return MODELS.ExportImportDevice(
        id=device_id, import_mode=mode, **{"status": "enabled", **members}
    )


def test_a_bulk_call_creates_updates_and_removes(registry: Any, three: list[str]) -> None:
    """Each line by its own mode."""
    new = f"{three[0]}-new"
    etag = registry.get_device(three[1]).etag
    result = registry.bulk_create_or_update_devices(
        [
            line(three[0], "update", status="disabled", status_reason="bulk"),
            line(three[1], "updateIfMatchETag", e_tag=etag, status="disabled"),
            line(three[2], "delete"),
            line(new, "create"),
        ]
    )
    assert result.is_successful
    assert not result.errors
    first = registry.get_device(three[0])
    assert (first.status, first.status_reason) == ("disabled", "bulk")
    assert registry.get_device(three[1]).status == "disabled"
    assert refused(registry.get_device, three[2]) == (404, "DeviceNotFound")
    assert registry.get_device(new).authentication.symmetric_key.primary_key


def test_a_bulk_call_names_what_failed_and_does_the_rest(registry: Any, three: list[str]) -> None:
    """The client gets the result although the answer is 400."""
    result = registry.bulk_create_or_update_devices(
        [
            line(three[0], "create"),
            line(three[1], "updateIfMatchETag", e_tag="c3RhbGU=", status="disabled"),
            line(three[2], "update", status="enabled"),
            line(f"{three[0]}-missing", "delete"),
        ]
    )
    assert not result.is_successful
    assert {error.device_id for error in result.errors} == {
        *three[:2],
        f"{three[0]}-missing",
    }
    assert all(error.error_code and error.error_status for error in result.errors)
    assert registry.get_device(three[1]).status == "enabled"
    assert registry.get_device(three[2]).status == "enabled"


def test_a_bulk_call_takes_a_hundred_devices(registry: Any, ids: list[str]) -> None:
    """And not one more, nor one twice."""
    names = [f"{ids[0]}-{number}" for number in range(100)]
    assert registry.bulk_create_or_update_devices([line(n, "create") for n in names]).is_successful
    bulk = registry.bulk_create_or_update_devices
    removed = [line(name, "delete") for name in names]
    assert refused(bulk, [*removed, line(ids[1], "create")]) == (413, "TooManyDevices")
    twice = bulk([line(ids[0], "create"), line(ids[0], "delete")])
    assert not twice.is_successful  # the library takes every 400 for a result
    assert refused(registry.get_device, ids[0])[0] == 404
    assert bulk(removed).is_successful
