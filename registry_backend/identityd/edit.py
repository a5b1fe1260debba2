"""One principal of a file's text added, changed or removed; every other byte stays.

Each edit is checked before it is returned: the text is read again with `tomllib`, and the whole
document must be what was meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache

from registry_backend.domain.errors import Fault, Invalid
from registry_backend.identityd.blocks import PRINCIPAL, Block, Layout, cut, ends_in_blank_line
from registry_backend.identityd.changes import change_item, change_sections, differences
from registry_backend.identityd.inline import append_item, remove_item, splice
from registry_backend.identityd.lexer import BYTE_ORDER_MARK
from registry_backend.identityd.values import Table, key_text, same, value_text

_REMEMBERED = 8
"""Texts: an edit asks for the same one several times."""
_DEEPEST = 100
"""Tables and arrays within one another; whoever looks at a document goes down as far."""
_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*(?:[ \t]*\Z)?")


@lru_cache(maxsize=_REMEMBERED)
def parse(text: str) -> Table:
    """Read a configuration file's text as the daemon does; a byte-order mark is allowed.

    The document may be another reader's too, so nobody changes it.

    Raises:
        Invalid: with line and column of the first fault.
    """
    try:
        document = tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"is not TOML: {error}") from None
    except ValueError:  # Python's own, of a number with thousands of digits
        raise Invalid(_of_long_number(text)) from None
    except RecursionError:
        raise Invalid(_TOO_DEEP) from None
    if _is_too_deep(document):
        raise Invalid(_TOO_DEEP)
    return document


_TOO_DEEP = "is not readable: its arrays or tables are nested too deeply"
_LONG_NUMBER = re.compile(r"(?<=[=\[,])(?P<space>\s*)[+-]?[0-9][0-9_]{4000,}")


def _of_long_number(text: str) -> str:
    found = _LONG_NUMBER.search(text)
    if found is None:
        return "is not TOML: it holds a number of thousands of digits"
    start = found.end("space")
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    return (
        f"is not TOML: a number of thousands of digits, where 64 bits are the most "
        f"(at line {line}, column {column})"
    )


def _is_too_deep(document: Table) -> bool:
    """Dotted keys are read without going down, and nest as deep as a file is long."""
    level: list[dict[str, object] | list[object]] = [document]
    for _ in range(_DEEPEST):
        level = [
            below
            for each in level
            for below in (each.values() if isinstance(each, dict) else each)
            if isinstance(below, dict | list)
        ]
        if not level:
            return False
    return True


def principal_tables(document: Mapping[str, object]) -> list[object]:
    """The items of `principal`, whatever they are.

    Raises:
        Invalid: when `principal` is no array.
    """
    found = document.get(PRINCIPAL, [])
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        raise Invalid(
            "has [principal] where [[principal]] is meant",
            hint="Write the header with double brackets.",
        )
    raise Invalid(f"has a principal that is no array of tables but {type(found).__name__}")


def block_text(table: Table, *, line_end: str = "\n") -> str:
    """A `[[principal]]` table in the house layout: one key per line, nested values inline."""
    lines = [f"[[{PRINCIPAL}]]"]
    lines += [f"{key_text(key)} = {value_text(value, field=key)}" for key, value in table.items()]
    return "".join(line + line_end for line in lines)


def add_principal(text: str, table: Table) -> str:
    """Put a principal behind all others of the file, one blank line apart.

    Raises:
        Invalid: when the text is not TOML or the table cannot be written as such.
        Fault: when the result would not be what was meant.
    """
    found = parse(text)
    meant = {**found, PRINCIPAL: [*principal_tables(found), table]}
    layout = cut(text)
    ending = line_end_of(text)
    if layout.array is not None:
        after = append_item(text, layout.array, value_text(table), line_end=ending)
        return _checked(after, meant)
    if text.removeprefix(BYTE_ORDER_MARK) and not text.endswith("\n"):
        text += ending
    if not ends_in_blank_line(text):
        text += ending
    return _checked(text + block_text(table, line_end=ending), meant)


def update_principal(text: str, index: int, table: Table) -> str:
    """Make one principal mean `table`; keys that keep their value keep their bytes.

    Raises:
        Invalid, Fault: as for `add_principal`.
    """
    found = parse(text)
    tables = [*principal_tables(found)]
    before = tables[index]
    if not isinstance(before, dict):
        raise Invalid("is no table, so its keys cannot be edited", hint="Edit the file by hand.")
    for path, old, new in differences(before, table):
        layout = cut(text)
        if layout.array is not None:
            start = layout.array.items[index].start
            text = change_item(text, start, path, old, new, line_end=line_end_of(text))
        else:
            sections = layout.blocks[index].sections
            text = change_sections(text, sections, path, old, new, line_end=line_end_of(text))
    tables[index] = table
    return _checked(text, {**found, PRINCIPAL: tables})


def delete_principal(text: str, index: int) -> str:
    """Remove one principal and the comments that touch it.

    Raises:
        Invalid, Fault: as for `add_principal`.
    """
    found = parse(text)
    tables = principal_tables(found)
    meant = {**found, PRINCIPAL: [*tables[:index], *tables[index + 1 :]]}
    layout = cut(text)
    if layout.array is not None:
        return _checked(remove_item(text, layout.array, index), meant)
    if not meant[PRINCIPAL]:
        del meant[PRINCIPAL]
    return _checked(_without(layout, layout.blocks[index]), meant)


def is_blank(text: str) -> bool:
    """Whether nothing but blank space is left of a file."""
    return not text.removeprefix(BYTE_ORDER_MARK).strip()


def line_end_of(text: str) -> str:
    """The line end of the last whole line; a bare line feed when there is none."""
    last = text.rfind("\n")
    return "\r\n" if last > 0 and text[last - 1] == "\r" else "\n"


def _without(layout: Layout, block: Block) -> str:
    text = layout.text
    for start, end in reversed(block.spans):
        gap = _BLANK_LINES.match(text, end)
        if gap is not None and ends_in_blank_line(text[:start]):
            end = gap.end()  # noqa: PLW2901 (the blank lines behind would double those before)
        text = splice(text, start, end, "")
    return text


def _checked(text: str, meant: Table) -> str:
    try:
        found = parse(text)
    except Invalid:
        found = None
    if found is None or not same(found, meant):
        raise Fault(
            "The edit would have changed more than was asked, so nothing was written.",
            hint="Edit the file by hand: its layout is one that cannot be edited safely.",
        )
    return text
