"""First heads as the daemon takes them, made into what the library that reads requests takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

LIMIT = 65536
"""Bytes of a head that are waited for; longer ones are refused by who reads them."""
_END = re.compile(rb"\n\r?\n")
_BEGINNING = re.compile(rb"([!#-'*+.^-z|~0-9A-Z-]{1,16})(?: |$)")
_FIRST_LINE = re.compile(rb"[^\r\n]* HTTP/1\.[01]\r\n")
_METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"})
_OFFERED_NOWHERE = b"PATCH"
"""Stands for methods that the library refuses: they are answered as it is."""
_HOST = re.compile(rb"\r\nhost[ \t]*:", re.IGNORECASE)
_BARE_NEWLINE = re.compile(rb"(?<!\r)\n")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class FirstHead:
    """Passes the bytes of a connection on, its first head mended (identityd 6).

    Callers of Unix sockets are often written by hand: they give no Host, end lines with a newline
    alone, write names as they are spelled, and methods of their own. The daemon minds none of it,
    or answers it in its own way; the library does not. What is no head passes as it is.

    Args:
        host: What is put in where HTTP/1.1 asks for one and none is given.
    """

    def __init__(self, host: str) -> None:
        self._line = f"Host: {host}\r\n".encode("ascii")
        self._held = b""
        self.passed = False
        """Whether the head is through, so that nothing is held back any more."""

    def feed(self, data: bytes) -> Sequence[bytes]:
        """What may be passed on now, piece by piece; nothing while the head is incomplete.

        The head is a piece of its own, lest faults of what follows it take its answer away.
        """
        if self.passed:
            return (data,)
        self._held += data
        end = _END.search(self._held)
        if end is None and self._may_become_a_head():
            return ()
        held, self._held, self.passed = self._held, b"", True
        if end is None:
            return (held,)
        head, rest = self._mended(held[: end.end()]), held[end.end() :]
        return (head, rest) if rest else (head,)

    def _may_become_a_head(self) -> bool:
        held = self._held
        return len(held) <= LIMIT and (not held or _BEGINNING.match(held) is not None)

    def _mended(self, head: bytes) -> bytes:
        mended = _BARE_NEWLINE.sub(b"\r\n", head)
        line, method = _FIRST_LINE.match(mended), _BEGINNING.match(mended)
        if line is None or method is None:
            return head
        needs_host = line[0].endswith(b"1.1\r\n") and not _HOST.search(mended)
        first = _BEYOND_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line[0])
        if method[1] not in _METHODS:
            first = _OFFERED_NOWHERE + first[len(method[1]) :]
        return first + (self._line if needs_host else b"") + mended[line.end() :]
