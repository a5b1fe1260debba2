"""What an input offers while something is typed into it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from textual.suggester import Suggester, SuggestFromList

from console.forms.fields import Suggestions


class LateSuggester(Suggester):
    """Offers texts that are read when something is typed for the first time.

    Args:
        read: Reads them; raises nothing.
    """

    def __init__(self, read: Callable[[], Awaitable[Sequence[str]]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._read = read
        self._known: SuggestFromList | None = None
        self._reading = asyncio.Lock()

    async def get_suggestion(self, value: str) -> str | None:
        """The first text that begins like this; keys typed meanwhile wait for the same answer."""
        async with self._reading:
            if self._known is None:
                self._known = SuggestFromList(await self._read())
        return await self._known.get_suggestion(value)


def suggester_of(suggestions: Suggestions) -> Suggester | None:
    """What offers them; None for none."""
    if callable(suggestions):
        return LateSuggester(suggestions)
    return SuggestFromList(suggestions) if suggestions else None
