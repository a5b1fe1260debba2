"""Telling from its beginning that an import's file cannot be the text it should be."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 64 << 10
"""How much of a file is looked at."""
_STRANGE_SHARE = 0.25
"""Of the characters; text in an older encoding stays below, since its JSON is ASCII."""


class Seeming(NamedTuple):
    """What a file seems to be, to be read after `seems to be`, and what to do about it."""

    what: str
    advice: str


_UNPACK = "Unpack it, then import the file that was in it."
_SAVE_AS_UTF8 = "Save it as UTF-8, then import it again."
_NO_TEXT = Seeming("no text at all", "Check that it is the right file: it must be JSON in UTF-8.")

_BEGINNINGS = (
    (b"\x1f\x8b", Seeming("compressed with gzip", _UNPACK)),
    (b"PK\x03\x04", Seeming("a ZIP archive", _UNPACK)),
    (b"PK\x05\x06", Seeming("an empty ZIP archive", _NO_TEXT.advice)),
    (b"\xfd7zXZ\0", Seeming("compressed with xz", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Seeming("compressed with zstd", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Seeming("a 7z archive", _UNPACK)),
    # The mark of UTF-16 begins that of UTF-32, so the longer one comes first.
    (b"\xff\xfe\0\0", Seeming("text in UTF-32", _SAVE_AS_UTF8)),
    (b"\0\0\xfe\xff", Seeming("text in UTF-32", _SAVE_AS_UTF8)),
    (b"\xff\xfe", Seeming("text in UTF-16", _SAVE_AS_UTF8)),
    (b"\xfe\xff", Seeming("text in UTF-16", _SAVE_AS_UTF8)),
)


def seems(path: Path) -> Seeming | None:
    """What a file seems to be, if it is no text in UTF-8. Raises OSError."""
    with path.open("rb") as file:
        return seems_from(file.read(HEAD_BYTES))


def seems_from(head: bytes) -> Seeming | None:
    r"""The same from the first bytes of it; None for what may well be text, and for nothing.

    >>> seems_from(b'{"id":"d"}') is None
    True
    >>> seems_from(b"PK\x03\x04...").what
    'a ZIP archive'
    """
    for beginning, seeming in _BEGINNINGS:
        if head.startswith(beginning):
            return seeming
    if b"\0" in head:
        return Seeming("text in UTF-16", _SAVE_AS_UTF8) if _alternates(head) else _NO_TEXT
    text = head.decode("utf-8", "replace")
    if text.count("\N{REPLACEMENT CHARACTER}") > len(text) * _STRANGE_SHARE:
        return _NO_TEXT
    return None


def is_text(line: bytes) -> bool:
    """Whether a line is UTF-8 without NUL bytes."""
    if b"\0" in line:
        return False
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _alternates(head: bytes) -> bool:
    """Whether NUL is nearly every other byte and hardly any of the rest: UTF-16 without a mark."""
    half = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    return max(even, odd) > half * 0.9 and min(even, odd) < half * 0.1
