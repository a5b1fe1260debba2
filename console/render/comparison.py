"""Two texts line by line, and three JSON objects field by field. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["equal", "added", "removed", "fold"]


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One line of a difference; a fold stands for equal lines left out.

    Args:
        kind: What became of it.
        text: The line, or for a fold how many lines it hides.
        before: Its number in the old text, from 1; None where it is not.
        after: Its number in the new text, from 1; None where it is not.
    """

    kind: Kind
    text: str
    before: int | None = None
    after: int | None = None


def difference_lines(before: str, after: str, *, context: int = 3) -> list[DifferenceLine]:
    """What to take out of the first text and put in to get the second.

    Runs of equal lines longer than the context on both sides and two more are folded.
    """
    old, new = before.splitlines(), after.splitlines()
    found: list[DifferenceLine] = []
    blocks = SequenceMatcher(None, old, new, autojunk=len(old) > 2000).get_opcodes()
    for place, (what, old_start, old_end, new_start, new_end) in enumerate(blocks):
        if what == "equal":
            lines = [
                DifferenceLine("equal", text, old_start + offset + 1, new_start + offset + 1)
                for offset, text in enumerate(old[old_start:old_end])
            ]
            head = 0 if place == 0 else context
            tail = 0 if place == len(blocks) - 1 else context
            found.extend(_folded(lines, head, tail))
            continue
        found.extend(
            DifferenceLine("removed", text, before=number)
            for number, text in enumerate(old[old_start:old_end], old_start + 1)
        )
        found.extend(
            DifferenceLine("added", text, after=number)
            for number, text in enumerate(new[new_start:new_end], new_start + 1)
        )
    return found


def _folded(lines: list[DifferenceLine], head: int, tail: int) -> list[DifferenceLine]:
    hidden = len(lines) - head - tail
    if hidden < 3:
        return lines
    fold = DifferenceLine("fold", f"{hidden} equal lines")
    return [*lines[:head], fold, *lines[len(lines) - tail :]]


Side = Literal["same", "mine", "theirs", "both", "conflict"]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field in three states, as JSON text; None where the field is absent.

    `side` says who changed it: only we, only they, both to the same value, or each otherwise.
    """

    path: str
    base: str | None
    mine: str | None
    theirs: str | None

    @property
    def side(self) -> Side:
        """Who changed the field."""
        if self.mine == self.theirs:
            return "same" if self.mine == self.base else "both"
        if self.theirs == self.base:
            return "mine"
        return "theirs" if self.mine == self.base else "conflict"


def compare_fields(
    base: Mapping[str, object], mine: Mapping[str, object], theirs: Mapping[str, object]
) -> list[FieldRow]:
    """The fields in which three versions of a JSON object differ, in the order they appear.

    Objects are opened by path (`ext.site`, `secrets[0].id`); lists of plain values stay whole.
    """
    flat = [dict(_flatten(document)) for document in (base, mine, theirs)]
    paths = dict.fromkeys(path for fields in flat for path in fields)
    rows = [FieldRow(path, *(fields.get(path) for fields in flat)) for path in paths]
    return [row for row in rows if row.side != "same"]


def _flatten(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, member in value.items():
            yield from _flatten(member, _step(path, str(name)))
    elif isinstance(value, list) and any(isinstance(member, Mapping) for member in value):
        for place, member in enumerate(value):
            yield from _flatten(member, f"{path}[{place}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False, sort_keys=True)


def _step(path: str, name: str) -> str:
    if not re.fullmatch(r"[^.\[\]\s\"]+", name):
        return f"{path}[{json.dumps(name, ensure_ascii=False)}]"
    return f"{path}.{name}" if path else name
