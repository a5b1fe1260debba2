"""What was written to a registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from registry_backend.domain.journal import Change, JournalEntry


class JournalPort(Protocol):
    """What was written, when and by whom."""

    async def page(
        self, tenant_id: str, *, resource_id: str | None, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """Newest first; of one thing, or the whole tenant."""

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """Be told of writes by anyone; returns the way to stop."""
