"""Who the caller and the device of an Identity Service are."""

from __future__ import annotations

from typing import Protocol

from registry_backend.domain.identities import Identity, Provisioning


class ProvisioningPort(Protocol):
    """The identities of an Identity Service's caller and device, and where they come from."""

    async def info(self) -> Provisioning:
        """How the device was provisioned; nobody is refused."""

    async def own(self) -> Identity:
        """The caller's own identity."""

    async def device(self) -> Identity:
        """The device's identity."""

    async def reprovision(self) -> None:
        """Provision again: every principal's module is deleted and made anew (identityd 1.3)."""
