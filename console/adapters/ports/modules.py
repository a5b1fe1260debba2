"""Module identities of the device that an Identity Service runs on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from registry_backend.domain.identities import Identity, IdentityKind


class ModulesPort(Protocol):
    """Module identities of the device that an Identity Service runs on (identityd 1)."""

    async def list(self) -> Sequence[Identity]:
        """The hub's modules of this device, without their keys."""

    async def get(self, module_id: str, kind: IdentityKind) -> Identity:
        """Raises NotFound, Invalid."""

    async def create(self, module_id: str, kind: IdentityKind, *, server: bool = False) -> Identity:
        """Create a module, or issue a local identity: for a client, or for a server too."""

    async def update(self, module_id: str) -> Identity:
        """Push a module's keys to the hub again."""

    async def delete(self, module_id: str) -> None:
        """Remove a module from the hub."""
