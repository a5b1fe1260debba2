"""Counts of a tenant's devices, kept with each write (iothub 4.4)."""

from __future__ import annotations

from registry_backend.domain.document import Value


class Statistics(Value):
    """How many devices a tenant has, and how many of them may connect."""

    total: int
    enabled: int
    exact: bool = True
    """False where a remote registry reports numbers that lag."""

    @property
    def disabled(self) -> int:
        """How many may not connect."""
        return self.total - self.enabled
