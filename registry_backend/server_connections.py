"""TCP connections whose refusals are ours: what is no HTTP is answered in the form of its path."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from registry_backend.api.requests import Endpoint

MAX_HEAD_LINE = 8190
MAX_HEADERS = 64
_FIRST_LINE = re.compile(rb"[A-Z]{1,16} (/[^ \r\n]{0,1024})")
_TOO_LONG = (
    f"the head of the request is too long: a line may have {MAX_HEAD_LINE} bytes, and there may be "
    f"{MAX_HEADERS} headers"
)
_MALFORMED = "the request is no HTTP: its first line, a header or its length is malformed"


class DoorConnection(web.RequestHandler):
    """One connection, which remembers what the last head on it asked for."""

    def __init__(self, endpoint: Endpoint, server: DoorServer, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._endpoint = endpoint
        self._path = "/"

    def data_received(self, data: bytes) -> None:
        """Read on; where a head begins, note its path."""
        found = _FIRST_LINE.match(data)
        self._path = found[1].decode("ascii", "replace") if found else self._path
        super().data_received(data)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The client's faults in our words, which echo nothing of what it sent."""
        if status >= 500:
            response = super().handle_error(request, status, exc, message)
            response.headers["Server"] = "idconsole"
            return response
        too_long = isinstance(exc, LineTooLong) or "Too many" in (message or "")
        refusal = self._endpoint.refuse(self._path, _TOO_LONG if too_long else _MALFORMED)
        refusal.force_close()  # nobody knows where the next request would begin
        return refusal


class DoorServer(web.Server):
    """Makes a connection's protocol for each that is accepted.

    Args:
        endpoint: Answers requests, and what is none.
        options: Of every connection, as aiohttp names them.
    """

    def __init__(self, endpoint: Endpoint, options: Mapping[str, Any]) -> None:
        # A client that went away waits for nothing: its search stops.
        super().__init__(endpoint.handle, handler_cancellation=True)
        self._endpoint = endpoint
        self._options = options

    def __call__(self) -> DoorConnection:
        """A protocol for a new connection."""
        return DoorConnection(self._endpoint, self, **self._options)
