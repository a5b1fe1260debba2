"""Finding a service again that was lost, so that nobody need ask for it (identityd 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from registry_backend.domain.errors import RegistryError, Unreachable

HEAL_PAUSES = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts; the last goes on. One connection each, far below the ten there are."""


class Healing:
    """Asks now and then until somebody answers; nothing while nobody began it.

    Args:
        ask: Asks for next to nothing. Raises Unreachable where nobody answers.
        pauses: Seconds before each attempt; the last goes on.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[object]], *, pauses: Sequence[float] = HEAL_PAUSES
    ) -> None:
        self._ask, self._pauses = ask, tuple(pauses)
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin, unless it is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._try())

    async def end(self) -> None:
        """Ask no longer."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _try(self) -> None:
        tried = 0
        while True:
            await asyncio.sleep(self._pauses[min(tried, len(self._pauses) - 1)])
            tried += 1
            try:
                await self._ask()
            except Unreachable:
                continue
            except RegistryError:
                return  # it answers, if not as one would wish
            return
