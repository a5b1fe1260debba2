"""What an editor makes of line ends, undone: lines that nobody touched keep every character.

A text area parts lines at whatever Python takes for an end, such as a form feed or U+2028, and
joins them by one kind of end.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

_USUAL = ("\r\n", "\n", "\r")


def with_old_ends(before: str, after: str) -> str:
    """The text of an editor with the line ends that each line had, as far as it is still there.

    Args:
        before: What the editor was given.
        after: What it gave back: lines joined by the usual end of `before`.
    """
    usual = next((end for end in _USUAL if end in before), "\n")
    old, ends = _lines(before)
    if all(end == usual for end in ends[:-1]) and not ends[-1]:
        return after
    new = after.split(usual)
    found = _pairs(old, new)
    last = len(new) - 1
    text = [
        line + (ends[found[at]] if at in found and ends[found[at]] else usual)
        for at, line in enumerate(new[:-1])
    ]
    return "".join([*text, new[last], ends[-1] if found.get(last) == len(old) - 1 else ""])


def _lines(text: str) -> tuple[list[str], list[str]]:
    """The lines as an editor parts them, and what each ends in."""
    parts = text.splitlines(keepends=True)
    lines = text.splitlines()
    ends = [part[len(line) :] for part, line in zip(parts, lines, strict=True)]
    if not text or text.endswith(_USUAL):
        return [*lines, ""], [*ends, ""]
    return lines, ends


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
