"""Rows as texts and plain values, for imports and exports that need no model of each device."""

from __future__ import annotations

from typing import NamedTuple


class NewCredential(NamedTuple):
    """A credential of a new device."""

    type: str
    auth_id: str
    enabled: bool
    document: str
    """What `rows.document_text` makes of the model; none of its secrets ends."""


class NewDevice(NamedTuple):
    """A device at revision 0 that names no gateway and no group, with all of its credentials."""

    device_id: str
    enabled: bool
    version: str
    generation_id: str
    document: str
    """What `rows.document_text` makes of the attributes."""
    credentials: tuple[NewCredential, ...]


class DeviceTexts(NamedTuple):
    """What is stored of a device, its documents unread."""

    device_id: str
    enabled: bool
    revision: int
    document: str
    credentials: tuple[str, ...]
    """Their documents in order."""
