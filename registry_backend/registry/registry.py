"""The registry: its use cases over one store."""

from __future__ import annotations

from registry_backend.registry.credentials import CredentialUseCases
from registry_backend.registry.devices import DeviceUseCases
from registry_backend.registry.hub_devices import HubDeviceUseCases
from registry_backend.registry.journal import JournalUseCases
from registry_backend.registry.modules import ModuleUseCases
from registry_backend.registry.policies import PolicyUseCases
from registry_backend.registry.settings import DEFAULT_SETTINGS, RegistrySettings
from registry_backend.registry.statistics import StatisticsUseCases
from registry_backend.registry.tenants import TenantUseCases
from registry_backend.storage.base import Store


class Registry:
    """Tenants, devices, credentials and their history, with Hono's rules.

    Args:
        store: Where everything is kept; closed with the registry.
        settings: What the operator decided.
    """

    def __init__(self, store: Store, settings: RegistrySettings = DEFAULT_SETTINGS) -> None:
        self.store = store
        self.settings = settings
        self.tenants = TenantUseCases(store)
        self.devices = DeviceUseCases(store, settings)
        self.credentials = CredentialUseCases(store, settings)
        self.hub_devices = HubDeviceUseCases(store, settings)
        self.modules = ModuleUseCases(store, settings)
        self.statistics = StatisticsUseCases(store)
        self.journal = JournalUseCases(store)
        self.policies = PolicyUseCases(store)

    async def close(self) -> None:
        """Finish what was accepted and release the store."""
        await self.store.close()
