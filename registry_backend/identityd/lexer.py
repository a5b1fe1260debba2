"""Where things stand in the text of a TOML file: statements, and items of arrays and inline tables.

The text has been accepted by `tomllib` before it comes here, so nothing is validated again: the
lexer only says where a statement, a key or a value begins and ends, down to the byte.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

BYTE_ORDER_MARK = "\ufeff"

Path = tuple[str, ...]
"""Keys from the root, or from a table, down to a value."""

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{},=\n]"
    r"|[ \t\r]+"
    r"""|[^"'\#\[\]{},=\n \t\r]+""",
    re.DOTALL,
)
_LINE_END = re.compile("\n")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_ENTRY = re.compile(
    r"[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*"
    r"""("[^"\\\n]*"(?!")"""
    r"|[A-Za-z0-9_.:+-]+"
    r"""|\[[^"'\[\]{}#\n]*(?:"[^"\\\n]*"[^"'\[\]{}#\n]*)*\])"""
    r"[ \t]*(?:\#[^\n]*|\r)?(?:\n|\Z)"
)
"""What nearly every line is: found many times faster than by its tokens."""
_PLAIN_HEADER = re.compile(r"[ \t]*(\[\[?)([A-Za-z0-9_-]+)\](\]?)[ \t]*(?:\#[^\n]*|\r)?(?:\n|\Z)")
_NO_CODE = re.compile(r"[ \t\r]*(\#[^\n]*)?(?:\n|\Z)")
"""A comment or a blank line."""
_SINGLE = False
_OPENING = frozenset("[{")
_CLOSING = frozenset("]}")


class Kind(Enum):
    """What a statement is."""

    BLANK = "blank"
    COMMENT = "comment"
    HEADER = "header"
    ENTRY = "entry"


_BLANK, _COMMENT, _HEADER, _ENTRY = Kind.BLANK, Kind.COMMENT, Kind.HEADER, Kind.ENTRY
# Looked up once: by its name, a member takes longer than the rest of a plain line.


class Statement(NamedTuple):
    """One statement with its line end; an entry may span many lines.

    A tuple, since a file may hold tens of thousands.
    """

    kind: Kind
    start: int
    end: int
    key: Path = ()
    """Of a header: the table's full path. Of an entry: the path within its table."""
    is_array: bool = False
    """Whether a header has double brackets."""
    key_end: int = 0
    value_start: int = 0
    value_end: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an array, or one `key = value` of an inline table."""

    start: int
    end: int
    comma: int | None
    """Where the comma after it stands."""
    key: Path = ()
    value_start: int = 0


@dataclass(frozen=True, slots=True)
class Container:
    """An array or inline table within brackets."""

    start: int
    """Where the opening bracket stands."""
    close: int
    """Where the closing bracket stands."""
    items: tuple[Item, ...]


def statements(text: str) -> tuple[Statement, ...]:
    """Every statement of a valid TOML text; together they cover all but a byte-order mark."""
    found = []
    position = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    while position < len(text):
        statement = _statement_at(text, position)
        found.append(statement)
        position = statement.end
    return tuple(found)


def container_at(text: str, start: int) -> Container:
    """The array or inline table whose opening bracket stands at `start`."""
    is_table = text[start] == "{"
    items: list[Item] = []
    first = last = equals = None
    depth = 0
    for at, piece in _tokens(text, start + 1):
        after = at + len(piece)
        if depth == 0 and (piece == "," or piece in _CLOSING):
            if first is not None and last is not None:
                comma = at if piece == "," else None
                items.append(_item(text, first, last, comma, equals if is_table else None))
            first = last = equals = None
            if piece in _CLOSING:
                return Container(start, at, tuple(items))
            continue
        if piece[0] in "#\n" or piece.isspace():
            continue
        depth += (piece in _OPENING) - (piece in _CLOSING)
        if piece == "=" and depth == 0 and equals is None:
            equals = at
        first = at if first is None else first
        last = after
    raise ValueError("the bracket is never closed")


def line_starts(text: str) -> list[int]:
    """Where each line begins."""
    return [0, *(found.end() for found in _LINE_END.finditer(text))]


def key_path(text: str) -> Path:
    """The parts of a key as written: bare, quoted or dotted.

    >>> key_path('localid . "type"')
    ('localid', 'type')
    """
    stripped = text.strip()
    if _BARE_KEY.fullmatch(stripped):
        return (stripped,)
    level = tomllib.loads(f"{stripped} = 0")
    path: list[str] = []
    while True:
        ((key, below),) = level.items()
        path.append(key)
        if below == 0:
            return tuple(path)
        level = below


def _tokens(text: str, position: int) -> Iterator[tuple[int, str]]:
    while found := _TOKEN.match(text, position):
        yield position, found[0]
        position = found.end()


def _item(text: str, start: int, end: int, comma: int | None, equals: int | None) -> Item:
    if equals is None:
        return Item(start, end, comma, value_start=start)
    value_start = equals + 1 + _blanks(text, equals + 1)
    return Item(start, end, comma, key_path(text[start:equals]), value_start)


def _statement_at(text: str, start: int) -> Statement:
    if plain := _PLAIN_ENTRY.match(text, start):
        key_end, (value_start, value_end) = plain.end(1), plain.span(2)
        return Statement(
            _ENTRY, start, plain.end(), (plain[1],), _SINGLE, key_end, value_start, value_end
        )
    if found := _NO_CODE.match(text, start):
        return Statement(_COMMENT if found[1] else _BLANK, start, found.end())
    if found := _PLAIN_HEADER.match(text, start):
        return Statement(_HEADER, start, found.end(), (found[2],), bool(found[3]))
    first = start + _blanks(text, start)
    return _header(text, start, first) if text[first] == "[" else _entry(text, start, first)


def _header(text: str, start: int, first: int) -> Statement:
    is_array = text.startswith("[[", first)
    key_start = first + (2 if is_array else 1)
    key_end = next(at for at, piece in _tokens(text, key_start) if piece == "]")
    key = key_path(text[key_start:key_end])
    return Statement(Kind.HEADER, start, _line_end(text, key_end), key=key, is_array=is_array)


def _entry(text: str, start: int, first: int) -> Statement:
    equals = next(at for at, piece in _tokens(text, first) if piece == "=")
    value_start = value_end = equals + 1 + _blanks(text, equals + 1)
    depth = 0
    for at, piece in _tokens(text, value_start):
        if depth == 0 and piece[0] in "#\n":
            break
        depth += (piece in _OPENING) - (piece in _CLOSING)
        if not piece.isspace():
            value_end = at + len(piece)
    return Statement(
        Kind.ENTRY,
        start,
        _line_end(text, value_end),
        key=key_path(text[first:equals]),
        key_end=first + len(text[first:equals].rstrip()),
        value_start=value_start,
        value_end=value_end,
    )


def _blanks(text: str, position: int) -> int:
    end = position
    while end < len(text) and text[end] in " \t\r":
        end += 1
    return end - position


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1
