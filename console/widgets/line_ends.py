"""What an editor makes of line ends, undone: lines that nobody touched keep every character.

A text area parts lines at whatever Python takes for an end, such as a form feed or U+2028, and
joins them by one kind of end.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

_USUAL = ("\n", "\r")


def with_old_ends(before: str, after: str) -> str:
    """The text of an editor with the line ends that each line had, as far as it is still there.

    Args:
        before: What the editor was given.
        after: What it gave back.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    usual = _usual_end(before)
    if all(line.endswith(usual) for line in old[:-1]) and _end(old[-1:]) in ("", usual):
        return after
    found = _pairs([_bare(line) for line in old], [_bare(line) for line in new])
    return "".join(
        _bare(line) + _end_of(line, position, found, old, new, usual)
        for position, line in enumerate(new)
    )


def _end_of(
    line: str,
    position: int,
    found: dict[int, int],
    old: Sequence[str],
    new: Sequence[str],
    usual: str,
) -> str:
    """The end that a line of the new text gets."""
    former = old[found[position]] if position in found else ""
    end = _end([former])
    if _end([line]):
        return end or usual
    # The last line has an end of its own only where the editor cannot show it.
    was_last = position in found and found[position] == len(old) - 1
    return end if was_last and not end.endswith(_USUAL) and position == len(new) - 1 else ""


def _pairs(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """For lines of the new text, which lines of the old text they are or came from."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    pairs = {at: at for at in range(head)}
    pairs.update({len(new) - 1 - at: len(old) - 1 - at for at in range(tail)})
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail])
    for _, old_from, old_to, new_from, new_to in middle.get_opcodes():
        if old_to - old_from == new_to - new_from:
            pairs.update(
                {head + new_from + at: head + old_from + at for at in range(new_to - new_from)}
            )
    return pairs


def _usual_end(text: str) -> str:
    """The end that an editor joins lines by."""
    return next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")


def _bare(line: str) -> str:
    return next(iter(line.splitlines()), "")


def _end(lines: Sequence[str]) -> str:
    """The end of the one line there may be."""
    return "".join(line[len(_bare(line)) :] for line in lines)
