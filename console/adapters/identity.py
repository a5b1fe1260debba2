"""A running Azure IoT Identity Service, called over its Unix socket (identityd)."""

from __future__ import annotations

from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.identity_ports import ServiceModules, ServiceProvisioning
from console.adapters.identity_principals import ServicePrincipals
from console.adapters.identity_reach import this_caller
from console.adapters.identity_session import IdentitySession, Patience
from console.adapters.read_only import READING, read_only
from registry_backend.domain.errors import Invalid
from registry_backend.identityd.users import Users


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

    Raises:
        Invalid: for a socket's path that can be none.
    """

    kind = "identity"

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
        )
        self.modules = ServiceModules(self._session)
        self.provisioning = ServiceProvisioning(self._session)
        if read_only:
            self._guard_ports()

    def _guard_ports(self) -> None:
        for name in READING:
            port = getattr(self, name)
            if port is not None:
                setattr(self, name, read_only(port, name))

    async def open(self) -> None:
        """See that the service answers. Raises Unreachable with its layer, Fault, Unsupported."""
        await self._session.open()

    async def close(self) -> None:
        """Nothing to let go of: each call has a connection of its own."""

    def _tell_health(self, health: str) -> None:
        if self.on_health is not None:
            self.on_health(health)
