"""Writes that nobody can interrupt: not a closed dialog, not another pane, not a quick quit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import TypeVar

ResultT = TypeVar("ResultT")


class Saves:
    """Runs each write to its end; writes to the same thing wait for one another."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Task[object]] = {}
        self._running: dict[asyncio.Task[object], float] = {}
        """When each began."""
        self.on_begin: Callable[[], None] = lambda: None
        """Told of each write when it begins."""

    @property
    def pending(self) -> int:
        """How many writes have not finished."""
        return len(self._running)

    @property
    def seconds(self) -> float:
        """How long the oldest of them has been going on; 0 for none."""
        return monotonic() - min(self._running.values()) if self._running else 0.0

    async def run(self, subject: str, write: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Await `write()` after earlier writes to `subject`; cancelling the caller leaves it be."""
        task = asyncio.ensure_future(self._in_turn(self._last.get(subject), write))
        self._last[subject] = task
        self._running[task] = monotonic()
        task.add_done_callback(partial(self._finished, subject))
        self.on_begin()
        return await asyncio.shield(task)

    async def _in_turn(
        self, before: asyncio.Task[object] | None, write: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        if before is not None:
            await asyncio.wait([before])
        return await write()

    def _finished(self, subject: str, task: asyncio.Task[object]) -> None:
        self._running.pop(task, None)
        if self._last.get(subject) is task:
            del self._last[subject]
        if not task.cancelled():
            task.exception()  # whoever asked has it; a caller that left must not cause a warning

    async def drain(self) -> None:
        """Wait until every write has finished."""
        while self._running:
            await asyncio.wait(self._running)
