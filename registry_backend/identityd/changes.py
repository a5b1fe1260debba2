"""Single keys of one table changed where they stand: in sections, dotted keys or inline tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from registry_backend.identityd.blocks import Section
from registry_backend.identityd.inline import append_item, edit_array, remove_item, splice
from registry_backend.identityd.lexer import Path, Statement, container_at
from registry_backend.identityd.values import Table, key_text, same, value_text

_HEADER_FOLLOWS = re.compile(r"(?:[ \t]*#[^\n]*\n)*[ \t]*\[")


class Absent:
    """The value of a key that is not there."""


ABSENT = Absent()

Difference = tuple[Path, object, object]
"""A path, what it holds and what it shall hold; ABSENT for nothing."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A key in a section, with its path from the principal down."""

    path: Path
    section: Section
    entry: Statement


def differences(old: Table, new: Table, path: Path = ()) -> Iterator[Difference]:
    """The fewest changes that make one table the other, in the order of the keys."""
    for key in [*old, *(key for key in new if key not in old)]:
        left, right = old.get(key, ABSENT), new.get(key, ABSENT)
        if same(left, right):
            continue
        if isinstance(left, dict) and isinstance(right, dict) and right:
            yield from differences(left, right, (*path, key))
        else:
            yield (*path, key), left, right


def change_sections(
    text: str,
    sections: Sequence[Section],
    path: Path,
    old: object,
    new: object,
    *,
    line_end: str,
) -> str:
    """One difference applied to a principal written with headers; the text that results."""
    places = [
        _Place((*section.path, *entry.key), section, entry)
        for section in sections
        for entry in section.entries
    ]
    for place in places:
        entry = place.entry
        if place.path == path and not isinstance(new, Absent):
            return _replace(text, entry.value_start, entry.value_end, old, new, line_end)
        if len(place.path) < len(path) and path[: len(place.path)] == place.path:
            below = path[len(place.path) :]
            return change_item(text, entry.value_start, below, old, new, line_end=line_end)
    if not isinstance(new, Absent):
        # Inserted ahead of the removal: the old lines may be the only anchor there is.
        before = len(text)
        text, at = _insert(text, sections, places, path, new, line_end)
        grown = len(text) - before
        removals = [
            (start + grown, end + grown) if start >= at else (start, end)
            for start, end in _lines_below(sections, places, path)
        ]
    else:
        removals = _lines_below(sections, places, path)
    for start, end in sorted(removals, reverse=True):
        text = _without_lines(text, start, end, line_end)
    return text


def change_item(
    text: str, start: int, path: Path, old: object, new: object, *, line_end: str
) -> str:
    """One difference applied inside the inline table whose brace stands at `start`."""
    container = container_at(text, start)
    below = []
    for index, item in enumerate(container.items):
        if item.key == path and not isinstance(new, Absent):
            return _replace(text, item.value_start, item.end, old, new, line_end)
        if len(item.key) < len(path) and path[: len(item.key)] == item.key:
            inner = path[len(item.key) :]
            return change_item(text, item.value_start, inner, old, new, line_end=line_end)
        if item.key[: len(path)] == path:
            below.append(index)
    for index in reversed(below):
        text = remove_item(text, container_at(text, start), index)
    if isinstance(new, Absent):
        return text
    rendered = f"{_dotted(path)} = {value_text(new, field='.'.join(path))}"
    return append_item(text, container_at(text, start), rendered, line_end=line_end)


def _replace(text: str, start: int, end: int, old: object, new: object, line_end: str) -> str:
    if isinstance(old, list) and isinstance(new, list) and "\n" in text[start:end]:
        rendered = [value_text(value) for value in new]
        return edit_array(text, start, old, new, rendered, line_end)
    return splice(text, start, end, value_text(new))


def _without_lines(text: str, start: int, end: int, line_end: str) -> str:
    """Lines taken out; a comment left above a header keeps its distance, lest it belong to that."""
    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
    strays = above.lstrip(" \t").startswith("#") and _HEADER_FOLLOWS.match(text, end)
    return splice(text, start, end, line_end if strays else "")


def _lines_below(
    sections: Sequence[Section], places: Sequence[_Place], path: Path
) -> list[tuple[int, int]]:
    """The lines that hold a value at the path or below it, headers too; comments stay."""
    lines = [
        (place.entry.start, place.entry.end) for place in places if place.path[: len(path)] == path
    ]
    lines += [
        (section.header.start, section.header.end)
        for section in sections
        if section.path[: len(path)] == path
    ]
    return lines


def _insert(
    text: str,
    sections: Sequence[Section],
    places: Sequence[_Place],
    path: Path,
    value: object,
    line_end: str,
) -> tuple[str, int]:
    """A new key behind the last one of its table, and where it was put."""
    section, anchor = _neighbour(sections, places, path)
    key = _dotted(path[len(section.path) :])
    rendered = value_text(value, field=".".join(path))
    indent, equals = _habit(text, section, anchor)
    line = f"{indent}{key}{equals}{rendered}"
    if text[anchor.end - 1] == "\n":
        ending = "\r\n" if text[anchor.start : anchor.end].endswith("\r\n") else "\n"
        return splice(text, anchor.end, anchor.end, line + ending), anchor.end
    return splice(text, anchor.end, anchor.end, line_end + line), anchor.end


def _neighbour(
    sections: Sequence[Section], places: Sequence[_Place], path: Path
) -> tuple[Section, Statement]:
    """The section that takes a new key, and the statement it shall follow."""
    parent = path[:-1]
    for section in sections:
        if section.path == parent:
            return section, section.entries[-1] if section.entries else section.header
    siblings = [
        place
        for place in places
        if place.path[: len(parent)] == parent and len(place.section.path) < len(parent)
    ]
    if siblings:
        return siblings[-1].section, siblings[-1].entry
    first = sections[0]
    return first, first.entries[-1] if first.entries else first.header


def _habit(text: str, section: Section, anchor: Statement) -> tuple[str, str]:
    """The indent of a section's lines, and how its keys are joined to their values."""
    line = text[anchor.start : anchor.end]
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    if anchor is section.header:
        return indent, " = "
    equals = text[anchor.key_end : anchor.value_start]
    return indent, "=" if equals == "=" else " = "


def _dotted(path: Path) -> str:
    return ".".join(key_text(key) for key in path)
