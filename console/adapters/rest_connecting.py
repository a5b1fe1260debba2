"""Connections that httpx forgets to close."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Connecting:
    """The connection that a request makes, where it makes one, so that none is forgotten.

    httpx lets go of one whose TLS handshake is cut off, and a client that is closed forgets those
    that are still being made: neither closes them.
    """

    def __init__(self) -> None:
        self._stream: Any = None

    async def trace(self, event: str, members: Mapping[str, Any]) -> None:
        """Told of each step of a request."""
        if event == "connection.connect_tcp.complete":
            self._stream = members["return_value"]
        elif event == "connection.start_tls.failed":
            await self.close()

    async def close(self) -> None:
        """Close it, if there is one."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()
