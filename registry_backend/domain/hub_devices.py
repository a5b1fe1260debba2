"""Devices as hubs know them: identity and credentials in one (iothub 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from registry_backend.domain.credentials import Credential
from registry_backend.domain.document import JsonObject

MergeCredentials = Callable[[Sequence[Credential]], tuple[Credential, ...]]
"""From a device's credentials those after a write."""


class HubDevice(NamedTuple):
    """A stored device with its credentials, their documents decoded and not modelled.

    What is stored was checked when it was written, and a hub shows little of it.
    """

    device_id: str
    enabled: bool
    revision: int
    generation_id: str
    status_updated_at: datetime | None
    """When `enabled` last changed; None since creation."""
    attributes: JsonObject
    """What `DeviceAttributes.to_json` gives."""
    credentials: Sequence[JsonObject]
    """What `Credential.to_json` gives of each, in order."""

    def __repr__(self) -> str:
        return f"HubDevice({self.device_id!r}, revision={self.revision})"  # nothing secret
