"""Devices read from SQLite as texts, as exports want them."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.storage.base import DeviceTexts
from registry_backend.storage.sqlite_base import Rows

_DEVICES = """SELECT device_id, enabled, revision, document FROM devices INDEXED BY devices_by_id
    WHERE tenant_id = ? AND device_id > ? ORDER BY device_id LIMIT ?"""
_CREDENTIALS = """SELECT device_id, position, document FROM credentials
    INDEXED BY credentials_of_device WHERE tenant_id = ? AND device_id > ? AND device_id <= ?"""


class DeviceTextReads(Rows):
    """The part of a snapshot that reads no documents."""

    def page_device_texts(
        self, tenant_id: str, *, after: str | None, limit: int
    ) -> Sequence[DeviceTexts]:
        """Devices in the order of their ids, those after an id or from the first."""
        start = after or ""
        devices = self._all(_DEVICES, tenant_id, start, max(0, limit))
        if not devices:
            return []
        sole: dict[str, tuple[str, ...]] = {}
        several: dict[str, list[tuple[int, str]]] = {}
        for device_id, position, document in self._all(
            _CREDENTIALS, tenant_id, start, devices[-1][0]
        ):
            several.setdefault(device_id, []).append((position, document))
        for device_id, found in several.items():
            if len(found) > 1:
                found.sort()
            sole[device_id] = tuple([document for _, document in found])
        return [
            DeviceTexts(device_id, enabled == 1, revision, document, sole.get(device_id, ()))
            for device_id, enabled, revision, document in devices
        ]
