"""Modules and provisioning through the service's ten calls (identityd 1)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from console.adapters.identity_names import refuse_dangerous
from console.adapters.identity_session import Ask, IdentitySession
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identities import Identity, IdentityKind, Provisioning
from registry_backend.domain.permissions import Operation
from registry_backend.wire.identity import (
    create_body,
    device_body,
    read_identities,
    read_identity,
    read_provisioning,
    update_body,
)

MODULES = ("identities", "modules")
HUB_KIND: IdentityKind = "aziot"


class ServiceModules:
    """Modules of this device in its hub, and local identities."""

    def __init__(self, session: IdentitySession) -> None:
        self._session = session

    async def list(self) -> Sequence[Identity]:
        """As ModulesPort."""
        what = "the list of modules"
        ask = Ask(Operation.LIST_MODULES, "GET", MODULES, what, kind=HUB_KIND)
        return self._session.understood(what, read_identities, await self._session.send(ask))

    async def get(self, module_id: str, kind: IdentityKind) -> Identity:
        """As ModulesPort."""
        await self._check_name(module_id, kind)
        return await self._identity(Operation.GET_MODULE, "GET", module_id, kind)

    async def create(self, module_id: str, kind: IdentityKind, *, server: bool = False) -> Identity:
        """As ModulesPort."""
        await self._check_name(module_id, kind)
        body = create_body(module_id, kind, server=server)
        ask = Ask(
            Operation.CREATE_MODULE, "POST", MODULES, _what(module_id, kind), module_id, body=body
        )
        return await self._read(ask)

    async def update(self, module_id: str) -> Identity:
        """As ModulesPort."""
        await self._check_name(module_id, HUB_KIND)
        body = update_body(module_id)
        return await self._identity(Operation.UPDATE_MODULE, "PUT", module_id, HUB_KIND, body)

    async def delete(self, module_id: str) -> None:
        """As ModulesPort."""
        await self._check_name(module_id, HUB_KIND)
        what, path = _what(module_id, HUB_KIND), (*MODULES, module_id)
        ask = Ask(Operation.DELETE_MODULE, "DELETE", path, what, module_id, HUB_KIND)
        await self._session.send(ask)

    async def _identity(
        self,
        operation: Operation,
        method: str,
        module_id: str,
        kind: IdentityKind,
        body: Any = None,
    ) -> Identity:
        what, path = _what(module_id, kind), (*MODULES, module_id)
        return await self._read(Ask(operation, method, path, what, module_id, kind, body))

    async def _read(self, ask: Ask) -> Identity:
        members = await self._session.send(ask)
        identity = self._session.understood(ask.what, read_identity, members)
        return await asyncio.to_thread(_with_facts, identity)

    async def _check_name(self, module_id: str, kind: IdentityKind) -> None:
        if not module_id.strip():
            raise Invalid.at("module_id", "must not be empty")
        if kind == "local":
            await refuse_dangerous(module_id, self._session.principals)


class ServiceProvisioning:
    """Who the caller and the device are, and where from."""

    def __init__(self, session: IdentitySession) -> None:
        self._session = session

    async def info(self) -> Provisioning:
        """As ProvisioningPort. Raises Unsupported where the service is older than the call."""
        what = "the provisioning"
        ask = Ask(Operation.GET_PROVISIONING, "GET", ("identities", "provisioning"), what)
        return self._session.understood(what, read_provisioning, await self._session.send(ask))

    async def own(self) -> Identity:
        """As ProvisioningPort."""
        what = "the caller's own identity"
        return await self._read(
            Ask(Operation.GET_IDENTITY, "GET", ("identities", "identity"), what)
        )

    async def device(self) -> Identity:
        """As ProvisioningPort."""
        what, path = "the device's identity", ("identities", "device")
        ask = Ask(Operation.GET_DEVICE, "POST", path, what, body=device_body())
        return await self._read(ask)

    async def reprovision(self) -> None:
        """As ProvisioningPort."""
        path = ("identities", "device", "reprovision")
        await self._session.send(Ask(Operation.REPROVISION, "POST", path, "the reprovisioning"))

    async def _read(self, ask: Ask) -> Identity:
        return self._session.understood(ask.what, read_identity, await self._session.send(ask))


def _what(module_id: str, kind: IdentityKind) -> str:
    return f"local identity {module_id}" if kind == "local" else f"module {module_id}"


def _with_facts(identity: Identity) -> Identity:
    """The identity with its certificate decoded; one that cannot be read stays as it is."""
    if identity.certificate is None:
        return identity
    from registry_backend.wire.certificates import (  # noqa: PLC0415 - most sessions issue none
        read_certificate,
    )

    try:
        facts = read_certificate(identity.certificate)
    except Invalid:
        return identity
    return identity.model_copy(update={"certificate_facts": facts})
