"""A remote Eclipse Hono device registry of any vintage (hono 6: 1.1, 2.x on MongoDB, on JDBC).

What it can do is learned by asking; what it cannot is told instead of failing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.hono_credentials import HonoCredentials
from console.adapters.hono_devices import HonoDevices
from console.adapters.hono_known import KnownIds
from console.adapters.hono_session import HonoSession, ask_anything
from console.adapters.hono_statistics import HonoStatistics
from console.adapters.hono_tenants import HonoTenants
from console.adapters.read_only import READING, read_only
from console.adapters.rest import CONNECTED, RestClient
from console.adapters.rest_endpoint import Endpoint
from registry_backend.domain.errors import RegistryError

HEAL_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach a registry that was lost; the last goes on."""


class HonoAdapter(RegistryAdapter):
    """A remote Hono.

    Args:
        endpoint: Where it is and how to speak to it.
        title: What the header shows.
        compat: `1.1` or `2.x`, where asking leaves it open; None: guess.
        known_file: Where ids are kept for a registry that cannot list; None: nowhere.
        read_only: Refuse every write on this side.
        production: Whether the header warns of it.
        heal_pauses: Seconds between attempts to reach it again.
    """

    kind = "hono"

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        title: str = "Hono",
        compat: str | None = None,
        known_file: Path | None = None,
        read_only: bool = False,
        production: bool = False,
        heal_pauses: tuple[float, ...] = HEAL_PAUSES,
    ) -> None:
        self.title = title
        self.address = endpoint.url
        self.read_only = read_only
        self.production = production
        self._heal_pauses = heal_pauses
        self._healing: asyncio.Task[None] | None = None
        self._open = False
        self._client = RestClient(endpoint, on_health=self._health_changed)
        self._session = HonoSession(self._client, KnownIds(known_file), self._tell, compat)
        tenants, devices = HonoTenants(self._session), HonoDevices(self._session)
        self._lists = (tenants, devices)
        self.tenants = tenants
        self.devices = devices
        self.credentials = HonoCredentials(self._session)
        self.statistics = HonoStatistics(self._session)
        if read_only:
            self._guard_ports()

    def _guard_ports(self) -> None:
        for name in READING:
            port = getattr(self, name)
            if port is not None:
                setattr(self, name, read_only(port, name))

    async def open(self) -> None:
        """Connect and learn what the registry can do. Raises Unreachable, Denied, Fault."""
        await self._client.open()
        try:
            await self._session.learn()
        except RegistryError:
            await self._client.close()
            raise
        for port in self._lists:
            port.learned()
        self.device_members = frozenset(self._session.peer.profile.device.members)
        if not self._session.peer.lists_devices:
            self.statistics = None
        self._open = True

    async def close(self) -> None:
        """Let go of the connections; what is known by id was kept when it was learned."""
        self._open = False
        healing, self._healing = self._healing, None
        if healing is not None:
            healing.cancel()
            with suppress(asyncio.CancelledError):
                await healing
        await self._client.close()

    def _tell(self, notice: str) -> None:
        if self.on_notice is not None:
            self.on_notice(notice)

    def _health_changed(self, health: str) -> None:
        if self.on_health is not None:
            self.on_health(health)
        if self._open and health != CONNECTED and self._healing is None:
            self._healing = asyncio.create_task(self._heal())

    async def _heal(self) -> None:
        """Ask now and then until the registry answers, so that the header tells the truth."""
        tried = 0
        while self._client.health != CONNECTED:
            await asyncio.sleep(self._heal_pauses[min(tried, len(self._heal_pauses) - 1)])
            tried += 1
            with suppress(RegistryError):
                await ask_anything(self._client)
        self._healing = None
