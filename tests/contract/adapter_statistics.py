"""What every adapter with statistics must do."""

from __future__ import annotations

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.statistics import StatisticsPort
from tests.contract.adapter_help import AdapterTests, device, fill, need


class StatisticsSuite(AdapterTests):
    """Counts of a tenant's devices."""

    @pytest.fixture
    def statistics(self, adapter: RegistryAdapter) -> StatisticsPort:
        return need(adapter.statistics)

    async def test_statistics_follow_each_write(
        self, adapter: RegistryAdapter, statistics: StatisticsPort, tenant_id: str
    ) -> None:
        """Created, disabled, deleted: the counts are kept."""
        devices = need(adapter.devices)
        await fill(devices, tenant_id, "a", "b")
        await devices.update(tenant_id, "a", device(enabled=False), expected=None)
        found = await statistics.get(tenant_id)
        assert (found.total, found.enabled, found.disabled) == (2, 1, 1)
        await devices.delete(tenant_id, "a", expected=None)
        found = await statistics.get(tenant_id)
        assert (found.total, found.enabled) == (1, 1)
