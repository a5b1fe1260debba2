"""Counts of devices."""

from __future__ import annotations

from typing import Protocol

from registry_backend.domain.statistics import Statistics


class StatisticsPort(Protocol):
    """Counts of devices."""

    async def get(self, tenant_id: str) -> Statistics:
        """Cheap: kept, not counted."""
