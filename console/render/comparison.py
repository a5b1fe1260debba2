"""Two texts line by line. Pure."""

from __future__ import annotations

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
