"""Connections whose uid the kernel tells, no more of one uid than are permitted (identityd 6)."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from registry_backend.server_heads import FirstHead
from registry_backend.wire.identity import SOCKET_HOST

_CREDENTIALS = struct.Struct("iII")
"""Process, user and group, as the kernel has them."""

log = logging.getLogger("idconsole.identity")


class PeerConnection(web.RequestHandler):
    """One connection, which knows who is at its other end."""

    uid: int = -1
    _counted = False

    def __init__(self, server: PeerServer, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._server = server
        self._head = FirstHead(SOCKET_HOST)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve it, or drop it without a byte where its uid has enough of them."""
        self.uid = peer_uid(transport.get_extra_info("socket"))
        self._counted = self._server.admit(self.uid)
        if self._counted:
            super().connection_made(transport)
        elif isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on, but for a head that is incomplete."""
        for ready in self._head.feed(data):
            super().data_received(ready)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Make room for another."""
        if self._counted:
            self._server.leave(self.uid)
            super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Garbage gets a status and nothing else (identityd 6); none of it is logged."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        response = web.Response(status=status, headers={"Server": "idconsole"})
        response.force_close()
        return response


class PeerServer(web.Server):
    """Makes a connection's protocol for each that is accepted.

    Args:
        handler: Answers requests.
        per_uid: How many connections one uid may hold at a time.
        options: Of every connection, as aiohttp names them; nothing is logged unless they say so.
    """

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        options: Mapping[str, Any],
        *,
        per_uid: int,
    ) -> None:
        super().__init__(handler)
        # aiohttp's own log would hold headers.
        self._options = {"access_log": None, **options}
        self._per_uid = per_uid
        self._held: Counter[int] = Counter()

    def __call__(self) -> PeerConnection:
        """A protocol for a new connection."""
        return PeerConnection(self, **self._options)

    def admit(self, uid: int) -> bool:
        """Count a connection of that uid, if it may have one more."""
        if self._held[uid] >= self._per_uid:
            log.warning("Max simultaneous connections reached for user %d", uid)
            return False
        self._held[uid] += 1
        return True

    def leave(self, uid: int) -> None:
        """A connection of that uid has ended."""
        self._held[uid] -= 1
        if not self._held[uid]:
            del self._held[uid]


def peer_uid(connection: socket.socket) -> int:
    """Who connected, as the kernel noted it at that moment."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(found)
    return int(uid)


def uid_of(request: web.BaseRequest) -> int:
    """Who sent a request."""
    connection = request.protocol
    if not isinstance(connection, PeerConnection):
        raise TypeError("the request came in over another kind of listener")
    return connection.uid
