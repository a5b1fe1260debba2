"""Modules in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.modules import Module
from registry_backend.storage.paging import Row
from registry_backend.storage.rows import restore, value_text
from registry_backend.storage.sqlite_base import Rows


class ModuleReads(Rows):
    """The modules part of a snapshot."""

    def get_module(self, tenant_id: str, device_id: str, module_id: str) -> Module | None:
        """The module of that id, or None."""
        row = self._one(
            "SELECT module_id, document FROM modules "
            "WHERE tenant_id = ? AND device_id = ? AND module_id = ?",
            *(tenant_id, device_id, module_id),
        )
        return _module(row) if row else None

    def list_modules(self, tenant_id: str, device_id: str) -> Sequence[Module]:
        """A device's modules by id."""
        rows = self._all(
            "SELECT module_id, document FROM modules "
            "WHERE tenant_id = ? AND device_id = ? ORDER BY module_id",
            *(tenant_id, device_id),
        )
        return [_module(row) for row in rows]


class ModuleWrites(ModuleReads):
    """The modules part of a transaction."""

    def put_module(self, module: Module) -> None:
        """Insert or replace a module of a device that is there; it goes when the device goes."""
        self._changed(
            "INSERT OR REPLACE INTO modules VALUES (?, ?, ?, ?)",
            *(module.tenant_id, module.device_id, module.module_id, value_text(module)),
        )

    def delete_module(self, tenant_id: str, device_id: str, module_id: str) -> bool:
        """Remove a module."""
        return bool(
            self._changed(
                "DELETE FROM modules WHERE tenant_id = ? AND device_id = ? AND module_id = ?",
                *(tenant_id, device_id, module_id),
            )
        )


def _module(row: Row) -> Module:
    return restore(Module, row[1], what=f"module {row[0]!r}")
