"""Reading that may take minutes: how long it has been awaited, and a way to wait no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, TypeVar

from textual.timer import Timer
from textual.widget import Widget

from registry_backend.domain.errors import Unreachable

LOOK_SECONDS = 0.5
"""How often the figure is painted."""
QUIET_SECONDS = 1.0
"""What comes sooner was not awaited."""
ResultT = TypeVar("ResultT")


class Waiting:
    """What a list is being read from, while the person watches.

    Args:
        owner: Its clock.
        show: Told the seconds that have gone by, and None once nothing is awaited any more.
        stopped: The error of a reading that the person ended.
    """

    def __init__(
        self,
        owner: Widget,
        show: Callable[[int | None], None],
        stopped: Callable[[], Unreachable],
    ) -> None:
        self._owner, self._show, self._stopped = owner, show, stopped
        self._calls: set[asyncio.Future[Any]] = set()
        self._timer: Timer | None = None
        self._began = 0.0

    @property
    def under_way(self) -> bool:
        """Whether something is awaited."""
        return bool(self._calls)

    async def outcome(self, work: Awaitable[ResultT]) -> ResultT:
        """What the reading comes to. Raises as it does; Unreachable when the person ended it."""
        call = asyncio.ensure_future(work)
        self._begin(call)
        try:
            await asyncio.wait({call})
        finally:
            call.cancel()
            self._end(call)
        if call.cancelled():
            raise self._stopped()
        return call.result()

    def stop(self) -> None:
        """Wait no longer."""
        for call in tuple(self._calls):
            call.cancel()

    def _begin(self, call: asyncio.Future[Any]) -> None:
        if not self._calls:
            self._began = monotonic()
            self._timer = self._owner.set_interval(LOOK_SECONDS, self._look)
        self._calls.add(call)

    def _end(self, call: asyncio.Future[Any]) -> None:
        self._calls.discard(call)
        if not self._calls and self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._show(None)

    def _look(self) -> None:
        gone = monotonic() - self._began
        if gone >= QUIET_SECONDS:
            self._show(int(gone))
