"""An Identity Service at work: its settings, its device, and the modules it keeps (identityd 5)."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from registry_backend.domain.errors import RegistryError
from registry_backend.domain.journal import Actor
from registry_backend.domain.permissions import Caller
from registry_backend.domain.principals import IdType, Principal
from registry_backend.identityd.authorization import authenticate, principal_map
from registry_backend.identityd.behaviour_authority import AUTHORITY_FILE, Authority, open_authority
from registry_backend.identityd.behaviour_config import Loaded
from registry_backend.identityd.behaviour_errors import NoDevice, ProvisioningFailed
from registry_backend.identityd.behaviour_hub import Hub
from registry_backend.identityd.behaviour_keys import MASTER_KEY_FILE, ServiceKeys, open_keys
from registry_backend.identityd.behaviour_provisioning import ProvisionedDevice, provision
from registry_backend.identityd.behaviour_reconcile import module_names, plan
from registry_backend.identityd.behaviour_state import State
from registry_backend.identityd.files import shown
from registry_backend.identityd.settings import Settings
from registry_backend.registry import Registry

SERVICE = Actor(via="identity", name="service")
"""Who writes when nobody called."""

_OTHERS = 0o077

log = logging.getLogger("idconsole.identity")


@dataclass(frozen=True, slots=True)
class Home:
    """What lives in the home folder, opened."""

    state: State
    keys: ServiceKeys
    authority: Authority


class IdentityService:
    """One Identity Service over the registry as its hub.

    Calls are answered side by side, and while a change of the configuration is taken in.

    Args:
        loaded: The configuration at the start.
        home: What its home folder holds; the folder stays when the configuration changes.
        registry: The hub.
        default_tenant: What hub names other than NAME.azure-devices.net mean.
    """

    def __init__(
        self, loaded: Loaded, home: Home, registry: Registry, *, default_tenant: str
    ) -> None:
        self._loaded = loaded
        self._home = home
        self._default_tenant = default_tenant
        self._principals: Mapping[int, Principal] = {}
        self._callers: Mapping[int, Caller] = {}
        self._device: ProvisionedDevice | None = None
        self._one_at_a_time = asyncio.Lock()
        self.hub = Hub(registry, home.keys)
        self._take(loaded)

    @classmethod
    async def start(cls, loaded: Loaded, registry: Registry, *, default_tenant: str) -> Self:
        """Open the home folder, provision, and reconcile the modules of principals.

        Raises:
            RegistryError: when the folder cannot be used, or the hub does not do its part.
        """
        home = await asyncio.to_thread(_open_home, loaded.settings)
        service = cls(loaded, home, registry, default_tenant=default_tenant)
        async with service._one_at_a_time:
            try:
                await service._provision()
            except ProvisioningFailed as error:
                log.warning("The device is not provisioned, until it is asked for again. %s", error)
            await service._reconcile()
        return service

    @property
    def settings(self) -> Settings:
        """Those in force now."""
        return self._loaded.settings

    @property
    def keys(self) -> ServiceKeys:
        """Makes key handles."""
        return self._home.keys

    @property
    def authority(self) -> Authority:
        """Issues local identities."""
        return self._home.authority

    @property
    def device(self) -> ProvisionedDevice:
        """The device as it was provisioned. Raises NoDevice."""
        if self._device is None:
            raise NoDevice
        return self._device

    def caller(self, uid: int) -> Caller:
        """Who a uid is now."""
        return self._callers.get(uid) or authenticate(uid, self._principals)

    def local_principal(self, name: str) -> Principal | None:
        """The principal that has a local identity of that name."""
        for principal in self.settings.principals:
            if principal.name == name and IdType.LOCAL in (principal.idtype or ()):
                return principal
        return None

    async def reload(self, load: Callable[[], Loaded]) -> None:
        """Take in a changed configuration; one that is refused changes nothing (identityd 4.5).

        The device is not provisioned anew, nor is the home folder changed.
        """
        async with self._one_at_a_time:
            try:
                loaded = await asyncio.to_thread(load)
            except RegistryError as error:
                log.warning("The changed configuration was not taken in. %s", error)
                return
            self._take(loaded)
            try:
                await self._reconcile()
            except RegistryError as error:
                log.warning("The modules could not be reconciled with the hub. %s", error)

    async def reprovision(self) -> None:
        """Provision and reconcile as if for the first time: modules are made anew (identityd 1.3).

        Raises:
            RegistryError: when provisioning or the hub fails.
        """
        async with self._one_at_a_time:
            await asyncio.to_thread(self._home.state.forget)
            await self._provision()
            await self._reconcile()

    def _take(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._principals = principal_map(loaded.settings.principals)
        known = (0, *self._principals)
        self._callers = {uid: authenticate(uid, self._principals) for uid in known}

    async def _provision(self) -> None:
        device = provision(self.settings, self.keys, default_tenant=self._default_tenant)
        if device is not None:
            device = await self._in_its_tenant(device)
            await self.hub.ensure_device(device, actor=SERVICE)
        self._device = device

    async def _in_its_tenant(self, device: ProvisionedDevice) -> ProvisionedDevice:
        """Host names have no case, so that a hub's name may be that of a tenant written otherwise.

        The default tenant is named by an operator, and is what it is called.
        """
        if device.tenant_id == self._default_tenant:
            return device
        return replace(device, tenant_id=await self.hub.tenant_named(device.tenant_id))

    async def _reconcile(self) -> None:
        device = self._device
        if device is None:
            log.info("Reconciliation skipped since the device is not provisioned.")
            return
        state = self._home.state
        ours = await asyncio.to_thread(state.own_modules, device.info)
        wanted = module_names(self.settings.principals)
        existing = [module.module_id for module in await self.hub.list(device)]
        todo = plan(existing, wanted=wanted, ours=ours)
        # Callers go on meanwhile: what one of them made or removed since the list is no failure.
        for name in todo.remove:
            await self.hub.remove(device, name, actor=SERVICE)
            log.info("Hub identity %r removed.", name)
        for name in todo.recreate:
            log.info("Hub identity %r will be recreated.", name)
        for name in (*todo.recreate, *todo.create):
            await self.hub.make_anew(device, name, actor=SERVICE)
            log.info("Hub identity %r added.", name)
        await asyncio.to_thread(state.write, device.info, self._loaded.merged)
        log.info("The modules of principals are reconciled with the hub.")


def _open_home(settings: Settings) -> Home:
    state = State(settings.homedir)
    state.make_home()
    home = Home(state, open_keys(settings.homedir), open_authority(settings.homedir))
    for name in (MASTER_KEY_FILE, AUTHORITY_FILE):
        _tell_if_open(settings.homedir / name)
    return home


def _tell_if_open(path: Path) -> None:
    """Whoever copied a home may have lost its modes."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        log.warning(
            "%s holds a private key, and others than its owner may use it (mode %04o). Make it "
            "chmod 600.",
            shown(path),
            mode,
        )
