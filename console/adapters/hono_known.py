"""Ids that a person has seen in a registry that cannot list them, kept in a file per context."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from registry_backend.domain.errors import Unreachable

MOST_TENANTS = 1_000
MOST_DEVICES = 10_000
"""Kept, the latest seen first to stay; of each tenant."""


class KnownIds:
    """Tenants, and devices by tenant; the latest seen last.

    The file is a convenience: one that cannot be read or written costs the memory of ids only.

    Args:
        file: Where to keep them; None: for this session only.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._tenants: dict[str, None] = {}
        self._devices: dict[str, dict[str, None]] = {}
        self._changed = False
        self._load()

    @property
    def tenants(self) -> list[str]:
        """Ids of tenants, in order."""
        return sorted(self._tenants)

    def devices(self, tenant_id: str) -> list[str]:
        """Ids of a tenant's devices, in order."""
        return sorted(self._devices.get(tenant_id, ()))

    def add_tenant(self, tenant_id: str) -> None:
        """Remember a tenant."""
        self._changed |= _put(self._tenants, tenant_id, MOST_TENANTS)

    def add_devices(self, tenant_id: str, device_ids: Iterable[str]) -> None:
        """Remember devices, such as those of an import, and their tenant."""
        self.add_tenant(tenant_id)
        known = self._devices.setdefault(tenant_id, {})
        for device_id in deque(device_ids, MOST_DEVICES):
            self._changed |= _put(known, device_id, MOST_DEVICES)

    def forget_tenant(self, tenant_id: str) -> None:
        """The tenant is not there; its devices may be, if it comes back."""
        self._changed |= tenant_id in self._tenants
        self._tenants.pop(tenant_id, None)

    def forget_device(self, tenant_id: str, device_id: str) -> None:
        """The device is not there."""
        known = self._devices.get(tenant_id, {})
        self._changed |= device_id in known
        known.pop(device_id, None)

    def save(self) -> None:
        """Write what changed, as a whole, where that can be done."""
        with contextlib.suppress(Unreachable):
            self.write()

    def write(self) -> None:
        """The same, where it must be done. Raises Unreachable."""
        if self._file is None or not self._changed:
            return
        content = {
            "tenants": list(self._tenants),
            "devices": {tenant: list(ids) for tenant, ids in self._devices.items() if ids},
        }
        self._changed = False
        try:
            _replace(self._file, json.dumps(content, ensure_ascii=True))
        except OSError as error:
            raise Unreachable(
                f"{self._file} cannot be written: {error.strerror}.", layer="file"
            ) from None

    def _load(self) -> None:
        if self._file is None:
            return
        try:
            content = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(content, dict):
            self._tenants = _ids(content.get("tenants"))
            devices = content.get("devices")
            if isinstance(devices, dict):
                self._devices = {tenant: _ids(listed) for tenant, listed in devices.items()}


def _replace(path: Path, text: str) -> None:
    """Write all of a file or nothing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".known-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _ids(listed: Any) -> dict[str, None]:
    texts = listed if isinstance(listed, list) else []
    return dict.fromkeys(each for each in texts if isinstance(each, str) and each)


def _put(known: dict[str, None], name: str, most: int) -> bool:
    """Make it the latest; whether the file would differ in what it holds."""
    fresh = name not in known
    known.pop(name, None)
    known[name] = None
    while len(known) > most:
        del known[next(iter(known))]
    return fresh
