"""Statistics: kept counts of a tenant's devices (iothub 4.4)."""

from __future__ import annotations

from registry_backend.domain.statistics import Statistics
from registry_backend.registry.recording import check_tenant
from registry_backend.storage.base import Snapshot, Store


class StatisticsUseCases:
    """Counts of devices."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, tenant_id: str) -> Statistics:
        """How many devices there are and how many may connect. Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> Statistics:
            check_tenant(snapshot, tenant_id)
            return snapshot.statistics(tenant_id)

        return await self._store.read(work)
