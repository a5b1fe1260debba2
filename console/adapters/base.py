"""The adapter interface: the only way the console reaches a registry.

A port that is None is a capability the registry lacks: no port, no pane.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from console.adapters.ports.connections import ConnectionsPort
from console.adapters.ports.credentials import CredentialsPort
from console.adapters.ports.devices import DevicesPort
from console.adapters.ports.jobs import JobsPort
from console.adapters.ports.journal import JournalPort
from console.adapters.ports.modules import ModulesPort
from console.adapters.ports.principals import PrincipalsPort
from console.adapters.ports.provisioning import ProvisioningPort
from console.adapters.ports.statistics import StatisticsPort
from console.adapters.ports.tenants import TenantsPort
from registry_backend.domain.errors import Denied
from registry_backend.domain.key_pairs import Rotation

CONNECTED = "connected"
"""The health of a registry that answers."""
NO_ANSWER = "no answer"
"""The health of one that lets a request wait for too long."""


class RegistryAdapter(ABC):
    """A connection to one registry; an async context manager."""

    title: str
    """What the header shows: a name for people."""
    kind: str
    """`local`, `hono`, `iothub` or `identity`."""
    address: str
    """Where it is: a path or URL without secrets."""
    read_only: bool = False
    production: bool = False
    """Whether the header warns that real devices hang on this registry."""
    color: str | None = None
    """The colour of its name in the header, to tell several registries apart; None: the usual."""
    sole_tenant: str = ""
    """The one tenant of a registry that is one, such as a hub; empty: `tenants` says."""
    credential_types: tuple[str, ...] = ()
    """Types of credentials that it can hold; empty: any."""
    device_members: frozenset[str] | None = None
    """Members of a device's document that it keeps; None: any."""
    plain_credentials: bool = False
    """Whether it keeps bare material: no state, validity or comment of a credential, no list."""
    tells_changes: bool = True
    """Whether a device says when it was last written."""
    usable_apart: str = ""
    """The pane that there is work in while the registry is out of reach; empty: none."""
    caller_uid: int | None = None
    """The uid that an Identity Service sees in its caller; None where nobody looks at that."""
    on_health: Callable[[str], object] | None = None
    """Set by who shows it: told `connected`, or what is wrong, when that changes."""
    on_notice: Callable[[str], object] | None = None
    """Set by who shows it: told what the registry did otherwise than it was asked."""

    tenants: TenantsPort | None = None
    devices: DevicesPort | None = None
    credentials: CredentialsPort | None = None
    jobs: JobsPort | None = None
    statistics: StatisticsPort | None = None
    journal: JournalPort | None = None
    principals: PrincipalsPort | None = None
    connections: ConnectionsPort | None = None
    modules: ModulesPort | None = None
    provisioning: ProvisioningPort | None = None

    sample: Callable[[], Awaitable[int]] | None = None
    """Fill in the sample fleet and say how many devices that made; None where nobody should."""

    rotate_keys: Callable[[str, str, Rotation], Awaitable[None]] | None = None
    """Rotate the two keys of a tenant's device, many that begin together in one call.

    Raises NotFound, Invalid (it has no two keys). None: the credentials are read and written back.
    """

    @abstractmethod
    async def open(self) -> None:
        """Connect. Raises Unreachable, Denied, Fault."""

    async def take_up(self) -> None:  # noqa: B027 - most registries have nothing to take up
        """Go on with work that was interrupted; asked for once the first rows are shown."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was accepted, then let go."""

    def _tell_health(self, health: str) -> None:
        if self.on_health is not None:
            self.on_health(health)

    def _tell_notice(self, notice: str) -> None:
        if self.on_notice is not None:
            self.on_notice(notice)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def refuse_write() -> Denied:
    """The error of every write in a read-only session."""
    return Denied(
        "This session is read-only, so nothing was written.",
        hint="Start idconsole without --read-only to make changes.",
    )
