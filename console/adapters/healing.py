"""Finding a registry again that was lost, so that the header tells the truth unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from registry_backend.domain.errors import RegistryError, Unreachable

HEAL_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach a registry that was lost; the last goes on."""


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
        """Ask no longer; what is under way has ended when this returns."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            # unlike awaiting the task, this lets our own cancellation through
            await asyncio.wait({task})

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
