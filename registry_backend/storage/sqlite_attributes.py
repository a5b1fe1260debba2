"""A condition on any member of a JSON document as SQL. Names and values are always bound."""

from __future__ import annotations

import re
from typing import NamedTuple

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter
from registry_backend.storage.paging import Parameter

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

    Raises:
        Invalid: for a pattern that is too long.
    """
    if not attribute.path or not all(_PLAIN.fullmatch(name) for name in attribute.path):
        return _by_steps(document, attribute)
    path = "$" + "".join(f'."{name}"' for name in attribute.path)
    hint = _hint(document, attribute.value)
    match = _match("e", attribute.value)
    sql = f"""{hint.sql} AND json_type({document}, ?) <> 'object'
        AND EXISTS (SELECT 1 FROM json_each({document}, ?) AS e WHERE {match.sql})"""  # noqa: S608 - bound
    return Condition(sql, (*hint.parameters, path, path, *match.parameters))


def _by_steps(document: str, attribute: AttributeFilter) -> Condition:
    """The same for names that a JSON path cannot spell: each step compares the member's name."""
    if not attribute.path:
        return Condition("0")
    sources, conditions = [f"json_each({document}) AS s0"], ["s0.key = ?"]
    for step in range(1, len(attribute.path)):
        above = f"s{step - 1}"
        inside = f"CASE {above}.type WHEN 'object' THEN {above}.value ELSE '{{}}' END"
        sources.append(f"json_each({inside}) AS s{step}")
        conditions.append(f"s{step}.key = ?")
    last = f"s{len(attribute.path) - 1}"
    own, element = _match(last, attribute.value), _match("e", attribute.value)
    sql = f"""EXISTS (SELECT 1 FROM {", ".join(sources)} WHERE {" AND ".join(conditions)}
        AND ({own.sql} OR EXISTS (SELECT 1 FROM
            json_each(CASE {last}.type WHEN 'array' THEN {last}.value ELSE '[]' END) AS e
            WHERE {element.sql})))"""  # noqa: S608 - names and values are bound
    return Condition(sql, (*attribute.path, *own.parameters, *element.parameters))


def _match(row: str, value: str | float | bool) -> Condition:  # noqa: FBT001 - a JSON value
    """The comparison of one `json_each` row with the wanted value."""
    if isinstance(value, bool):
        return Condition(f"{row}.type = '{'true' if value else 'false'}'")
    if not isinstance(value, str):
        return Condition(f"{row}.type IN ('integer', 'real') AND {row}.atom = ?", (float(value),))
    if _WILDCARD.search(value):
        if len(value) > _LONGEST_PATTERN:
            raise Invalid(f"A pattern may have {_LONGEST_PATTERN} characters, not {len(value)}.")
        # GLOB has sets in brackets; ours has not.
        return Condition(f"{row}.type = 'text' AND {row}.atom GLOB ?", (value.replace("[", "[[]"),))
    return Condition(f"{row}.type = 'text' AND {row}.atom = ?", (value,))


def _hint(document: str, value: str | float | bool) -> Condition:  # noqa: FBT001 - a JSON value
    """A cheap condition that every match fulfils, so that few documents need parsing."""
    pieces = _WILDCARD.split(value) if isinstance(value, str) else []
    plain = [piece for piece in pieces if _PLAIN.fullmatch(piece)]
    if not plain:
        return Condition("1")
    return Condition(f"instr({document}, ?)", (max(plain, key=len),))
