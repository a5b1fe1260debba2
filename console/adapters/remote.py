"""What adapters to registries behind HTTP share: opened whole or not at all, and found again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from console.adapters.base import CONNECTED, RegistryAdapter
from console.adapters.healing import HEAL_PAUSES, Healing
from console.adapters.rest import RestClient
from console.adapters.rest_endpoint import Endpoint
from console.adapters.rest_refusals import Refusal, problem_of
from registry_backend.domain.errors import RegistryError


class RemoteAdapter(RegistryAdapter):
    """A registry behind HTTP.

    After `open` has raised, or was cancelled, nothing is left open. Once open, a registry that is
    lost is asked now and then until it answers. `close` ends that, then what runs on this side,
    then the connections, whichever of these fails.

    Args:
        endpoint: Where it is and how to speak to it.
        title: What the header shows.
        read_only: Whether every write is refused on this side; see `guard_ports`.
        heal_pauses: Seconds between attempts to reach it again.
        explain: An answer that is no success as an error.
        authorize: Makes the Authorization header of one request, where it does not stay the same.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        title: str,
        read_only: bool = False,
        heal_pauses: Sequence[float] = HEAL_PAUSES,
        explain: Callable[[Refusal], RegistryError] = problem_of,
        authorize: Callable[[], str | None] | None = None,
    ) -> None:
        self.title = title
        self.address = endpoint.url
        self.read_only = read_only
        self._client = RestClient(
            endpoint, on_health=self._health_changed, explain=explain, authorize=authorize
        )
        self._healing = Healing(self._ask_anything, pauses=heal_pauses)
        self._open = False
        self._told: set[str] = set()

    @abstractmethod
    async def _learn(self) -> None:
        """See what answers there. Raises Unreachable, Denied, Fault."""

    @abstractmethod
    async def _ask_anything(self) -> None:
        """One request whose answer does not matter. Raises Unreachable, Fault."""

    async def _finish(self) -> None:
        """End what runs on this side."""

    async def open(self) -> None:
        """Connect and learn what the registry can do. Raises Unreachable, Denied, Fault."""
        await self._client.open()
        try:
            await self._learn()
        except BaseException:  # a console that is left meanwhile cancels this
            await self._client.close()
            raise
        self._open = True

    async def close(self) -> None:
        """Finish what runs on this side, then let go of the connections."""
        self._open = False
        try:
            await self._healing.end()
            await self._finish()
        finally:
            await self._client.close()

    def _tell_once(self, notice: str) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self._tell_notice(notice)

    def _health_changed(self, health: str) -> None:
        self._tell_health(health)
        if self._open and health != CONNECTED:
            self._healing.begin()
