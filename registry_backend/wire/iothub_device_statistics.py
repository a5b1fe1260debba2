"""Counts of a hub: the names of 2016 and of today together, both directions (iothub 1, 4.4)."""

from __future__ import annotations

from typing import Any

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Fault
from registry_backend.domain.statistics import Statistics


def write_statistics(statistics: Statistics) -> JsonObject:
    """RegistryStatistics."""
    return {
        "totalDeviceCount": statistics.total,
        "enabledDeviceCount": statistics.enabled,
        "disabledDeviceCount": statistics.disabled,
        "totalDevicesByStatus": {"enabled": statistics.enabled, "disabled": statistics.disabled},
    }


def write_service_statistics(connected: int) -> JsonObject:
    """ServiceStatistics."""
    return {"connectedDeviceCount": connected, "totalConnectedDevices": connected}


def parse_statistics(value: Any) -> Statistics:
    """What a hub answered, in either spelling; its figures lag (iothub 4.4).

    Raises:
        Fault: when it is neither.
    """
    members = value if isinstance(value, dict) else {}
    by_status = members.get("totalDevicesByStatus")
    total, enabled = members.get("totalDeviceCount"), members.get("enabledDeviceCount")
    if enabled is None and isinstance(by_status, dict):
        enabled = by_status.get("enabled")
    if not (isinstance(total, int) and isinstance(enabled, int)):
        raise Fault("The hub's statistics are not in a form that is known here.")
    return Statistics(total=total, enabled=enabled, exact=False)
