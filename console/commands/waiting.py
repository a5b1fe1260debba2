"""Waiting for one answer where no loop runs yet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

AnswerT = TypeVar("AnswerT")


def answer_of(asking: Coroutine[object, None, AnswerT]) -> AnswerT:
    """What a coroutine returns.

    `asyncio.run` spells out the result of what it ran, twice, for an error message that nobody
    sees; ten thousand principals take longer to spell out than to read.
    """
    answers: list[AnswerT] = []

    async def ask() -> None:
        answers.append(await asking)

    asyncio.run(ask())
    return answers[0]
