"""The bundled registry, opened in this process."""

from __future__ import annotations

import asyncio
import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING

from console.adapters.base import RegistryAdapter
from console.adapters.local_connection import Connection
from console.adapters.local_ports import LocalCredentials, LocalDevices, LocalTenants
from console.adapters.local_services import (
    LocalJobs,
    LocalJournal,
    LocalPrincipals,
    LocalStatistics,
)
from console.adapters.read_only import guard_ports
from registry_backend.domain.journal import Actor
from registry_backend.domain.timestamps import now
from registry_backend.open import open_registry

if TYPE_CHECKING:
    from registry_backend.identityd.users import Users


def default_data_file() -> Path:
    """Where this user's registry belongs on this system."""
    import platformdirs  # noqa: PLC0415 - not needed where the path was given

    return platformdirs.user_data_path("idconsole") / "registry.sqlite"


def login_name() -> str:
    """The name of the user this process runs as; the bare uid where it has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class LocalAdapter(RegistryAdapter):
    """A registry in one file, and the Identity Service's files of this machine.

    Args:
        data: The registry's file; made when it is not there.
        read_only: Open it so that no write can leave; it must be there then.
        actor_name: Who the journal names; None: the user of this process.
        main_file: The Identity Service's `config.toml`.
        config_dir: The folder of files that override it.
        title: What the header shows.
        users: Whom the uids of principals belong to; None: the users of this machine.
    """

    kind = "local"

    def __init__(
        self,
        data: Path,
        *,
        main_file: Path,
        config_dir: Path,
        read_only: bool = False,
        actor_name: str | None = None,
        title: str = "Local registry",
        users: Users | None = None,
    ) -> None:
        self.title = title
        self.address = str(data)
        self.read_only = read_only
        self._data = data
        actor = Actor(via="console", name=login_name() if actor_name is None else actor_name)
        self._connection = Connection(actor, self.address, read_only=read_only)
        self.tenants = LocalTenants(self._connection)
        self.devices = LocalDevices(self._connection)
        self.credentials = LocalCredentials(self._connection)
        self.jobs = LocalJobs(self._connection)
        self.statistics = LocalStatistics(self._connection)
        self.journal = LocalJournal(self._connection)
        self.principals = LocalPrincipals(main_file, config_dir, read_only=read_only, users=users)
        if read_only:
            guard_ports(self)
        else:
            self.sample = self._fill_with_sample

    async def _fill_with_sample(self) -> int:
        """Write the sample fleet, and the folder its jobs speak of beside the data file."""
        from registry_backend.sample import (  # noqa: PLC0415 - asked for once, if ever
            build_sample,
            load_sample,
            write_exchange,
        )

        exchange = self._data.absolute().parent / "exchange"
        sample = build_sample(now(), folder=str(exchange))
        await load_sample(self._connection.registry.store, sample)
        await asyncio.to_thread(write_exchange, exchange)
        return sum(sample.devices.values())

    async def open(self) -> None:
        """Open the file. Raises Unreachable, Denied, Fault."""
        self._connection.opened = await open_registry(self._data, read_only=self.read_only)

    async def take_up(self) -> None:
        """Take up interrupted jobs."""
        if not self.read_only:
            await self._connection.jobs()

    async def close(self) -> None:
        """Stop jobs where they can go on later, finish what was accepted, release the file."""
        await self._connection.close()
