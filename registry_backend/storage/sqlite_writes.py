"""Writes on their way to the writing thread, and the answers on their way back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry_backend.domain.journal import Change
from registry_backend.storage.base import Transaction
from registry_backend.storage.sqlite_readers import Settlement, settle


@dataclass(slots=True)
class Write:
    """What somebody waits for."""

    work: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(slots=True)
class Group:
    """Writes that share one transaction: what became of each, and what watchers will hear."""

    settlements: list[tuple[Write, Any, Exception | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def answer(settlements: Sequence[tuple[Write, Any, Exception | None]]) -> None:
    """Tell each caller its result or error, on its own event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Settlement]] = {}
    for write, result, error in settlements:
        by_loop.setdefault(write.loop, []).append((write.future, result, error))
    for loop, own in by_loop.items():
        settle(loop, own)
