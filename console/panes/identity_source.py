"""What an Identity Service tells this caller, read once for each time it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from console.adapters.ports.modules import ModulesPort
from console.adapters.ports.principals import PrincipalsPort
from console.adapters.ports.provisioning import ProvisioningPort
from console.panes.identity_issued import Issued
from console.render.identities import IdentityRow, Kind
from registry_backend.domain.errors import Denied, RegistryError, Unreachable
from registry_backend.domain.identities import Identity
from registry_backend.domain.permissions import Operation
from registry_backend.domain.principals import IdType, Principal

ResultT = TypeVar("ResultT")


class IdentityRows:
    """The rows; kept until they are to be read again, since each reading costs the service calls.

    Args:
        modules: Modules, where the service has them.
        provisioning: The caller, the device and where it comes from.
        principals: Whose names have identities.
        caller_uid: The uid that the service sees in this console; None where nobody knows.
    """

    def __init__(
        self,
        modules: ModulesPort | None,
        provisioning: ProvisioningPort,
        principals: PrincipalsPort | None,
        caller_uid: int | None = None,
    ) -> None:
        self._modules, self._provisioning = modules, provisioning
        self._principals, self._caller_uid = principals, caller_uid
        self.issued = Issued()
        self._own_names: frozenset[str] | None = None
        """What was issued here."""
        self._rows: Sequence[IdentityRow] | None = None
        self._turn = asyncio.Lock()
        self.with_module: frozenset[str] = frozenset()
        """Names of principals whose module the service keeps in the hub."""
        self.with_local: frozenset[str] = frozenset()
        """Names of principals that have a local identity."""

    async def read(self) -> Sequence[IdentityRow]:
        """All rows. Raises Unreachable when nothing can be had at all."""
        async with self._turn:
            if self._rows is None:
                self._rows = await self._read()
            return (*self._rows, *self._local_rows())

    def forget(self) -> None:
        """Read anew next time; what was issued stays, since nobody else has it."""
        self._rows = None

    def replace(self, row: IdentityRow) -> None:
        """A newer version of a row of the service."""
        if self._rows is not None:
            self._rows = [row if each.key == row.key else each for each in self._rows]

    async def _read(self) -> Sequence[IdentityRow]:
        await self.read_names()
        calls = (
            asyncio.ensure_future(_tried(self._provisioning.own())),
            asyncio.ensure_future(_tried(self._provisioning.device())),
            asyncio.ensure_future(_tried(self._provisioning.info())),
            asyncio.ensure_future(_tried(self._list())),
        )
        try:
            own, device, info, modules = await asyncio.gather(*calls)
        finally:
            for call in calls:
                call.cancel()  # the rest of them, when one found that nothing can be had
        self._own_names = await self._names_for_caller() if isinstance(modules, Denied) else None
        return (
            _row("own", own),
            _row("device", device),
            IdentityRow("provisioning", problem=info)
            if isinstance(info, RegistryError)
            else IdentityRow("provisioning", provisioning=info),
            *(
                (IdentityRow("modules", problem=modules),)
                if isinstance(modules, RegistryError)
                else self._module_rows(modules)
            ),
        )

    async def _list(self) -> Sequence[Identity]:
        return () if self._modules is None else await self._modules.list()

    async def read_names(self) -> None:
        """Whose names have identities by the files as they are now, edited elsewhere or not."""
        if self._principals is None:
            return
        try:
            found = (await self._principals.load()).principals
        except RegistryError:
            return  # the principals' own pane says what is wrong with them
        named = [each.principal for each in found if each.principal is not None]
        self.with_module, self.with_local = (
            frozenset(each.name for each in named if kind in (each.idtype or ()))
            for kind in (IdType.MODULE, IdType.LOCAL)
        )

    async def _names_for_caller(self) -> frozenset[str] | None:
        """Whose local identities a caller may have that may not list; None: nobody can say.

        The files say so, since the service would have to be asked for each by making a key.
        """
        if self._principals is None or self._caller_uid is None:
            return None
        try:
            answers = await self._principals.answers(str(self._caller_uid))
            found = (await self._principals.load()).principals
        except RegistryError:
            return None
        if any(each.operation is Operation.LIST_MODULES and each.allowed for each in answers):
            return None  # it is the hub that refuses, or the service reads other files
        mine = [
            each.principal
            for each in found
            if each.principal is not None and each.principal.uid == self._caller_uid
        ]
        return frozenset(each.name for each in mine[-1:] if _has_local(each))

    def _module_rows(self, modules: Sequence[Identity]) -> list[IdentityRow]:
        return [
            IdentityRow("module", name, each, principal=name in self.with_module)
            for name, each in sorted({each.module_id or "": each for each in modules}.items())
        ]

    def _local_rows(self) -> list[IdentityRow]:
        return [self.local_row(name) for name in sorted(self.with_local | self.issued.names)]

    def local_row(self, name: str) -> IdentityRow:
        """The row of a local identity, as far as it is known."""
        return IdentityRow(
            "local",
            name,
            self.issued.get(name),
            principal=name in self.with_local,
            refused=self._own_names is not None and name not in self._own_names,
            unsaved=name in self.issued.unsaved,
        )


def _has_local(principal: Principal) -> bool:
    return IdType.LOCAL in (principal.idtype or ())


def _row(kind: Kind, found: Identity | RegistryError) -> IdentityRow:
    if isinstance(found, RegistryError):
        return IdentityRow(kind, problem=found)
    return IdentityRow(kind, identity=found)


async def _tried(call: Awaitable[ResultT]) -> ResultT | RegistryError:
    """What came of it. Raises Unreachable: then nothing else can be had either."""
    try:
        return await call
    except Unreachable:
        raise
    except RegistryError as error:
        return error
