"""Two texts line by line. Pure."""

from __future__ import annotations

import io
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
        end: How it ends, where a change is one of line ends too; empty for a line feed.
    """

    kind: Kind
    text: str
    before: int | None = None
    after: int | None = None
    end: str = ""


def difference_lines(before: str, after: str, *, context: int = 3) -> list[DifferenceLine]:
    """What to take out of the first text and put in to get the second.

    Lines are compared with their ends, so a change of those alone is told too. Runs of equal
    lines longer than the context on both sides and two more are folded.
    """
    old, new = _lines(before), _lines(after)
    found: list[DifferenceLine] = []
    blocks = _blocks(old, new)
    for place, (what, old_start, old_end, new_start, new_end) in enumerate(blocks):
        if what == "equal":
            head = 0 if place == 0 else context
            tail = 0 if place == len(blocks) - 1 else context
            found.extend(_folded(old[old_start:old_end], old_start, new_start, head, tail))
            continue
        found.extend(_changed(old, range(old_start, old_end), new, range(new_start, new_end)))
    return found


def _lines(text: str) -> list[str]:
    """The lines of a text as TOML counts them, each with its end."""
    return list(io.StringIO(text, newline="\n"))


def _changed(old: list[str], out: range, new: list[str], put: range) -> list[DifferenceLine]:
    """The lines taken out, then those put in; their ends are told where these changed too."""
    told = bool(out and put) and {_end(old[at]) for at in out} != {_end(new[at]) for at in put}
    removed = [
        DifferenceLine("removed", _bare(old[at]), before=at + 1, end=_end(old[at]) if told else "")
        for at in out
    ]
    added = [
        DifferenceLine("added", _bare(new[at]), after=at + 1, end=_end(new[at]) if told else "")
        for at in put
    ]
    return removed + added


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _end(line: str) -> str:
    if not line.endswith("\n"):
        return "no line feed"
    return "carriage return" if line.endswith("\r\n") else ""


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
    lines: list[str], old_start: int, new_start: int, head: int, tail: int
) -> list[DifferenceLine]:
    def equal(start: int, end: int) -> list[DifferenceLine]:
        return [
            DifferenceLine("equal", _bare(lines[at]), old_start + at + 1, new_start + at + 1)
            for at in range(start, end)
        ]

    hidden = len(lines) - head - tail
    if hidden < 3:
        return equal(0, len(lines))
    fold = DifferenceLine("fold", f"{hidden} equal lines")
    return [*equal(0, head), fold, *equal(len(lines) - tail, len(lines))]
