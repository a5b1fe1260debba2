"""A remote Eclipse Hono device registry of any vintage (hono 6: 1.1, 2.x on MongoDB, on JDBC).

What it can do is learned by asking; what it cannot is told instead of failing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from console.adapters.base import CONNECTED
from console.adapters.healing import HEAL_PAUSES
from console.adapters.hono_credentials import HonoCredentials
from console.adapters.hono_devices import HonoDevices
from console.adapters.hono_known import KnownIds
from console.adapters.hono_session import HonoSession
from console.adapters.hono_statistics import HonoStatistics
from console.adapters.hono_tenants import HonoTenants
from console.adapters.read_only import guard_ports
from console.adapters.remote import RemoteAdapter
from console.adapters.rest_endpoint import Endpoint
from registry_backend.domain.errors import RegistryError, Unreachable


class HonoAdapter(RemoteAdapter):
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
        heal_pauses: Sequence[float] = HEAL_PAUSES,
    ) -> None:
        super().__init__(endpoint, title=title, read_only=read_only, heal_pauses=heal_pauses)
        self.production = production
        self._session = HonoSession(self._client, KnownIds(known_file), self._tell_once, compat)
        tenants, devices = HonoTenants(self._session), HonoDevices(self._session)
        self._lists = (tenants, devices)
        self.tenants = tenants
        self.devices = devices
        self.credentials = HonoCredentials(self._session)
        self.statistics = HonoStatistics(self._session)
        if read_only:
            guard_ports(self)
        self._numbers = self.statistics
        self._lost = False
        self._learning: set[asyncio.Task[None]] = set()

    async def _learn(self) -> None:
        await self._session.learn()
        peer = self._session.peer
        for port in self._lists:
            port.learned()
        self.device_members = frozenset(peer.profile.device.members)
        self.statistics = self._numbers if peer.lists_devices else None

    def _health_changed(self, health: str) -> None:
        """That it answers again is told once it is known who answers: it may be another vintage."""
        if self._lost and health == CONNECTED:
            task = asyncio.create_task(self._learn_again())
            self._learning.add(task)
            task.add_done_callback(self._learning.discard)
        else:
            super()._health_changed(health)
        self._lost = self._open and health != CONNECTED

    async def _learn_again(self) -> None:
        try:
            await self._learn()
        except Unreachable:
            return  # lost once more; it will be asked again
        except RegistryError:
            pass  # it answers, if not as one would wish
        self._tell_health(CONNECTED)

    async def _finish(self) -> None:
        tasks = set(self._learning)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _ask_anything(self) -> None:
        await self._session.ask_anything()
