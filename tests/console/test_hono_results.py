"""Records of a remote Hono that are read one by one."""

from __future__ import annotations

import asyncio

import pytest

from console.adapters.hono_results import AT_ONCE, read_each
from registry_backend.domain.errors import NotFound, Unreachable


async def test_what_is_gone_is_left_out() -> None:
    """The others keep their order."""

    async def get(name: str) -> str:
        if name == "ghost":
            raise NotFound("no ghost")
        return name

    assert await read_each(["b", "ghost", "a"], get, print) == ["b", "a"]


async def test_nothing_more_is_asked_once_the_registry_is_lost() -> None:
    """Two hundred ids need not fail one after the other, each with its repetitions."""
    asked: list[str] = []
    ended: list[str] = []

    async def get(name: str) -> str:
        asked.append(name)
        try:
            if name == "0":
                raise Unreachable("gone", layer="dropped")
            await asyncio.Event().wait()
        finally:
            ended.append(name)
        return name

    async with asyncio.timeout(10):
        with pytest.raises(Unreachable):
            await read_each([str(number) for number in range(200)], get, print)
    assert len(asked) <= AT_ONCE + 1
    assert sorted(ended) == sorted(asked)
