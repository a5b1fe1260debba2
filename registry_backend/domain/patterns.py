"""Texts held against patterns with `*` for any text and `?` for any character."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_REMEMBERED = 64
"""Patterns; a filter asks for the same few again for each row."""


@lru_cache(maxsize=_REMEMBERED)
def pattern_test(pattern: str) -> Callable[[str], bool]:
    """Whether a text fits the pattern as a whole.

    The pieces between the stars are looked for one after the other, so that no pattern takes more
    than a moment, however many stars it has.

    >>> pattern_test("lamp-*-00?")("lamp-north-007")
    True
    """
    first, *others = (_piece(piece) for piece in pattern.split("*"))
    if not others:
        return lambda text: first.fullmatch(text) is not None
    last = others.pop()
    last_length = len(pattern) - pattern.rfind("*") - 1

    def fits(text: str) -> bool:
        found = first.match(text)
        for piece in others:
            if found is None:
                return False
            found = piece.search(text, found.end())
        ending = len(text) - last_length
        return found is not None and found.end() <= ending and last.match(text, ending) is not None

    return fits


def _piece(text: str) -> re.Pattern[str]:
    return re.compile("".join("." if each == "?" else re.escape(each) for each in text), re.DOTALL)
