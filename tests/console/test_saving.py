"""Saves run to their end, one after another where they concern the same thing."""

from __future__ import annotations

import asyncio

import pytest

from console.saving import Saves
from registry_backend.domain.errors import NotFound


async def test_a_save_goes_on_when_whoever_asked_has_left() -> None:
    """Closing a pane cancels its worker, not the write."""
    saves, gate, written = Saves(), asyncio.Event(), []

    async def write() -> None:
        await gate.wait()
        written.append("device")

    caller = asyncio.create_task(saves.run("device a", write))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert saves.pending == 1
    gate.set()
    await saves.drain()
    assert written == ["device"]
    assert saves.pending == 0


async def test_writes_to_one_thing_keep_their_order() -> None:
    """Even when the first is the slowest; other things do not wait."""
    saves, gate, order = Saves(), asyncio.Event(), []

    async def slow() -> None:
        await gate.wait()
        order.append("slow")

    async def quick(name: str) -> None:
        order.append(name)

    first = asyncio.create_task(saves.run("a", slow))
    await asyncio.sleep(0)
    second = asyncio.create_task(saves.run("a", lambda: quick("second")))
    third = asyncio.create_task(saves.run("a", lambda: quick("third")))
    await saves.run("b", lambda: quick("other"))
    assert order == ["other"]
    gate.set()
    await asyncio.gather(first, second, third)
    assert order == ["other", "slow", "second", "third"]


async def test_a_failed_write_is_told_to_its_caller_and_does_not_stop_the_next() -> None:
    """Each write stands for itself."""
    saves = Saves()

    async def refuse() -> None:
        raise NotFound("The device is gone.")

    async def write() -> str:
        return "saved"

    failed = asyncio.create_task(saves.run("a", refuse))
    written = asyncio.create_task(saves.run("a", write))
    with pytest.raises(NotFound):
        await failed
    assert await written == "saved"


async def test_nothing_is_remembered_of_finished_writes() -> None:
    """A day of saves must not fill memory."""
    saves = Saves()

    async def write() -> None:
        return None

    for number in range(50):
        await saves.run(f"device {number}", write)
    await saves.drain()
    assert saves._last == {}
