"""One server over one registry: TCP, TLS and Unix listeners, until a signal ends them."""

from __future__ import annotations

import asyncio
import gc
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from registry_backend.api.front_door import FrontDoor
from registry_backend.api.hono import HonoService
from registry_backend.api.hono.endpoint import HonoEndpoint
from registry_backend.api.iothub import HubService
from registry_backend.api.iothub.endpoint import HubEndpoint
from registry_backend.api.requests import Endpoint
from registry_backend.api.throttling import TIERS
from registry_backend.domain.errors import Unreachable
from registry_backend.jobs import JobRunner
from registry_backend.jobs.opening import job_runner
from registry_backend.jobs.places import OF_A_LOCAL_SERVER, OF_A_SERVER
from registry_backend.jobs.work import spool_beside
from registry_backend.open import open_registry
from registry_backend.registry import Registry, RegistrySettings
from registry_backend.registry.settings import UNLIMITED
from registry_backend.server_connections import MAX_HEAD_LINE, MAX_HEADERS, DoorServer
from registry_backend.server_log import AccessLog, LoopFaults, access, http_log, log
from registry_backend.server_plan import Listener, Serving, Tls
from registry_backend.server_protection import check_protection, is_loopback, tls_context
from registry_backend.server_unix import unix_listening

__all__ = [
    "Listener",
    "Serving",
    "Tls",
    "check_protection",
    "is_loopback",
    "listening",
    "serve",
    "tls_context",
]

IDLE_SECONDS = 30.0
"""How long a connection may wait for a request, or take to send its head."""
GRACE_SECONDS = 2.0
"""How long requests may go on after a signal; then they are cancelled, for as long again."""
BACKLOG = 512
_NO_POLICIES = (
    "The registry has no shared access policies yet, and read-only none are made: every call of "
    "the hub's API will be refused. Run `idconsole connection-string` for it once, or serve it "
    "with --auth none."
)
GARBAGE_THRESHOLD = 10_000
"""Objects made before the young ones are looked through; Python's own 700 suits small programs."""


async def serve(serving: Serving, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, or until the terminal is gone; then finish what was accepted.

    Args:
        serving: What to serve, and where.
        announce: Told one line for each listener once it accepts connections.

    Raises:
        Denied: for a listener that would be open to others without protection.
        Unreachable: when the data or an address cannot be used.
        Invalid: for a certificate, key or configuration that cannot be used.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(LoopFaults())
    for number in _signals():
        loop.add_signal_handler(number, ended.set)
    async with listening(serving) as addresses:
        _tune_for_requests()
        for address in addresses:
            announce(f"listening on {address}")
        await ended.wait()


def _signals() -> list[signal.Signals]:
    """What ends the server; a terminal that goes does not where it was started with nohup."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGTERM, signal.SIGINT, *([] if ignored else [signal.SIGHUP])]


def _tune_for_requests() -> None:
    """What was loaded stays, so it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


@asynccontextmanager
async def listening(serving: Serving) -> AsyncIterator[list[str]]:
    """The addresses of all listeners while they accept; leaving ends them in order.

    Raises: as `serve`.
    """
    check_protection(serving)
    contexts = [tls_context(each.tls) if each.tls else None for each in serving.listeners]
    async with AsyncExitStack() as stack:
        registry = await _registry(serving)
        stack.push_async_callback(registry.close)
        jobs = _job_runner(registry, serving)
        stack.push_async_callback(jobs.close)
        addresses = []
        for unix in serving.unix:
            served = unix_listening(registry, unix, _connections(serving), grace=GRACE_SECONDS)
            addresses.append(await stack.enter_async_context(served))
        open_doors = _Doors()
        stack.push_async_callback(open_doors.close)
        for listener, context in zip(serving.listeners, contexts, strict=True):
            endpoint = _front_door(registry, jobs, listener, serving)
            runner = await _runner(endpoint, serving)
            open_doors.add(endpoint, runner)
            addresses.append(await _listen(runner, listener, context))
        if not serving.read_only:
            await jobs.start()
        yield addresses


class _Doors:
    """What TCP listeners are open, to be closed together."""

    def __init__(self) -> None:
        self._runners: list[web.ServerRunner] = []
        self._endpoints: list[Endpoint] = []

    def add(self, endpoint: Endpoint, runner: web.ServerRunner) -> None:
        """One more."""
        self._endpoints.append(endpoint)
        self._runners.append(runner)

    async def close(self) -> None:
        """Accept nothing more, then finish what was accepted."""
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        seconds = GRACE_SECONDS / 2
        await asyncio.gather(*(each.finish(seconds=seconds) for each in self._endpoints))


async def _registry(serving: Serving) -> Registry:
    """The registry, under the quotas of the hub's tier, and with policies to call it by."""
    registry = await open_registry(
        serving.data, settings=_settings(serving), read_only=serving.read_only
    )
    if any(each.hub.signed for each in serving.listeners):
        if not serving.read_only:
            await registry.policies.ensure()
        elif not await registry.policies.list():
            log.warning(_NO_POLICIES)
    return registry


def _settings(serving: Serving) -> RegistrySettings:
    """A tier's quota holds whichever way devices come (iothub 8)."""
    tiers = [TIERS[each.hub.tier] for each in serving.listeners if each.hub.tier is not None]
    limits = [each.max_devices for each in tiers] + [serving.settings.max_devices_per_tenant]
    limits = [each for each in limits if each != UNLIMITED]
    return replace(serving.settings, max_devices_per_tenant=min(limits, default=UNLIMITED))


def _job_runner(registry: Registry, serving: Serving) -> JobRunner:
    """One for the whole server; callers from other machines name no files of this one."""
    local = all(is_loopback(each.host) for each in serving.listeners)
    return job_runner(
        registry,
        spool=spool_beside(serving.data),
        containers=OF_A_LOCAL_SERVER if local else OF_A_SERVER,
    )


def _front_door(
    registry: Registry, jobs: JobRunner, listener: Listener, serving: Serving
) -> FrontDoor:
    hono = HonoEndpoint(
        HonoService(registry, listener.hono), serving.authentication, read_only=serving.read_only
    )
    hub = HubService(registry, jobs, listener.hub, read_only=serving.read_only)
    return FrontDoor(hono, HubEndpoint(hub))


def _connections(serving: Serving) -> dict[str, Any]:
    """What holds for the connections of every listener, as aiohttp names it."""
    return {
        "keepalive_timeout": IDLE_SECONDS,
        "max_line_size": MAX_HEAD_LINE,
        "max_field_size": MAX_HEAD_LINE,
        "max_headers": MAX_HEADERS,
        "lingering_time": GRACE_SECONDS / 2,
        "auto_decompress": False,
        "logger": http_log,
        "access_log": access if serving.access_log else None,
        "access_log_class": AccessLog,
    }


async def _runner(endpoint: Endpoint, serving: Serving) -> web.ServerRunner:
    server = DoorServer(endpoint, _connections(serving))
    runner = web.ServerRunner(server, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    return runner


async def _listen(
    runner: web.ServerRunner, listener: Listener, context: ssl.SSLContext | None
) -> str:
    site = web.TCPSite(runner, listener.host, listener.port, ssl_context=context, backlog=BACKLOG)
    try:
        await site.start()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unreachable(
            f"Cannot listen on {listener.host}:{listener.port}: {reason}.",
            layer="refused",
            hint="Is something else listening there already?",
        ) from None
    host, port = runner.addresses[0][:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{listener.scheme}://{shown}:{port}"
