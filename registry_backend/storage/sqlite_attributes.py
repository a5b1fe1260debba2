"""A condition on any member of a JSON document as SQL. Names and values are always bound."""

from __future__ import annotations

import re
from typing import NamedTuple

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter
from registry_backend.storage.paging import Parameter, successor

_PLAIN = re.compile(r'[^"\\\x00-\x1f\x7f]+')
"""Text that JSON writes as it is: safe in a path, and found in a document without parsing it."""
_LONGEST_PATTERN = 4096
"""SQLite refuses patterns that are much longer."""
_WILDCARD = re.compile(r"[*?]")


class Condition(NamedTuple):
    """SQL and what is bound to it."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


def attribute_condition(document: str, attribute: AttributeFilter) -> Condition:
    """Whether the member is the wanted value, or a list that holds it. Objects never match.

    Strings compare exactly, or by the wildcards `*` and `?`; numbers by value; null never matches.
    Where the filter names a text that fits as well, that text does.

    Raises:
        Invalid: for a pattern that is too long.
    """
    path = json_path(attribute.path)
    if path is None:
        return _by_steps(document, attribute)
    hint = _hint(document, attribute)
    match = _match("e", attribute)
    sql = f"""{hint.sql} AND json_type({document}, ?) <> 'object'
        AND EXISTS (SELECT 1 FROM json_each({document}, ?) AS e WHERE {match.sql})"""  # noqa: S608 - bound
    return Condition(sql, (*hint.parameters, path, path, *match.parameters))


def attribute_value(document: str, path: tuple[str, ...]) -> Condition:
    """The member's value, to sort by; NULL where there is none."""
    plain = json_path(path)
    if plain is not None:
        return Condition(f"json_extract({document}, ?)", (plain,))
    if not path:
        return Condition("NULL")
    sources, conditions = _steps(document, len(path))
    sql = f"""(SELECT s{len(path) - 1}.value FROM {", ".join(sources)}
        WHERE {" AND ".join(conditions)})"""  # noqa: S608 - bound
    return Condition(sql, path)


def glob_condition(column: str, pattern: str) -> Condition:
    """Whether a text column fits a pattern with the wildcards `*` and `?`, by an index if it can.

    Raises:
        Invalid: for a pattern that is too long.
    """
    wildcard = _WILDCARD.search(pattern)
    if wildcard is None:
        return Condition(f"{column} = ?", (pattern,))
    prefix, glob = pattern[: wildcard.start()], _glob(pattern)
    if not prefix:
        return Condition(f"{column} GLOB ?", (glob,))
    end = successor(prefix)
    if end is not None and glob == f"{prefix}*":
        return Condition(f"{column} >= ? AND {column} < ?", (prefix, end))
    upper = Condition("") if end is None else Condition(f" AND {column} < ?", (end,))
    return Condition(
        f"{column} >= ?{upper.sql} AND {column} GLOB ?", (prefix, *upper.parameters, glob)
    )


def leading_literal(pattern: str) -> str | None:
    """What a pattern begins with before its first wildcard; None when it has none."""
    wildcard = _WILDCARD.search(pattern)
    return None if wildcard is None else pattern[: wildcard.start()]


def longest_literal(pattern: str) -> str:
    """The longest piece of a pattern between its wildcards."""
    return max(_WILDCARD.split(pattern), key=len)


def _glob(pattern: str) -> str:
    if len(pattern) > _LONGEST_PATTERN:
        raise Invalid(f"A pattern may have {_LONGEST_PATTERN} characters, not {len(pattern)}.")
    return pattern.replace("[", "[[]")  # GLOB has sets in brackets; ours has not


def json_path(path: tuple[str, ...]) -> str | None:
    """The path as SQLite spells it; None for names it cannot, and for places in a list."""
    if path and all(_PLAIN.fullmatch(name) and not name.isdigit() for name in path):
        return "$" + "".join(f'."{name}"' for name in path)
    return None


def _steps(document: str, length: int) -> tuple[list[str], list[str]]:
    """One `json_each` for each step of a path, and the comparisons with the names to bind.

    A step into a list is the place in it, from 0, as in a JSON pointer.
    """
    sources, conditions = [f"json_each({document}) AS s0"], ["CAST(s0.key AS TEXT) = ?"]
    for step in range(1, length):
        above = f"s{step - 1}"
        inside = f"CASE WHEN {above}.type IN ('object', 'array') THEN {above}.value ELSE '{{}}' END"
        sources.append(f"json_each({inside}) AS s{step}")
        conditions.append(f"CAST(s{step}.key AS TEXT) = ?")
    return sources, conditions


def _by_steps(document: str, attribute: AttributeFilter) -> Condition:
    """The same for names that a JSON path cannot spell: each step compares the member's name."""
    if not attribute.path:
        return Condition("0")
    sources, conditions = _steps(document, len(attribute.path))
    last = f"s{len(attribute.path) - 1}"
    own, element = _match(last, attribute), _match("e", attribute)
    sql = f"""EXISTS (SELECT 1 FROM {", ".join(sources)} WHERE {" AND ".join(conditions)}
        AND ({own.sql} OR EXISTS (SELECT 1 FROM
            json_each(CASE {last}.type WHEN 'array' THEN {last}.value ELSE '[]' END) AS e
            WHERE {element.sql})))"""  # noqa: S608 - names and values are bound
    return Condition(sql, (*attribute.path, *own.parameters, *element.parameters))


def bound(value: str | float | bool) -> Parameter:  # noqa: FBT001 - a JSON value
    """A value as SQLite compares it: whole numbers exactly, as far as it knows whole numbers."""
    whole = isinstance(value, int) and not -(2**63) <= value < 2**63
    return float(value) if whole else value


def _match(row: str, attribute: AttributeFilter) -> Condition:
    """The comparison of one `json_each` row with what is wanted."""
    own = _match_value(row, attribute.value)
    if attribute.or_text is None:
        return own
    text = f"({own.sql} OR {row}.type = 'text' AND {row}.atom = ?)"
    return Condition(text, (*own.parameters, attribute.or_text))


def _match_value(row: str, value: str | float | bool) -> Condition:  # noqa: FBT001 - a JSON value
    if isinstance(value, bool):
        return Condition(f"{row}.type = '{'true' if value else 'false'}'")
    if not isinstance(value, str):
        return Condition(f"{row}.type IN ('integer', 'real') AND {row}.atom = ?", (bound(value),))
    if _WILDCARD.search(value):
        return Condition(f"{row}.type = 'text' AND {row}.atom GLOB ?", (_glob(value),))
    return Condition(f"{row}.type = 'text' AND {row}.atom = ?", (value,))


def _hint(document: str, attribute: AttributeFilter) -> Condition:
    """A cheap condition that every match fulfils, so that few documents need parsing."""
    value, only = attribute.value, attribute.or_text is None
    pieces = _WILDCARD.split(value) if isinstance(value, str) and only else []
    plain = [piece for piece in pieces if _PLAIN.fullmatch(piece)]
    if not plain:
        return Condition("1")
    return Condition(f"instr({document}, ?)", (max(plain, key=len),))
