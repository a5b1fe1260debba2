"""How devices themselves connect."""

from __future__ import annotations

from typing import Protocol

MOST_MINUTES = 60 * 24 * 365
"""A token for longer is a key by another name."""


class ConnectionsPort(Protocol):
    """How a device itself connects: what an operator pastes into it, made on demand."""

    async def connection_string(self, tenant_id: str, device_id: str, *, secondary: bool) -> str:
        """The device's connection string with one of its keys, a secret (iothub 7.3).

        One with a certificate has a string without a key, which ends in `x509=true`.
        Raises NotFound, Invalid (the device has neither).
        """

    async def sas_token(
        self, tenant_id: str, device_id: str, *, minutes: int, secondary: bool
    ) -> str:
        """A token the device may present for so long, a secret (iothub 7.1). Raises as above."""
