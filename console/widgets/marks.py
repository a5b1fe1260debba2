"""Which rows of a list are marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from registry_backend.domain.query import Count


@dataclass(frozen=True, slots=True)
class Marks:
    """Marked rows by key, or all rows of the list except some.

    Args:
        all_matching: Whether `keys` are the exceptions.
        keys: The marked keys, or those left out.
    """

    all_matching: bool = False
    keys: frozenset[str] = frozenset()

    def __contains__(self, key: object) -> bool:
        return (key in self.keys) != self.all_matching

    def __bool__(self) -> bool:
        return self.all_matching or bool(self.keys)

    def toggled(self, key: str) -> Marks:
        """The same with one row changed over."""
        return Marks(self.all_matching, self.keys ^ {key})

    def with_marked(self, keys: Iterable[str]) -> Marks:
        """The same with all these rows marked."""
        wanted = frozenset(keys)
        held = self.keys - wanted if self.all_matching else self.keys | wanted
        return Marks(self.all_matching, held)

    def count(self, total: Count | None) -> Count:
        """How many rows are marked, of a list with `total` rows."""
        if not self.all_matching:
            return Count(len(self.keys))
        if total is None:
            return Count(0, exact=False)
        return Count(max(0, total.value - len(self.keys)), exact=total.exact)
