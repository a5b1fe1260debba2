"""The Unix socket listener: the Identity Service for callers whose uid the kernel tells."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from registry_backend.api.identity.endpoint import BODY_SECONDS, IdentityEndpoint
from registry_backend.domain.errors import Invalid
from registry_backend.identityd.behaviour import IdentityService
from registry_backend.identityd.behaviour_config import ConfigPaths, load
from registry_backend.identityd.behaviour_watch import POLL_SECONDS, marks, watch
from registry_backend.registry import Registry
from registry_backend.server_peers import PeerServer, uid_of
from registry_backend.server_sockets import (
    SocketPlace,
    address_of,
    bound_socket,
    file_of,
    passed_socket,
    remove_own,
)

BACKLOG = 512
"""Callers that wait to be accepted; those beyond are told to try again, or wait themselves."""

log = logging.getLogger("idconsole.identity")


@dataclass(frozen=True, slots=True)
class UnixListener:
    """An Identity Service and its socket."""

    config: ConfigPaths
    place: SocketPlace | None = None
    """None: only a socket passed by systemd will do; one that is passed is used in any case."""
    default_tenant: str = "DEFAULT_TENANT"
    """What hub names other than NAME.azure-devices.net mean."""
    poll_seconds: float = POLL_SECONDS
    """Between two looks at the configuration."""
    body_seconds: float = BODY_SECONDS


@asynccontextmanager
async def unix_listening(
    registry: Registry, listener: UnixListener, options: Mapping[str, Any], *, grace: float
) -> AsyncIterator[str]:
    """The address of the socket while it accepts connections.

    Provisions and reconciles before it accepts any (identityd 5).

    Args:
        registry: The hub.
        listener: What to serve, and where.
        options: Of every connection, as aiohttp names them.
        grace: Seconds for which requests may go on after the end.

    Raises:
        RegistryError: when the configuration is refused, or the socket cannot be used.
    """
    with _socket(listener) as listening:
        async with _serving(registry, listener, options, grace=grace) as runner:
            await web.SockSite(runner, listening, backlog=BACKLOG).start()
            yield address_of(listening)


@contextmanager
def _socket(listener: UnixListener) -> Iterator[socket.socket]:
    """The socket that systemd passes, or one at the listener's place, whose file goes again."""
    passed = passed_socket(os.environ)
    if passed is not None:
        with passed:
            yield passed
        return
    place = _place(listener)
    with bound_socket(place) as bound:
        own = file_of(place.path)
        try:
            yield bound
        finally:
            remove_own(place.path, own)


def _place(listener: UnixListener) -> SocketPlace:
    if listener.place is None:
        raise Invalid(
            "No socket was named, and systemd passes none.",
            hint="Say --unix PATH, or start it from a socket unit.",
        )
    return listener.place


@asynccontextmanager
async def _serving(
    registry: Registry, listener: UnixListener, options: Mapping[str, Any], *, grace: float
) -> AsyncIterator[web.ServerRunner]:
    """The service at work, its configuration watched; requests are finished at the end."""
    known = await asyncio.to_thread(marks, listener.config)
    loaded = await asyncio.to_thread(load, listener.config)
    service = await IdentityService.start(loaded, registry, default_tenant=listener.default_tenant)
    endpoint = IdentityEndpoint(service, uid_of, body_seconds=listener.body_seconds)
    server = PeerServer(endpoint.handle, options, per_uid=loaded.settings.max_requests)
    runner = web.ServerRunner(server, shutdown_timeout=grace)
    await runner.setup()
    changed = partial(service.reload, partial(load, listener.config))
    watcher = asyncio.create_task(
        watch(listener.config, changed, known=known, seconds=listener.poll_seconds)
    )
    watcher.add_done_callback(_tell_of_failure)
    try:
        yield runner
    finally:
        watcher.cancel()
        await asyncio.wait([watcher])
        await runner.cleanup()


def _tell_of_failure(watcher: asyncio.Task[None]) -> None:
    """At once: nobody waits for the watch before the service ends."""
    if not watcher.cancelled() and (error := watcher.exception()):
        log.error("Changes of the configuration are not noticed any more.", exc_info=error)
