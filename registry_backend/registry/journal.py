"""The journal: what was written, when and by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from registry_backend.domain.journal import Change, JournalEntry
from registry_backend.storage.base import Store


class JournalUseCases:
    """History and live changes; readable for a removed tenant too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self,
        tenant_id: str,
        *,
        resource_id: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[JournalEntry]:
        """Newest first, below a sequence number; of one thing, or the whole tenant."""
        return await self._store.read(
            lambda snapshot: snapshot.page_journal(
                tenant_id, resource_id=resource_id, before=before, limit=limit
            )
        )

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """Be told of writes by anyone, on the event loop; returns the way to stop."""
        return self._store.subscribe(listener)
