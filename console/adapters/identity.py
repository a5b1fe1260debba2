"""A running Azure IoT Identity Service, called over its Unix socket (identityd)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.healing import Healing
from console.adapters.identity_caller import this_caller
from console.adapters.identity_ports import ServiceModules, ServiceProvisioning
from console.adapters.identity_principals import ServicePrincipals
from console.adapters.identity_session import IdentitySession, Patience
from console.adapters.read_only import guard_ports
from registry_backend.domain.errors import Invalid
from registry_backend.identityd.users import Users

HEAL_PAUSES = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts; the last goes on. One connection each, far below the ten there are."""


class IdentityAdapter(RegistryAdapter):
    """An Identity Service of this machine, and the files that say who may ask it for what.

    Args:
        socket: The service's socket, usually `/run/aziot/identityd.sock`.
        main_file: Its `config.toml`.
        config_dir: The folder of files that override it.
        read_only: Refuse every write on this side.
        title: What the header shows.
        patience: How long to wait for answers.
        users: Whom the uids of principals belong to; None: the users of this machine.
        heal_pauses: Seconds between attempts to find a service again that was lost.

    Raises:
        Invalid: for a socket's path that can be none.
    """

    kind = "identity"
    usable_apart = "principals"

    def __init__(
        self,
        socket: Path,
        *,
        main_file: Path,
        config_dir: Path,
        read_only: bool = False,
        title: str = "Identity Service",
        patience: Patience | None = None,
        users: Users | None = None,
        heal_pauses: Sequence[float] = HEAL_PAUSES,
    ) -> None:
        if "\0" in str(socket):
            raise Invalid("The path of the socket holds a NUL character, which no path may.")
        self.title = title
        self.address = str(socket)
        self.read_only = read_only
        caller = this_caller()
        self.caller_uid = caller.uid
        self.principals = ServicePrincipals(
            main_file, config_dir, read_only=read_only, users=users, caller_uid=caller.uid
        )
        self._session = IdentitySession(
            socket,
            caller,
            self.principals,
            patience=patience or Patience(),
            on_health=self._tell_health,
            on_lost=self._lost,
        )
        self._in_use = False
        self._healing = Healing(self._session.open, pauses=heal_pauses)
        self.modules = ServiceModules(self._session)
        self.provisioning = ServiceProvisioning(self._session)
        if read_only:
            guard_ports(self)

    async def open(self) -> None:
        """See that the service answers. Raises Unreachable with its layer, Fault, Unsupported."""
        await self._session.open()

    async def take_up(self) -> None:
        """From now on, find the service again whenever it is lost."""
        self._in_use = True
        if self._session.lost:
            self._healing.begin()

    async def close(self) -> None:
        """Look for the service no longer; each call has a connection of its own."""
        self._in_use = False
        await self._healing.end()

    def _lost(self) -> None:
        if self._in_use:
            self._healing.begin()
