"""A detail as lines of a given width: labels in one column, values wrapped beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, get_character_cell_size

from console.render.detail import Line, Section
from console.render.text import GLUE, fit, sanitise

Run = tuple[str, str]
"""Text and its tone: `heading`, `label`, `value`, or a tone of a value."""

GAP = 2
"""Cells between label and value."""
LABEL_WIDTH = 16
"""The most a label takes; a longer one is cut."""
LEAST_VALUE = 12
"""Cells a value needs beside its label; with less it stands below."""
_JOINTS = frozenset("-_/.,;:=&?@+|")
"""A long word is broken behind one of these."""


def detail_lines(sections: Sequence[Section], width: int) -> list[list[Run]]:
    """All lines of the sections, a blank one between them; nothing is wider than `width` cells."""
    labels = [cell_len(line.label) for section in sections for line in section.lines]
    column = min(LABEL_WIDTH, max(labels, default=0))
    lines: list[list[Run]] = []
    for index, section in enumerate(sections):
        if index:
            lines.append([])
        lines += [[(part, "heading")] for part in wrapped(sanitise(section.title), width)]
        for line in section.lines:
            lines += _labelled(line, column, width)
        if section.text:
            for text in section.text.split("\n"):
                lines += [[(part, "value")] for part in wrapped(sanitise(text.rstrip("\r")), width)]
    return lines


def _labelled(line: Line, column: int, width: int) -> Iterator[list[Run]]:
    tone = line.tone or "value"
    name, value = sanitise(line.label), sanitise(line.value)
    room = width - column - GAP
    if room < LEAST_VALUE:
        yield [(fit(name, min(column, width)).rstrip(), "label")]
        for part in wrapped(value, width):
            yield [(part, tone)]
        return
    label = fit(name, column) + " " * GAP
    for part in wrapped(value, room):
        yield [(label, "label"), (part, tone)]
        label = " " * (column + GAP)


def wrapped(text: str, width: int) -> list[str]:
    """The text in pieces of at most `width` cells, broken at a blank where there is one.

    A word too long for a line is broken behind its last hyphen, slash or the like, so that its
    parts can be read. Blanks at the beginning of the text stay: they may mean something, as in
    TOML.

    >>> wrapped("the tide gauge", 9), wrapped("hashed-password", 14)
    (['the tide', 'gauge'], ['hashed-', 'password'])
    """
    width = max(1, width)
    pieces = []
    while cell_len(text) > width:
        end = _fitting(text, width)
        blank = text.rfind(" ", 1, end + 1)
        if blank > 0 and text[:blank].strip():
            pieces.append(text[:blank].rstrip(" "))
            text = text[blank + 1 :].lstrip(" ")
        else:
            end = _joint(text, end)
            pieces.append(text[:end])
            text = text[end:]
    return [piece.replace(GLUE, " ") for piece in (*pieces, text)]


def _joint(text: str, end: int) -> int:
    """Where to break a word that has room for `end` characters; not so early that it is ragged."""
    return next((at for at in range(end, end // 3, -1) if text[at - 1] in _JOINTS), end)


def hanging(text: str, *, indent: int, width: int) -> str:
    r"""The text for a place `indent` cells from the left of `width`: further lines begin there too.

    >>> hanging("back when it is made again", indent=4, width=18)
    'back when it\n    is made again'
    """
    room = max(LEAST_VALUE, width - indent)
    return ("\n" + " " * indent).join(wrapped(text, room))


def _fitting(text: str, width: int) -> int:
    """How many characters fit into `width` cells; at least one."""
    if text.isascii():
        return width
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return max(1, index)
    return len(text)
