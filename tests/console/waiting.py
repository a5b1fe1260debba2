"""Waiting for what should become true, instead of pausing and hoping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

PATIENCE = 60.0
"""Seconds before a condition is given up; generous, since it is only spent by a failing test."""


async def wait_for(pilot: Pilot[Any], condition: Callable[[], object], what: str = "") -> None:
    """Let the app run until the condition holds; fail when it never does."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not condition():
        if loop.time() > deadline:
            raise AssertionError(f"never happened: {what or condition}")
        await pilot.pause()
        await asyncio.sleep(0.002)
