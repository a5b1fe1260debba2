"""A configuration file cut at its headers, so that one principal can change and the rest cannot.

A comment block that touches a header belongs to that header's block. A comment behind a blank line
stays with what stands before it. A block may be in several pieces, since TOML lets a sub-table such
as `[principal.localid]` stand anywhere behind its principal.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from registry_backend.identityd.lexer import (
    BYTE_ORDER_MARK,
    Container,
    Kind,
    Path,
    Statement,
    container_at,
    line_starts,
    statements,
)

PRINCIPAL = "principal"
_REMEMBERED = 8
"""Texts: an edit asks for the same one several times."""
_HEADER, _ENTRY, _COMMENT = Kind.HEADER, Kind.ENTRY, Kind.COMMENT


class Section(NamedTuple):
    """A header and what follows it up to the next one's comments."""

    path: Path
    """Of its table, from the principal down: empty for `[[principal]]` itself."""
    header: Statement
    entries: tuple[Statement, ...]


class Block(NamedTuple):
    """Where one principal stands in the text."""

    line: int
    """Of its header, or of its opening brace, counted from 1."""
    spans: tuple[tuple[int, int], ...]
    """Its pieces: from the comments above a header to the last comment that touches its keys."""
    sections: tuple[Section, ...] = ()
    """Empty when the principal is an item of `principal = [ … ]`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The text of a file and where its principals stand."""

    text: str
    blocks: tuple[Block, ...]
    array: Container | None = None
    """The brackets of `principal = [ … ]`, when the file is written that way."""
    found: tuple[Statement, ...] = ()
    """Every statement of the text."""

    def text_of(self, block: Block) -> str:
        """The principal as it stands, comments included."""
        if len(block.spans) == 1:
            start, end = block.spans[0]
            return self.text[start:end]
        return "".join(self.text[start:end] for start, end in block.spans)


@dataclass(slots=True)
class _Piece:
    """A header with its statements, before it is known which principal owns it."""

    first: int
    """Index of the first statement: a comment that touches the header, or the header."""
    header: int
    """Index of the header among the statements."""
    end: int = 0
    """Index behind the last statement."""


@dataclass(slots=True)
class _Draft:
    line: int
    spans: list[tuple[int, int]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)


@lru_cache(maxsize=_REMEMBERED)
def cut(text: str) -> Layout:
    """Find the principals of a file that `tomllib` has read.

    A table `[principal]` in single brackets is no principal and gives no block.
    """
    found = statements(text)
    lines = line_starts(text)
    array = _array(text, found)
    if array is not None:
        items = [
            Block(bisect_right(lines, item.start), ((item.start, item.end),))
            for item in array.items
        ]
        return Layout(text, tuple(items), array, found)
    drafts: list[_Draft] = []
    owned_before = False
    for piece in _pieces(found):
        header = found[piece.header]
        if header.key[0] != PRINCIPAL:
            owned_before = False
            continue
        if header.is_array and len(header.key) == 1:
            drafts.append(_Draft(bisect_right(lines, header.start)))
            owned_before = False
        if drafts:
            _extend(drafts[-1], found, piece, joined=owned_before)
            owned_before = True
    blocks = [Block(draft.line, tuple(draft.spans), tuple(draft.sections)) for draft in drafts]
    return Layout(text, tuple(blocks), None, found)


def ends_in_blank_line(text: str) -> bool:
    """Whether a new table may follow without another blank line."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not text:
        return True
    return text.endswith("\n") and not text[text.rfind("\n", 0, -1) + 1 :].strip()


def _array(text: str, found: tuple[Statement, ...]) -> Container | None:
    for statement in found:
        if statement.kind is _HEADER:
            return None
        if statement.key == (PRINCIPAL,) and text[statement.value_start] == "[":
            return container_at(text, statement.value_start)
    return None


def _pieces(found: tuple[Statement, ...]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for index, statement in enumerate(found):
        if statement.kind is not _HEADER:
            continue
        first = index
        while first and found[first - 1].kind is _COMMENT:
            first -= 1
        if pieces:
            pieces[-1].end = first
        pieces.append(_Piece(first, index))
    if pieces:
        pieces[-1].end = len(found)
    return pieces


def _extend(draft: _Draft, found: tuple[Statement, ...], piece: _Piece, *, joined: bool) -> None:
    """Give a principal one more piece; pieces that follow each other become one span."""
    header = found[piece.header]
    entries = [at for at in range(piece.header, piece.end) if found[at].kind is _ENTRY]
    last = entries[-1] if entries else piece.header
    while last + 1 < piece.end and found[last + 1].kind is _COMMENT:
        last += 1
    start = found[piece.first].start
    if joined:
        start = draft.spans.pop()[0]
    draft.spans.append((start, found[last].end))
    draft.sections.append(Section(header.key[1:], header, tuple(found[at] for at in entries)))
