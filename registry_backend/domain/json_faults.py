"""What is wrong with a text that should be JSON, in our words, whichever parser found it."""

from __future__ import annotations

import json
import re

_WORDS = (
    # what a parser says has       what we say
    ("eof while parsing a string", "a text is not closed by a double quote"),
    ("unterminated string", "a text is not closed by a double quote"),
    ("eof while parsing", "it ends too early: something is missing after the last character"),
    ("trailing comma", "a comma stands before the closing bracket"),
    ("key must be a string", "the name of a member must stand in double quotes"),
    ("expecting property name", "the name of a member must stand in double quotes"),
    ("expected `:`", "a colon is missing after the name of a member"),
    ("expecting ':'", "a colon is missing after the name of a member"),
    ("expected `,`", "a comma or the closing bracket is missing"),
    ("expecting ','", "a comma or the closing bracket is missing"),
    ("trailing characters", "more stands after its end"),
    ("extra data", "more stands after its end"),
    ("control character", "a text holds a line break or another control character"),
    ("hex escape", "half a character: an escape \\ud800 to \\udfff without its pair"),
    ("escape", "a backslash in a text is followed by what cannot follow it"),
    ("unicode code point", "a text is not UTF-8"),
    ("number out of range", "a number is too large"),
    ("invalid number", "a number is not written as JSON has it"),
    ("recursion limit", "it is nested too deeply"),
    ("expected ident", "a word stands there that JSON does not know; texts need double quotes"),
    ("expected value", "a value is missing, or not in double quotes"),
    ("expecting value", "a value is missing, or not in double quotes"),
)
"""The first that fits counts."""
_PLACE = re.compile(r" at line (\d+) column (\d+)$")
_UNKNOWN = "it cannot be read"


def json_fault(error: ValueError, *, one_line: bool = False) -> str:
    """What is wrong and where, to be read after `is not JSON: `; never quotes the text.

    Args:
        error: What `json` or pydantic's reader raised.
        one_line: Leave out the line, which the caller tells.

    >>> json_fault(ValueError("key must be a string at line 1 column 2"))
    'the name of a member must stand in double quotes, at line 1, column 2'
    """
    if isinstance(error, json.JSONDecodeError):
        said, line, column = error.msg, error.lineno, error.colno
    else:
        said = str(error)
        place = _PLACE.search(said)
        if place is None:
            return words_for(said)
        line, column = int(place[1]), int(place[2])
    where = f"column {column}" if one_line else f"line {line}, column {column}"
    return f"{words_for(said)}, at {where}"


def words_for(said: str) -> str:
    """Our words for what a parser said."""
    lowered = said.lower()
    return next((ours for theirs, ours in _WORDS if theirs in lowered), _UNKNOWN)
