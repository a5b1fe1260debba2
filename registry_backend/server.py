"""Listeners over one registry: TCP and TLS, each with its own options, until a signal ends them."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

from registry_backend.api.authentication import Authentication
from registry_backend.api.front_door import FrontDoor
from registry_backend.api.hono import HonoOptions, HonoService
from registry_backend.api.hono.endpoint import HonoEndpoint
from registry_backend.api.iothub import HubOptions, HubService
from registry_backend.api.iothub.endpoint import HubEndpoint
from registry_backend.api.requests import Endpoint
from registry_backend.domain.errors import Denied, Invalid, Unreachable
from registry_backend.open import open_registry
from registry_backend.registry import DEFAULT_SETTINGS, Registry, RegistrySettings

IDLE_SECONDS = 30.0
"""How long a connection may wait for a request, or take to send its head."""
MAX_HEAD_LINE = 8190
MAX_HEADERS = 64
GRACE_SECONDS = 2.0
"""How long requests may go on after a signal; then they are cancelled, for as long again."""
BACKLOG = 512
GARBAGE_THRESHOLD = 10_000
"""Objects made before the young ones are looked through; Python's own 700 suits small programs."""

http_log = logging.getLogger("idconsole.http")
access = logging.getLogger("idconsole.access")


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of a server's certificate (with its chain) and private key, in PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen, and what to serve there."""

    host: str
    port: int
    hono: HonoOptions = field(default_factory=HonoOptions)
    tls: Tls | None = None
    hub: HubOptions = field(default_factory=HubOptions)

    @property
    def scheme(self) -> str:
        """Http or https."""
        return "http" if self.tls is None else "https"


@dataclass(frozen=True, slots=True)
class Serving:
    """Everything that an operator decides for one server."""

    data: Path
    listeners: Sequence[Listener]
    authentication: Authentication | None = None
    insecure: bool = False
    """Whether a listener beyond this machine may do without authentication or TLS."""
    access_log: bool = False
    read_only: bool = False
    settings: RegistrySettings = DEFAULT_SETTINGS


class _NoClientFaults(logging.Filter):
    """Drops what is told to the client already, and would show the bytes it sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        return not isinstance(fault, HttpProcessingError)


http_log.addFilter(_NoClientFaults())


async def serve(serving: Serving, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was accepted.

    Args:
        serving: What to serve, and where.
        announce: Told one line for each listener once it accepts connections.

    Raises:
        Denied: for a listener that would be open to others without protection.
        Unreachable: when the data or an address cannot be used.
        Invalid: for a certificate or key that cannot be used.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with listening(serving) as addresses:
        _tune_for_requests()
        for address in addresses:
            announce(f"listening on {address}")
        await ended.wait()


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
    registry = await open_registry(
        serving.data, settings=serving.settings, read_only=serving.read_only
    )
    runners: list[web.ServerRunner] = []
    endpoints: list[Endpoint] = []
    try:
        if not serving.read_only and any(each.hub.signed for each in serving.listeners):
            await registry.policies.ensure()
        addresses = []
        for listener, context in zip(serving.listeners, contexts, strict=True):
            endpoint = _front_door(registry, listener, serving)
            endpoints.append(endpoint)
            runner = await _runner(endpoint, serving)
            runners.append(runner)
            addresses.append(await _listen(runner, listener, context))
        yield addresses
    finally:
        await asyncio.gather(*(runner.cleanup() for runner in runners))
        await asyncio.gather(*(each.finish(seconds=GRACE_SECONDS / 2) for each in endpoints))
        await registry.close()


def _front_door(registry: Registry, listener: Listener, serving: Serving) -> FrontDoor:
    hono = HonoEndpoint(
        HonoService(registry, listener.hono), serving.authentication, read_only=serving.read_only
    )
    return FrontDoor(hono, HubEndpoint(HubService(registry, listener.hub)))


def check_protection(serving: Serving) -> None:
    """Refuse to be open to other machines without authentication and TLS.

    Raises:
        Denied: naming the listener and what it lacks.
    """
    for listener in serving.listeners:
        lacks = [
            name
            for name, given in (
                ("authentication", serving.authentication is not None),
                ("TLS", listener.tls is not None),
            )
            if not given
        ]
        if lacks and not is_loopback(listener.host) and not serving.insecure:
            raise Denied(
                f"{listener.host}:{listener.port} can be reached from other machines, and has no "
                f"{' and no '.join(lacks)}. Nothing was opened.",
                hint="Give --auth and --tls-cert with --tls-key, listen on 127.0.0.1, or say "
                "--insecure if something in front of it protects it.",
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; other names than localhost are not known."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(tls: Tls) -> ssl.SSLContext:
    """What TLS 1.2 and later need to serve with that certificate.

    Raises:
        Invalid: naming the file that cannot be used, and why.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in (tls.certificate, tls.key):
        try:
            path.read_bytes()
        except OSError as error:
            raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    try:
        # A key under a password would stop and ask on the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except ssl.SSLError as error:
        reason = error.reason or "no PEM certificate and key"
        raise Invalid(
            f"{tls.certificate} and {tls.key} cannot be used for TLS: {reason}.",
            hint="Both are PEM; the key belongs to the first certificate and has no password.",
        ) from None
    except _PasswordAsked:
        raise Invalid(
            f"The key {tls.key} is under a password.", hint="Give a key without one."
        ) from None
    return context


class _PasswordAsked(Exception):
    """The key cannot be read without a password."""


def _no_password() -> str:
    raise _PasswordAsked


async def _runner(endpoint: Endpoint, serving: Serving) -> web.ServerRunner:
    server = web.Server(
        endpoint.handle,
        # A client that went away waits for nothing: its search stops.
        handler_cancellation=True,
        keepalive_timeout=IDLE_SECONDS,
        max_line_size=MAX_HEAD_LINE,
        max_field_size=MAX_HEAD_LINE,
        max_headers=MAX_HEADERS,
        lingering_time=GRACE_SECONDS / 2,
        auto_decompress=False,
        logger=http_log,
        access_log=access if serving.access_log else None,
        access_log_class=AccessLog,
    )
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


class AccessLog(AbstractAccessLogger):
    """One line a request: from where, method, path without query, status, milliseconds."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line; headers and bodies never are part of it."""
        path = request.raw_path.partition("?")[0]
        self.logger.info(
            "%s %s %s %d %.0f ms",
            request.remote,
            request.method,
            ascii(path)[1:-1],
            response.status,
            time * 1000,
        )

    @property
    def enabled(self) -> bool:
        """Whether anybody reads it."""
        return self.logger.isEnabledFor(logging.INFO)
