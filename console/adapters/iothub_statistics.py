"""Numbers of a remote hub's devices."""

from __future__ import annotations

from console.adapters.iothub_session import HubSession
from registry_backend.domain.statistics import Statistics
from registry_backend.wire.iothub_device_statistics import parse_statistics


class HubStatistics:
    """What the hub says of its devices; its figures lag (iothub 4.4)."""

    def __init__(self, session: HubSession) -> None:
        self._session = session

    async def get(self, tenant_id: str) -> Statistics:
        """As StatisticsPort."""
        self._session.check_tenant(tenant_id)
        what = f"the statistics of hub {tenant_id}"
        answer = await self._session.send("GET", ("statistics", "devices"), what=what)
        return parse_statistics(answer.json(what))
