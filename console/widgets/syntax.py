"""Colours for JSON and TOML by pattern, one line at a time. Pure.

No parser library: the known one can bring the whole process down. A line is enough for both
formats, except for TOML's multi-line strings, whose state is carried from line to line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Format = Literal["json", "toml"]

TOKENS = ("key", "string", "number", "constant", "comment", "heading")
"""Kinds of token, each a component style of the editor."""


class Token(NamedTuple):
    """Characters of a line, `end` exclusive, and what they are."""

    start: int
    end: int
    kind: str


_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*+"(?=\s*:))'
    r'|(?P<string>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<constant>\b(?:true|false|null)\b)"
)
_TOML = re.compile(
    r"(?P<comment>\#.*)"
    r"|(?P<heading>^\s*\[\[?[^\]\#]*\]\]?)"
    r"|(?P<open>\"{3}|'{3})"
    r"|(?P<key>(?:(?<=[{,])|^)\s*(?:[\w.-]|\"(?:[^\"\\]|\\.)*+\"|'[^']*')+(?=\s*=))"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*+\"?|'[^']*'?)"
    r"|(?P<constant>\b(?:true|false|inf|nan)\b)"
    r"|(?P<number>[+-]?\b\d[\w:.+-]*)"
)
_LONGEST_LINE = 2000


def highlight(lines: Sequence[str], form: Format) -> list[list[Token]]:
    """The tokens of every line; very long lines are left plain."""
    fence: str | None = None
    found: list[list[Token]] = []
    for line in lines:
        if len(line) > _LONGEST_LINE:
            found.append([])
        elif form == "json":
            found.append([_token(match) for match in _JSON.finditer(line)])
        else:
            tokens, fence = _toml_line(line, fence)
            found.append(tokens)
    return found


def _toml_line(line: str, fence: str | None) -> tuple[list[Token], str | None]:
    tokens: list[Token] = []
    start = 0
    if fence is not None:
        end = line.find(fence)
        if end < 0:
            return [Token(0, len(line), "string")], fence
        start = end + len(fence)
        tokens.append(Token(0, start, "string"))
    for token in _toml_tokens(line, start):
        if token.kind == "open":
            return [*tokens, Token(token.start, len(line), "string")], line[token.start :][:3]
        tokens.append(token)
    return tokens, None


def _toml_tokens(line: str, start: int) -> Iterator[Token]:
    while (match := _TOML.search(line, start)) is not None:
        start = match.end()
        token = _token(match)
        if token.kind == "open":
            close = line.find(match.group(), match.end())
            if close >= 0:
                start = close + 3
                token = Token(token.start, start, "string")
        yield token


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or ""
    text = match.group()
    return Token(match.start() + len(text) - len(text.lstrip()), match.end(), kind)
