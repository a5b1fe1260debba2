"""Writing many rows: the marked ones, a few at a time, and telling the outcome of all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from console.render.detail import plural
from console.widgets.marks import Marks
from console.widgets.row_source import RowSource
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.query import Count, Cursor, PageRequest

RowT = TypeVar("RowT")

AT_ONCE = 100
"""Writes under way together: a registry that commits in groups makes one commit of them, a hub
takes them in one call (iothub 5.7)."""
READ_AT_ONCE = 1_000
"""Rows of a page where a list is read to its end."""
FIXED_AT_MOST = 10_000
"""Rows of a list that are held while a person is asked about them; of longer ones only the keys
are, once the answer is there, and the question says that what is added before is written too."""
SAMPLE = 4
"""Ids named in a question about many."""


@dataclass(slots=True)
class Outcome:
    """What became of the marked rows."""

    written: int = 0
    refused: int = 0
    first: RegistryError | None = None
    """Why the first of those that were refused was."""

    @property
    def seen(self) -> int:
        """How many rows were dealt with."""
        return self.written + self.refused

    def refuse(self, error: RegistryError) -> None:
        """Count a row that stayed as it was."""
        self.refused += 1
        self.first = self.first or error


@dataclass(frozen=True, slots=True)
class MarkedRows(Generic[RowT]):
    """The marked rows of a list, read as they are now.

    Args:
        marks: Which.
        source: The list that the marks were set in.
        fetch: One row by its key. Raises NotFound.
        held: The rows themselves, once fixed; None: their keys are read before any is written.
    """

    marks: Marks
    source: RowSource[RowT]
    fetch: Callable[[str], Awaitable[RowT]]
    held: Sequence[RowT] | None = None

    async def fixed(self, total: Count | None) -> MarkedRows[RowT]:
        """The same, fixed as they are now, so that what is asked about is what is written.

        Rows marked one by one are fixed by their keys; a list that is too long is left as it is.

        Args:
            total: How long the list is, as far as that is known.

        Raises:
            RegistryError: when the list cannot be read.
        """
        if not self.marks.all_matching or (total is not None and total.value > FIXED_AT_MOST):
            return self
        held: list[RowT] = []
        async for rows in self._matching():
            held += rows
            if len(held) > FIXED_AT_MOST:
                return self
        return replace(self, held=held)

    def count(self, total: Count | None) -> Count:
        """How many they are, of a list with `total` rows."""
        return self.marks.count(total) if self.held is None else Count(len(self.held))

    def describe(self, total: Count | None, noun: str, filter_text: str) -> str:
        """Which they are, in a sentence; see `describe_marks`."""
        if self.held is not None:
            whole = len(self.held) + len(self.marks.keys)
            total = Count(whole) if total is None else replace(total, value=whole, exact=True)
        text = describe_marks(self.marks, total, noun, filter_text)
        if self.marks.all_matching and self.held is None:
            text += f" {noun.capitalize()}s that are added before it begins are written too."
        return text

    async def write(
        self,
        write: Callable[[RowT], Awaitable[None]],
        progress: Callable[[Outcome], None],
    ) -> Outcome:
        """Write every marked row; what cannot be written is counted, not forced.

        Args:
            write: Writes one row.
            progress: Told of the beginning, and of each row that was dealt with.

        Raises:
            RegistryError: when the list itself cannot be read on.
        """
        outcome = Outcome()

        async def attempt(row: RowT) -> None:
            try:
                await write(row)
                outcome.written += 1
            except RegistryError as error:
                outcome.refuse(error)
            progress(outcome)

        progress(outcome)
        async for batch in self._batches(outcome):
            await asyncio.gather(*(attempt(row) for row in batch))
        return outcome

    async def _batches(self, outcome: Outcome) -> AsyncIterator[Sequence[RowT]]:
        if self.held is not None:
            for begin in range(0, len(self.held), AT_ONCE):
                yield self.held[begin : begin + AT_ONCE]
            return
        keys = iter(await self._keys())
        while some := list(islice(keys, AT_ONCE)):
            found = await asyncio.gather(*(self._found(key, outcome) for key in some))
            yield [row for row in found if row is not None]

    async def _found(self, key: str, outcome: Outcome) -> RowT | None:
        try:
            return await self.fetch(key)
        except NotFound as error:
            outcome.refuse(error)
            return None

    async def _keys(self) -> Sequence[str]:
        """All of them before any row is written.

        What is written may leave the list or move in it, and a cursor may count rows.
        """
        if not self.marks.all_matching:
            return sorted(self.marks.keys)
        found: dict[str, None] = {}
        async for rows in self._matching():
            found.update((self.source.key(row), None) for row in rows)
        return list(found)

    async def _matching(self) -> AsyncIterator[Sequence[RowT]]:
        start: Cursor | None = None
        while True:
            page = await self.source.page(PageRequest(start=start, limit=READ_AT_ONCE))
            yield [row for row in page.rows if self.source.key(row) in self.marks]
            if not page.more or not page.cursors:
                return
            start = page.cursors[-1]


def describe_marks(marks: Marks, total: Count | None, noun: str, filter_text: str) -> str:
    """Which rows a question is about, in a sentence.

    >>> describe_marks(Marks(keys=frozenset({"a", "b"})), None, "device", "")
    'Marked: a, b.'
    """
    if not marks.all_matching:
        named = sorted(marks.keys)
        more = len(named) - SAMPLE
        rest = f" and {more:,} more" if more > 0 else ""
        return f"Marked: {', '.join(named[:SAMPLE])}{rest}."
    whole = f"that match the filter “{filter_text}”" if filter_text else "of the list"
    left_out = f", except {plural(len(marks.keys), noun)}" if marks.keys else ""
    about = "" if total is not None and total.exact else " More may be counted while it runs."
    if total is not None and total.of is not None:
        about = f" It holds {total}: the others stay as they are."
    return f"All {noun}s {whole}{left_out}.{about}"
