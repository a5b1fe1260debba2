"""A Host for those who give none: hand-written callers of Unix sockets often leave it out."""

from __future__ import annotations

import re

LIMIT = 65536
"""Bytes of a head that are waited for; longer ones are refused by who reads them."""
_END = b"\r\n\r\n"
_BEGINNING = re.compile(rb"[A-Z]{1,16}(?: |$)")
_FIRST_LINE = re.compile(rb"[^\r\n]* HTTP/1\.1\r\n")
_HOST = re.compile(rb"\r\nhost[ \t]*:", re.IGNORECASE)


class FirstHead:
    """Passes the bytes of a connection on, its first head with a Host (identityd 6).

    The library that reads requests refuses HTTP/1.1 without one, as its standard says; the daemon
    does not. What is no head of HTTP/1.1 passes as it is.

    Args:
        host: What is put in where none is given.
    """

    def __init__(self, host: str) -> None:
        self._line = f"Host: {host}\r\n".encode("ascii")
        self._held = b""
        self.passed = False
        """Whether the head is through, so that nothing is held back any more."""

    def feed(self, data: bytes) -> bytes:
        """What may be passed on now; nothing while the head is incomplete."""
        if self.passed:
            return data
        self._held += data
        if not self._is_whole():
            return b""
        held, self._held, self.passed = self._held, b"", True
        return self._with_host(held)

    def _is_whole(self) -> bool:
        held = self._held
        if _END in held or len(held) > LIMIT:
            return True
        return bool(held) and not _BEGINNING.match(held)

    def _with_host(self, held: bytes) -> bytes:
        line = _FIRST_LINE.match(held)
        head = held[: held.find(_END) + 2]
        if line is None or _HOST.search(head):
            return held
        return line[0] + self._line + held[line.end() :]
