"""Where the keys of a configuration file stand, by line and column."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from registry_backend.identityd.lexer import (
    BYTE_ORDER_MARK,
    Kind,
    Statement,
    container_at,
    line_starts,
)

_HEADER, _ENTRY = Kind.HEADER, Kind.ENTRY

KeyPath = tuple[str | int, ...]
"""Keys and, within arrays, places counted from 0: `("principal", 2, "uid")`."""


class Places:
    """The positions of one text that `tomllib` has read; looked up when first asked for."""

    def __init__(self, text: str, found: tuple[Statement, ...]) -> None:
        self._text = text
        self._found = found

    def of(self, path: KeyPath) -> tuple[int, int]:
        """Line and column, from 1, of a key; of the nearest thing around it when it is missing."""
        for length in range(len(path), 0, -1):
            if (offset := self._offset(path[:length])) is not None:
                return self._line_and_column(offset)
        return 1, 1

    def holds(self, path: KeyPath) -> bool:
        """Whether the text has that key."""
        return self._offset(path) is not None

    def _offset(self, path: KeyPath) -> int | None:
        if path in self._known:
            return self._known[path]
        for length in range(len(path) - 1, 0, -1):
            value = self._values.get(path[:length])
            if value is not None:
                return self._inside(value, path[length:])
        return None

    def _inside(self, start: int, path: KeyPath) -> int | None:
        """The offset of a path within the array or inline table that begins at `start`."""
        if self._text[start] not in "[{":
            return None
        for index, item in enumerate(container_at(self._text, start).items):
            key: KeyPath = item.key or (index,)
            if path[: len(key)] == key:
                if len(path) == len(key):
                    return item.start
                return self._inside(item.value_start, path[len(key) :])
            if key[: len(path)] == path:
                return item.start
        return None

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        start = self._line_starts[line - 1]
        mark = len(BYTE_ORDER_MARK) if line == 1 and self._text.startswith(BYTE_ORDER_MARK) else 0
        return line, max(offset - start - mark, 0) + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return line_starts(self._text)

    @property
    def _known(self) -> dict[KeyPath, int]:
        return self._index[0]

    @property
    def _values(self) -> dict[KeyPath, int]:
        return self._index[1]

    @cached_property
    def _index(self) -> tuple[dict[KeyPath, int], dict[KeyPath, int]]:
        """Where keys and headers stand, and where the values of keys begin."""
        known: dict[KeyPath, int] = {}
        values: dict[KeyPath, int] = {}
        counts: dict[KeyPath, int] = {}
        table: KeyPath = ()
        for statement in self._found:
            if statement.kind is _HEADER:
                table = _table_path(statement.key, counts, is_array=statement.is_array)
                _note(known, table, self._first(statement.start))
            elif statement.kind is _ENTRY:
                path = table + statement.key
                if path not in known:
                    _note(known, path, self._first(statement.start))
                values[path] = statement.value_start
        return known, values

    def _first(self, start: int) -> int:
        while self._text[start] in " \t":
            start += 1
        return start


def _table_path(key: tuple[str, ...], counts: dict[KeyPath, int], *, is_array: bool) -> KeyPath:
    """A header's full path, with the place of each array of tables it goes through."""
    if is_array and len(key) == 1:
        counts[key] = count = counts.get(key, -1) + 1
        return (*key, count)
    path: KeyPath = ()
    for at, part in enumerate(key):
        path = (*path, part)
        last = at == len(key) - 1
        if last and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _note(known: dict[KeyPath, int], path: KeyPath, offset: int) -> None:
    """Remember a place, and that of every table it is the first mention of."""
    while path and path not in known:
        known[path] = offset
        path = path[:-1]
