"""Numbers of devices beside tenants, read when a row is first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.adapters.base import RegistryAdapter
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant

if TYPE_CHECKING:
    from console.panes.tenant_list import TenantList


class TenantCounts:
    """Statistics by tenant; asking for one that is not known has it read.

    Args:
        pane: Told by `counted` when figures have come.
        adapter: Its statistics, or else its tenants' usage, are asked.
    """

    def __init__(self, pane: TenantList, adapter: RegistryAdapter) -> None:
        self._pane, self._adapter = pane, adapter
        self._known: dict[str, Statistics] = {}
        self._asked: set[str] = set()
        """Also those whose figures did not come: the rows must not ask for ever."""
        self._wanted: set[str] = set()
        self._waiting = False

    @property
    def told(self) -> bool:
        """Whether this registry tells how many devices there are."""
        devices = self._adapter.devices
        listed = devices is None or devices.abilities.can_list
        return listed or self._adapter.statistics is not None

    def known(self, tenant_id: str) -> Statistics | None:
        """The figures if they are here."""
        return self._known.get(tenant_id) if self.told else None

    def of(self, tenant: Tenant) -> Statistics | None:
        """The figures, or None for now; they are then asked for."""
        found = self._known.get(tenant.tenant_id)
        if self.told and tenant.tenant_id not in self._asked:
            self._ask_for({tenant.tenant_id})
        return found

    def forget(self, tenant_ids: set[str]) -> None:
        """Read the figures of these tenants again; the old ones stay until then."""
        self._ask_for(tenant_ids & self._asked)

    def _ask_for(self, tenant_ids: set[str]) -> None:
        self._asked |= tenant_ids
        self._wanted |= tenant_ids
        if self._wanted and not self._waiting:
            self._waiting = True
            self._pane.run_worker(self._read(), group="counts", exit_on_error=False)

    async def _read(self) -> None:
        wanted, self._wanted, self._waiting = self._wanted, set(), False
        for tenant_id in wanted:
            try:
                figures = await self._figures(tenant_id)
            except RegistryError:
                continue  # the dots stay; the list itself says what is wrong
            if figures is not None:
                self._known[tenant_id] = figures
        self._pane.counted(wanted)

    async def _figures(self, tenant_id: str) -> Statistics | None:
        if self._adapter.statistics is not None:
            return await self._adapter.statistics.get(tenant_id)
        assert self._adapter.tenants is not None  # noqa: S101 - no port, no pane
        usage = await self._adapter.tenants.usage(tenant_id)
        if usage.devices is None:
            return None
        return Statistics(total=usage.devices, enabled=usage.devices, exact=usage.exact)
