"""Ids that a person has seen in a registry that cannot list them, kept in a file per context."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import tempfile
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from console.locks import locked
from registry_backend.domain.errors import Unreachable

MOST_TENANTS = 1_000
MOST_DEVICES = 10_000
"""Kept, the latest seen first to stay; of each tenant."""
RETRY_SECONDS = 0.1
"""Before what another program kept from being written is written."""


class KnownIds:
    """Tenants, and devices by tenant; the latest seen last.

    Several programs may keep their ids in one file: each writes only what it saw itself over what
    the file holds then, under a lock.

    The file is a convenience: one that cannot be read or written costs the memory of ids only.

    Args:
        file: Where to keep them; None: for this session only.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._ids = _Ids()
        self._changes: list[_Change] = []
        """Since the last write, in order."""
        self._stamp: object = None
        self._later: asyncio.TimerHandle | None = None
        self._take_in()

    @property
    def tenants(self) -> list[str]:
        """Ids of tenants, in order."""
        self._take_in()
        return sorted(self._ids.tenants)

    def devices(self, tenant_id: str) -> list[str]:
        """Ids of a tenant's devices, in order."""
        self._take_in()
        return sorted(self._ids.devices.get(tenant_id, ()))

    def add_tenant(self, tenant_id: str) -> None:
        """Remember a tenant."""
        self._change(_Change(tenant_id, (), known=True))

    def add_devices(self, tenant_id: str, device_ids: Iterable[str]) -> None:
        """Remember devices, such as those of an import, and their tenant."""
        self._change(_Change(tenant_id, tuple(deque(device_ids, MOST_DEVICES)), known=True))

    def forget_tenant(self, tenant_id: str) -> None:
        """The tenant is not there; its devices may be, if it comes back."""
        self._change(_Change(tenant_id, (), known=False))

    def forget_device(self, tenant_id: str, device_id: str) -> None:
        """The device is not there."""
        self._change(_Change(tenant_id, (device_id,), known=False))

    def save(self) -> None:
        """Write what changed, as a whole, where that can be done; nothing waits for it.

        While another program writes, it is tried again a moment later.
        """
        try:
            self._write(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._later is None:
                loop = asyncio.get_running_loop()
                self._later = loop.call_later(RETRY_SECONDS, self._save_now)
        except OSError:
            return  # it costs the memory of ids only

    def write(self) -> None:
        """The same, where it must be done, however long others write. Raises Unreachable."""
        try:
            self._write(fcntl.LOCK_EX)
        except OSError as error:
            raise Unreachable(
                f"{self._file} cannot be written: {error.strerror}.", layer="file"
            ) from None

    def _save_now(self) -> None:
        self._later = None
        self.save()

    def _write(self, operation: int) -> None:
        """Write under a lock taken so. Raises OSError; BlockingIOError where it is taken."""
        if self._file is None or not self._changes:
            return
        with locked(self._file, operation):
            self._take_in()
            _replace(self._file, self._ids.to_text())
            self._changes.clear()
            self._stamp = _stamp(self._file)

    def _change(self, change: _Change) -> None:
        if self._ids.apply(change):
            self._changes.append(change)

    def _take_in(self) -> None:
        """Read what another program has written since, and put our own changes over it."""
        if self._file is None:
            return
        stamp = _stamp(self._file)
        if stamp is None or stamp == self._stamp:
            return
        found = _load(self._file)
        if found is None:
            return
        self._ids, self._stamp = found, stamp
        for change in self._changes:
            self._ids.apply(change)


class _Change(NamedTuple):
    """A tenant seen or found missing, or devices of it."""

    tenant_id: str
    device_ids: tuple[str, ...]
    known: bool


@dataclass(slots=True)
class _Ids:
    tenants: dict[str, None] = field(default_factory=dict)
    devices: dict[str, dict[str, None]] = field(default_factory=dict)

    def apply(self, change: _Change) -> bool:
        """Whether anything was changed by it."""
        tenant_id, device_ids, known = change
        if known:
            changed = _put(self.tenants, tenant_id, MOST_TENANTS)
            held = self.devices.setdefault(tenant_id, {})
            for device_id in device_ids:
                changed |= _put(held, device_id, MOST_DEVICES)
            return changed
        if not device_ids:
            changed = tenant_id in self.tenants
            self.tenants.pop(tenant_id, None)
            return changed
        held = self.devices.get(tenant_id, {})
        changed = any(device_id in held for device_id in device_ids)
        for device_id in device_ids:
            held.pop(device_id, None)
        return changed

    def to_text(self) -> str:
        content = {
            "tenants": list(self.tenants),
            "devices": {tenant: list(ids) for tenant, ids in self.devices.items() if ids},
        }
        return json.dumps(content, ensure_ascii=True)


def _load(path: Path) -> _Ids | None:
    """What a file holds; None for one that cannot be used."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    devices = content.get("devices")
    listed = devices.items() if isinstance(devices, dict) else ()
    return _Ids(_ids(content.get("tenants")), {tenant: _ids(each) for tenant, each in listed})


def _stamp(path: Path) -> object:
    """Tells whether a file was replaced; None: it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _replace(path: Path, text: str) -> None:
    """Write all of a file or nothing. Raises OSError."""
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
