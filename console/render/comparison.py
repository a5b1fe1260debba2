"""Two texts line by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["equal", "added", "removed", "fold"]

_NEAR = 100
"""Lines alike on each side of a change that are compared with it; looking through more is slow."""
_Block = tuple[str, int, int, int, int]
"""What to do, and from where to where in the old text and in the new."""


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
    blocks = _blocks(old, new)
    for place, (what, old_start, old_end, new_start, new_end) in enumerate(blocks):
        if what == "equal":
            head = 0 if place == 0 else context
            tail = 0 if place == len(blocks) - 1 else context
            found.extend(_folded(old[old_start:old_end], old_start, new_start, head, tail))
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


def _blocks(old: list[str], new: list[str]) -> list[_Block]:
    """What to do with which lines; of ends that are alike only the nearest lines are compared."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    head = max(head - _NEAR, 0)
    tail = next(
        (at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head
    )
    tail = max(tail - _NEAR, 0)
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = SequenceMatcher(None, inner_old, inner_new, autojunk=len(inner_old) > 2000)
    found: list[_Block] = [("equal", 0, head, 0, head)] if head else []
    for what, *places in matcher.get_opcodes():
        old_start, old_end, new_start, new_end = (place + head for place in places)
        if found and found[-1][0] == what == "equal":
            _, old_start, _, new_start, _ = found.pop()
        found.append((what, old_start, old_end, new_start, new_end))
    if tail and found and found[-1][0] == "equal":
        _, old_start, _, new_start, _ = found.pop()
        found.append(("equal", old_start, len(old), new_start, len(new)))
    elif tail:
        found.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return found


def _folded(
    texts: list[str], old_start: int, new_start: int, head: int, tail: int
) -> list[DifferenceLine]:
    def equal(start: int, end: int) -> list[DifferenceLine]:
        return [
            DifferenceLine("equal", texts[at], old_start + at + 1, new_start + at + 1)
            for at in range(start, end)
        ]

    hidden = len(texts) - head - tail
    if hidden < 3:
        return equal(0, len(texts))
    fold = DifferenceLine("fold", f"{hidden} equal lines")
    return [*equal(0, head), fold, *equal(len(texts) - tail, len(texts))]
