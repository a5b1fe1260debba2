"""One request over the service's socket: a connection of its own, closed behind it (identityd 6).

The service counts connections, not requests, so none is ever kept.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from console.adapters.causes import causes_of
from console.adapters.identity_caller import Caller
from console.adapters.identity_reach import (
    broken_off,
    dropped,
    not_connected,
    not_understood,
    silent,
)
from console.adapters.rest_endpoint import encoded_path
from console.adapters.rest_unreachable import FOREIGN
from registry_backend.domain.document import compact_json
from registry_backend.domain.errors import Unreachable
from registry_backend.wire.identity import SOCKET_HOST

CONNECT_SECONDS = 5.0
"""A Unix socket takes a connection at once, or its callers stand in line."""
MAX_ANSWER = 4 * 1024 * 1024
"""Bytes; a device has fifty modules at most, and a certificate a few thousand bytes."""
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "idconsole",
        "Connection": "close",
    }
)
"""The service writes every header into the journal: there is nothing else in them."""


@dataclass(frozen=True, slots=True)
class Received:
    """A whole answer; its body may hold a private key."""

    status: int
    body: bytes = field(repr=False)


async def exchange(
    socket: Path,
    caller: Caller,
    method: str,
    path: Sequence[str],
    *,
    query: Sequence[tuple[str, str]],
    body: Any = None,
    seconds: float,
) -> Received:
    """Send one request and read the answer.

    Args:
        socket: The path of the service's socket.
        caller: Who calls, for messages.
        method: As HTTP has it.
        path: Its segments, not yet encoded; none may be empty.
        query: Parameters, not yet encoded.
        body: A JSON value; None: no body.
        seconds: Longest wait for a whole answer, however it trickles.

    Raises:
        Unreachable: with the layer at which it ended.
        Invalid: for an id that cannot stand in an address; nothing is sent.
    """
    url = f"http://{SOCKET_HOST}{encoded_path(path)}"
    headers = dict(HEADERS)
    content = None
    if body is not None:
        content = compact_json(body).encode("utf-8")
        headers["Content-Type"] = "application/json"
    began = False
    try:
        async with (
            asyncio.timeout(seconds),
            _client(socket) as client,
            client.stream(
                method, url, params=list(query), headers=headers, content=content
            ) as response,
        ):
            began = True
            return Received(response.status_code, await _whole(response, socket))
    except FOREIGN as error:
        raise await asyncio.to_thread(_failed, socket, caller, error, began) from None
    except TimeoutError:
        raise silent(socket, seconds) from None


def _client(socket: Path) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(
        uds=str(socket), verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
    # nothing of the environment: a .netrc would put a password into the journal
    return httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)


async def _whole(response: httpx.Response, socket: Path) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise not_understood(socket, "its answer is longer than 4 MB")
    return bytes(body)


def _failed(
    socket: Path,
    caller: Caller,
    error: Exception,
    began: bool,  # noqa: FBT001 - one caller
) -> Unreachable:
    cause = next((each for each in causes_of(error) if isinstance(each, OSError)), None)
    match error:
        case httpx.ConnectError():
            return not_connected(socket, cause or OSError(), caller)
        case httpx.ConnectTimeout():
            return silent(socket, CONNECT_SECONDS)
        case _ if began:
            return broken_off(socket)
        case httpx.NetworkError():
            return dropped(socket, caller)
        case httpx.RemoteProtocolError() if "disconnected" in str(error):
            return dropped(socket, caller)
    return not_understood(socket, "the answer is no HTTP")
