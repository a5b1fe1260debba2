"""Several requests at once: none outlives the failure of another, or all are told together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

ResultT = TypeVar("ResultT")


async def all_or_none(calls: Iterable[Coroutine[Any, Any, ResultT]]) -> list[ResultT]:
    """What all of them return; when one fails, the others are ended before that is told."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Asked(NamedTuple, Generic[ResultT]):
    key: str
    answer: asyncio.Future[ResultT]


class Together(Generic[ResultT]):
    """Questions that begin together are answered together, however long each of them takes.

    So those who write what they have read begin to write together, which makes one call of it.

    Args:
        ask: Answers one question.
    """

    def __init__(self, ask: Callable[[str], Awaitable[ResultT]]) -> None:
        self._ask = ask
        self._waiting: list[_Asked[ResultT]] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def ask(self, key: str) -> ResultT:
        """The answer, once all who asked with this one have theirs. Raises what `ask` does."""
        loop = asyncio.get_running_loop()
        asked: _Asked[ResultT] = _Asked(key, loop.create_future())
        self._waiting.append(asked)
        if len(self._waiting) == 1:
            loop.call_soon(self._begin)
        return await asked.answer

    def _begin(self) -> None:
        batch, self._waiting = self._waiting, []
        asking = asyncio.get_running_loop().create_task(self._answer(batch))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _answer(self, batch: Sequence[_Asked[ResultT]]) -> None:
        try:
            outcomes = await asyncio.gather(
                *(self._ask(each.key) for each in batch), return_exceptions=True
            )
            for each, outcome in zip(batch, outcomes, strict=True):
                if each.answer.done():
                    continue  # who asked has turned away
                if isinstance(outcome, BaseException):
                    each.answer.set_exception(outcome)
                else:
                    each.answer.set_result(outcome)
        finally:  # whoever waits is let go of, whatever became of it
            for each in batch:
                each.answer.cancel()
