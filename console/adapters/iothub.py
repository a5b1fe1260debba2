"""A remote Azure IoT Hub: device identities, jobs and statistics through its REST API (iothub)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from console.adapters.healing import HEAL_PAUSES
from console.adapters.iothub_address import hub_name, url_of
from console.adapters.iothub_bodies import KEPT
from console.adapters.iothub_connections import HubConnections
from console.adapters.iothub_credentials import TYPES, HubCredentials
from console.adapters.iothub_devices import HubDevices
from console.adapters.iothub_errors import hub_problem
from console.adapters.iothub_jobs import HubJobs
from console.adapters.iothub_rotation import KeyRotations
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_statistics import HubStatistics
from console.adapters.iothub_tokens import Tokens
from console.adapters.read_only import guard_ports
from console.adapters.remote import RemoteAdapter
from console.adapters.rest_endpoint import Endpoint
from registry_backend.wire.connection_strings import parse_hub

API_VERSION = "2021-04-12"
"""What hubs of today take (iothub 2.2)."""


class IotHubAdapter(RemoteAdapter):
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
        heal_pauses: Sequence[float] = HEAL_PAUSES,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        hub = parse_hub(connection)
        self.sole_tenant = hub_name(hub.host_name)
        super().__init__(
            # the session waits for a hub that asks to slow down, and shows it
            Endpoint(url_of(hub), ca_file=ca_file, proxy=proxy, pauses=pauses, longest_wait=0),
            title=title or self.sole_tenant,
            read_only=read_only,
            heal_pauses=heal_pauses,
            explain=hub_problem,
            authorize=Tokens(hub),
        )
        self.credential_types = TYPES
        self.device_members = KEPT
        self.plain_credentials = True
        self.tells_changes = False
        session = HubSession(
            self._client,
            hub,
            api_version=api_version,
            tell=self._tell_once,
            on_health=self._tell_health,
            wait=wait,
        )
        self._session = session
        self.devices = devices = HubDevices(session)
        self.credentials = credentials = HubCredentials(session)
        self.statistics = HubStatistics(session)
        self.connections = HubConnections(session)
        self._jobs = HubJobs(session, proxy=proxy)
        self.jobs = self._jobs
        rotations = KeyRotations(
            session,
            credentials,
            read=devices.reader,
            write=devices.gatherer,
            forget=devices.forget_lists,
        )
        self.rotate_keys = None if read_only else rotations.rotate
        if read_only:
            guard_ports(self)

    async def _learn(self) -> None:
        await self._session.check()

    async def _ask_anything(self) -> None:
        await self._session.ask_anything()

    async def _finish(self) -> None:
        """Stop the imports and exports of this side."""
        await self._jobs.close()
