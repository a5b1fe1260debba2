"""A remote Azure IoT Hub: device identities, jobs and statistics through its REST API (iothub)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.iothub_bodies import KEPT
from console.adapters.iothub_connections import HubConnections
from console.adapters.iothub_credentials import TYPES, HubCredentials
from console.adapters.iothub_devices import HubDevices
from console.adapters.iothub_errors import hub_problem
from console.adapters.iothub_jobs import HubJobs
from console.adapters.iothub_session import HubSession, Tokens, hub_name, hub_of, url_of
from console.adapters.iothub_statistics import HubStatistics
from console.adapters.read_only import READING, read_only
from console.adapters.rest import CONNECTED, RestClient
from console.adapters.rest_endpoint import Endpoint
from registry_backend.domain.errors import RegistryError

API_VERSION = "2021-04-12"
"""What hubs of today take (iothub 2.2)."""
HEAL_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach a hub that was lost; the last goes on."""


class IotHubAdapter(RegistryAdapter):
    """A remote IoT Hub, which is one tenant.

    Args:
        connection: The connection string of one of its policies, a secret.
        title: What the header shows; None: the hub's name.
        api_version: Sent with each request.
        ca_file: PEM file of the authorities to trust; None: those of this system.
        proxy: Address of the proxy to go through; None: as the environment says.
        read_only: Refuse every write on this side.
        pauses: Seconds before a request that was lost is repeated.
        heal_pauses: Seconds between attempts to reach the hub again.
        wait: Sleeps while the hub asks to slow down.

    Raises:
        Invalid: for a connection string that cannot be used, without any of its text.
    """

    kind = "iothub"

    def __init__(
        self,
        connection: str,
        *,
        title: str | None = None,
        api_version: str = API_VERSION,
        ca_file: Path | None = None,
        proxy: str | None = None,
        read_only: bool = False,
        pauses: tuple[float, ...] = (0.2, 0.8),
        heal_pauses: tuple[float, ...] = HEAL_PAUSES,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        hub = hub_of(connection)
        self.address = url_of(hub)
        self.sole_tenant = hub_name(hub.host_name)
        self.title = title or self.sole_tenant
        self.read_only = read_only
        self.credential_types = TYPES
        self.device_members = KEPT
        self.plain_credentials = True
        self.tells_changes = False
        self._heal_pauses = heal_pauses
        self._healing: asyncio.Task[None] | None = None
        self._open = False
        endpoint = Endpoint(self.address, ca_file=ca_file, proxy=proxy, pauses=pauses)
        self._client = RestClient(
            endpoint, on_health=self._health_changed, explain=hub_problem, authorize=Tokens(hub)
        )
        session = HubSession(
            self._client,
            hub,
            api_version=api_version,
            notice=self._tell,
            on_health=self._show_health,
            wait=wait,
        )
        self._session = session
        self.devices = HubDevices(session)
        self.credentials = HubCredentials(session)
        self.statistics = HubStatistics(session)
        self.connections = HubConnections(session)
        self._jobs = HubJobs(session, proxy=proxy)
        self.jobs = self._jobs
        if read_only:
            self._guard_ports()

    def _guard_ports(self) -> None:
        for name in READING:
            port = getattr(self, name)
            if port is not None:
                setattr(self, name, read_only(port, name))

    async def open(self) -> None:
        """Connect and ask for anything. Raises Unreachable, Denied, Fault."""
        await self._client.open()
        try:
            await self._session.check()
        except RegistryError:
            await self._client.close()
            raise
        self._open = True

    async def close(self) -> None:
        """Stop the imports and exports of this side, then let go of the connections."""
        self._open = False
        healing, self._healing = self._healing, None
        if healing is not None:
            healing.cancel()
            with suppress(asyncio.CancelledError):
                await healing
        await self._jobs.close()
        await self._client.close()

    def _tell(self, notice: str) -> None:
        if self.on_notice is not None:
            self.on_notice(notice)

    def _show_health(self, health: str) -> None:
        if self.on_health is not None:
            self.on_health(health)

    def _health_changed(self, health: str) -> None:
        self._show_health(health)
        if self._open and health != CONNECTED and self._healing is None:
            self._healing = asyncio.create_task(self._heal())

    async def _heal(self) -> None:
        """Ask now and then until the hub answers, so that the header tells the truth."""
        tried = 0
        while self._session.lost:
            await asyncio.sleep(self._heal_pauses[min(tried, len(self._heal_pauses) - 1)])
            tried += 1
            await self._session.check_quietly()
        self._healing = None
