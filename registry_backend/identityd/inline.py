"""Items of arrays and inline tables, added and removed without disturbing their neighbours.

Comments are found in arrays only: TOML 1.0 allows none between the braces of an inline table. An
item on lines of its own goes with the comments that touch it; the others go alone.
"""

from __future__ import annotations

from registry_backend.identityd.lexer import Container, Item, container_at
from registry_backend.identityd.values import same


def splice(text: str, start: int, end: int, replacement: str) -> str:
    """The text with one stretch replaced."""
    return text[:start] + replacement + text[end:]


def append_item(text: str, container: Container, rendered: str, *, line_end: str) -> str:
    """Put one more item behind the last, laid out as the last one is."""
    if not container.items:
        return _append_first(text, container, rendered)
    last = container.items[-1]
    behind = (last.end if last.comma is None else last.comma) + (last.comma is not None)
    own_lines = _own_lines(text, container, last, behind)
    if own_lines is None:
        return splice(text, last.end, last.end, f", {rendered}")
    start, end = own_lines
    indent = text[start : last.start]
    comma = "," if last.comma is not None else ""
    grown = splice(text, end, end, f"{indent}{rendered}{comma}{line_end}")
    return grown if comma else splice(grown, last.end, last.end, ",")


def remove_item(text: str, container: Container, index: int) -> str:
    """Take one item out, with its comma."""
    item = container.items[index]
    behind = item.end if item.comma is None else item.comma + 1
    own_lines = _own_lines(text, container, item, behind)
    if own_lines is not None:
        start, end = own_lines
        return splice(text, _with_comments_above(text, container, start), end, "")
    following = container.items[index + 1].start if index + 1 < len(container.items) else None
    if following is not None and _is_gap(text[behind:following]):
        return splice(text, item.start, following, "")
    if following is None and index:
        comma = container.items[index - 1].comma
        if comma is not None and _is_gap(text[comma + 1 : item.start]):
            if item.comma is not None:
                return splice(text, comma + 1, behind, "")
            return splice(text, comma, item.end, "")
    return splice(text, item.start, behind, "")


def edit_array(
    text: str, start: int, old: list[object], new: list[object], rendered: list[str], line_end: str
) -> str:
    """Turn an array of single values into another, item by item, so that its comments stay.

    Args:
        text: The whole text.
        start: Where the array's opening bracket stands.
        old: Its values.
        new: The values it shall have.
        rendered: Those values as TOML text.
        line_end: For lines that are added.
    """
    kept = 0
    gone = []
    for index, value in enumerate(old):
        if kept < len(new) and same(new[kept], value):
            kept += 1
        else:
            gone.append(index)
    for item in rendered[kept:]:
        text = append_item(text, container_at(text, start), item, line_end=line_end)
    for index in reversed(gone):
        text = remove_item(text, container_at(text, start), index)
    return text


def _append_first(text: str, container: Container, rendered: str) -> str:
    inside = container.start + 1
    if not _is_gap(text[inside : container.close]):
        return splice(text, inside, inside, rendered)
    padded = f" {rendered} " if text[container.start] == "{" else rendered
    return splice(text, inside, container.close, padded)


def _own_lines(text: str, container: Container, item: Item, behind: int) -> tuple[int, int] | None:
    """The lines of an item that shares them with nothing but a comment."""
    start = text.rfind("\n", 0, item.start) + 1
    end = text.find("\n", behind) + 1
    if start <= container.start or not 0 < end <= container.close:
        return None
    rest = text[behind:end].strip()
    alone = not text[start : item.start].strip() and (not rest or rest.startswith("#"))
    return (start, end) if alone else None


def _with_comments_above(text: str, container: Container, start: int) -> int:
    while True:
        above = text.rfind("\n", 0, start - 1) + 1
        if above <= container.start or not text[above:start].lstrip(" \t").startswith("#"):
            return start
        start = above


def _is_gap(text: str) -> bool:
    return not text.strip(" \t")
