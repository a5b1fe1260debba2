"""Numbers of a remote Hono's devices."""

from __future__ import annotations

import asyncio

from console.adapters.hono_results import device_total
from console.adapters.hono_session import HonoSession
from registry_backend.domain.statistics import Statistics

_DISABLED = ("filterJson", '{"field":"/enabled","op":"eq","value":false}')


class HonoStatistics:
    """Numbers of devices, from the totals of searches."""

    def __init__(self, session: HonoSession) -> None:
        self._session = session

    async def get(self, tenant_id: str) -> Statistics:
        """As StatisticsPort; where the peer ignores the filter, everybody counts as enabled."""
        total, off = await asyncio.gather(
            device_total(self._session, tenant_id),
            device_total(self._session, tenant_id, _DISABLED),
        )
        if off and off >= total and not await self._all_disabled(tenant_id):
            off = 0
        exact = self._session.peer.counts_truly
        return Statistics(total=total, enabled=max(0, total - off), exact=exact)

    async def _all_disabled(self, tenant_id: str) -> bool:
        """Whether the rows that the filter lets through are disabled indeed."""
        answer = await self._session.send(
            "GET",
            ("devices", tenant_id),
            what=f"the devices of tenant {tenant_id}",
            query=(("pageSize", "200"), ("pageOffset", "0"), _DISABLED),
            accept=frozenset({404}),
        )
        found = answer.json("The list of devices") if answer.status == 200 else {}
        items = found.get("result", ()) if isinstance(found, dict) else ()
        return all(isinstance(each, dict) and each.get("enabled") is False for each in items)
