"""Text of files and names of files, fit for a sentence. Pure."""

from __future__ import annotations


def plain(text: str) -> str:
    r"""The text; what cannot be seen, or acts, is written as its escape.

    >>> plain("a\x1b[2J")
    'a\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
