"""What a hub is called, and where it is, by its connection string (iothub 2, 7.1). Pure."""

from __future__ import annotations

import re

from registry_backend.wire.connection_strings import HubConnection


def hub_name(host_name: str) -> str:
    """The name of a hub, which is the one tenant that it is: its host's first label."""
    host = re.sub(r":\d+$", "", host_name)
    numeric = host.startswith("[") or re.fullmatch(r"[\d.]+", host)
    return host if numeric else host.partition(".")[0]


def url_of(hub: HubConnection) -> str:
    """The base address of a hub; TLS always (iothub 2)."""
    return f"https://{hub.host_name}"


def device_resource(hub: HubConnection, device_id: str) -> str:
    """What a device's own token opens (iothub 7.1)."""
    host = re.sub(r":\d+$", "", hub.host_name)
    return f"{host}/devices/{device_id}"
