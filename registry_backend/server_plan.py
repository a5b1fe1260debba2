"""What an operator decides for one server: where to listen, and what to serve there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from registry_backend.api.authentication import Authentication
from registry_backend.api.hono import HonoOptions
from registry_backend.api.iothub import HubOptions
from registry_backend.registry import DEFAULT_SETTINGS, RegistrySettings
from registry_backend.server_unix import UnixListener


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
    """Of Hono's paths; the hub's have their own."""
    insecure: bool = False
    """Whether a listener beyond this machine may do without authentication or TLS."""
    access_log: bool = False
    read_only: bool = False
    settings: RegistrySettings = DEFAULT_SETTINGS
    unix: Sequence[UnixListener] = ()
    """Identity Services, each on a socket of its own."""
