"""Files laid over each other as the daemon does, with the origin of each value (identityd 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.values import Table


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value of the merged configuration comes from."""

    document: int
    """Which of the documents, counted from 0."""
    path: KeyPath
    """Its path in that document."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What the daemon reads its settings from."""

    table: Table = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> Origin | None:
        """Where a value comes from; for one that is missing, where the thing around it does."""
        for length in range(len(path), 0, -1):
            found = self.origins.get(path[:length])
            if found is not None:
                return Origin(found.document, (*found.path, *path[length:]))
        return None


def merge(documents: Iterable[Table]) -> Merged:
    """Documents laid over each other: tables merge, arrays append, the rest is replaced."""
    merged = Merged()
    for number, document in enumerate(documents):
        _lay_over(merged, merged.table, document, (), number)
    return merged


def _lay_over(merged: Merged, below: Table, above: Table, path: KeyPath, number: int) -> None:
    for key, value in above.items():
        here = (*path, key)
        present = below.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _lay_over(merged, present, value, here, number)
        elif isinstance(present, list) and isinstance(value, list):
            _append(merged, present, value, here, number)
        else:
            if isinstance(present, dict | list):
                _forget(merged, here)
            merged.origins[here] = Origin(number, here)
            if isinstance(value, dict):
                below[key] = {}
                _lay_over(merged, below[key], value, here, number)
            elif isinstance(value, list):
                below[key] = []
                _append(merged, below[key], value, here, number)
            else:
                below[key] = value


def _append(
    merged: Merged, present: list[object], more: Sequence[object], path: KeyPath, number: int
) -> None:
    for index, item in enumerate(more):
        merged.origins[(*path, len(present))] = Origin(number, (*path, index))
        present.append(item)


def _forget(merged: Merged, path: KeyPath) -> None:
    for known in [known for known in merged.origins if known[: len(path)] == path]:
        del merged.origins[known]
