"""The registry as the hub of an Identity Service; whatever it refuses is told as the hub's word."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from registry_backend.domain.errors import (
    AlreadyExists,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
)
from registry_backend.domain.journal import Actor
from registry_backend.domain.modules import Module
from registry_backend.identityd.behaviour_errors import HubFailed
from registry_backend.identityd.behaviour_keys import ServiceKeys
from registry_backend.identityd.behaviour_provisioning import ProvisionedDevice
from registry_backend.registry import Registry

log = logging.getLogger("idconsole.identity")


class Hub:
    """Modules of a device in the registry.

    Args:
        registry: Where they are kept.
        keys: Makes the keys that are pushed to it.
    """

    def __init__(self, registry: Registry, keys: ServiceKeys) -> None:
        self._modules = registry.modules
        self._devices = registry.hub_devices
        self._keys = keys

    async def tenant_named(self, name: str) -> str:
        """The tenant that a hub's name means, in any case where only one is called so."""
        return await self._devices.tenant_named(name)

    async def ensure_device(self, device: ProvisionedDevice, *, actor: Actor) -> None:
        """Make the device and its tenant where they are missing. Raises RegistryError."""
        await self._modules.ensure_device(device.tenant_id, device.device_id, actor=actor)

    async def list(self, device: ProvisionedDevice) -> Sequence[Module]:
        """All modules of the device. Raises HubFailed."""
        try:
            return await self._modules.list(device.tenant_id, device.device_id)
        except RegistryError as error:
            raise HubFailed(_said(error, device.device_id)) from None

    async def get(self, device: ProvisionedDevice, module_id: str) -> Module:
        """One module; why there is none is not told (identityd 1.2). Raises HubFailed."""
        try:
            return await self._modules.get(device.tenant_id, device.device_id, module_id)
        except RegistryError as error:
            _said(error, module_id)
            raise HubFailed(f"module {module_id} not found") from None

    async def create(self, device: ProvisionedDevice, module_id: str, *, actor: Actor) -> Module:
        """Create a module with its derived keys. Raises HubFailed."""
        try:
            return await self._modules.create(
                device.tenant_id,
                device.device_id,
                module_id,
                keys=self._keys.of_module,
                actor=actor,
            )
        except RegistryError as error:
            raise HubFailed(_said(error, module_id)) from None

    async def make_anew(self, device: ProvisionedDevice, module_id: str, *, actor: Actor) -> Module:
        """A module with its derived keys in place of the one there may be. Raises HubFailed."""
        try:
            return await self._modules.replace(
                device.tenant_id, device.device_id, module_id, self._keys.of_module, actor=actor
            )
        except RegistryError as error:
            raise HubFailed(_said(error, module_id)) from None

    async def push_keys(self, device: ProvisionedDevice, module_id: str, *, actor: Actor) -> Module:
        """Give a module made elsewhere the derived keys. Raises HubFailed."""
        try:
            return await self._modules.update_keys(
                device.tenant_id, device.device_id, module_id, self._keys.of_module, actor=actor
            )
        except RegistryError as error:
            raise HubFailed(_said(error, module_id)) from None

    async def remove(self, device: ProvisionedDevice, module_id: str, *, actor: Actor) -> None:
        """Have no such module, whoever removed it. Raises HubFailed."""
        try:
            await self._modules.delete(device.tenant_id, device.device_id, module_id, actor=actor)
        except NotFound:
            return
        except RegistryError as error:
            raise HubFailed(_said(error, module_id)) from None

    async def delete(self, device: ProvisionedDevice, module_id: str, *, actor: Actor) -> None:
        """Remove a module. Raises HubFailed."""
        try:
            await self._modules.delete(device.tenant_id, device.device_id, module_id, actor=actor)
        except NotFound:
            raise HubFailed("unexpected HTTP status code: 404 Not Found") from None
        except RegistryError as error:
            _said(error, module_id)
            raise HubFailed("unexpected HTTP status code: 500 Internal Server Error") from None


_CODES: dict[type[RegistryError], str] = {
    AlreadyExists: "ModuleAlreadyExistsOnDevice",
    Invalid: "ArgumentInvalid",
    LimitReached: "ThrottlingException",
    NotFound: "ModuleNotFound",
}
"""What a hub calls these failures."""


def _said(error: RegistryError, name: str) -> str:
    """The failure in a hub's words. Where it is the operator's affair, the log says more."""
    code = _CODES.get(type(error))
    if code is None:
        log.error("The registry failed as the hub of the Identity Service: %s", error)
        return "ErrorCode:ServerError;the registry failed"
    return f"ErrorCode:{code};{name}"
