"""The ten calls: what each does once the caller is known and permitted (identityd 1, 1.3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache

from registry_backend.api.answers import Answer
from registry_backend.api.identity.failures import json_answer
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identities import Identity
from registry_backend.domain.journal import Actor
from registry_backend.domain.modules import Module
from registry_backend.domain.permissions import Caller
from registry_backend.identityd.authorization import identity_of
from registry_backend.identityd.behaviour import IdentityService
from registry_backend.identityd.behaviour_errors import BadParameter
from registry_backend.identityd.behaviour_provisioning import ProvisionedDevice, provisioning_info
from registry_backend.identityd.bodies import NewIdentity
from registry_backend.identityd.common_names import CUT_WITHIN, cut_name
from registry_backend.wire.identity import identities_json, identity_json, provisioning_json


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a caller who may make it, read whole."""

    service: IdentityService
    caller: Caller
    module_id: str = ""
    """Of the path."""
    type: str | None = None
    """Of the query."""
    body: object = field(default=None, repr=False)
    """What the route's reader made of it; may hold secrets."""

    @property
    def actor(self) -> Actor:
        """Who the journal names."""
        return Actor(via="identity", name=f"uid {self.caller.uid}")


async def get_identity(call: Call) -> Answer:
    """#1: the device, or the module of the caller's own name."""
    if identity_of(call.caller) == "device" or call.caller.principal is None:
        return _of_device(call.service.device)
    return await _module(call, call.caller.principal.name)


async def get_provisioning(call: Call) -> Answer:
    """#2: from the settings, which may differ from the device as it was provisioned."""
    info = await asyncio.to_thread(provisioning_info, call.service.settings)
    return json_answer(provisioning_json(info))


async def get_device(call: Call) -> Answer:
    """#3: the device."""
    return _of_device(call.service.device)


async def reprovision(call: Call) -> Answer:
    """#4: as if for the first time."""
    await call.service.reprovision()
    return Answer(204)


async def list_modules(call: Call) -> Answer:
    """#5: without what proves them."""
    _require_hub_type(call.type)
    device = call.service.device
    modules = await call.service.hub.list(device)
    return json_answer(identities_json(_bare(device, each) for each in modules))


async def create_module(call: Call) -> Answer:
    """#6: a module of the hub, or a local identity."""
    wanted = call.body
    if not isinstance(wanted, NewIdentity):
        raise TypeError("the body was read by another route's reader")
    if wanted.kind == "local":
        if call.service.local_principal(wanted.module_id) is not None:
            raise BadParameter("moduleId", f"local identity for {wanted.module_id} already exists")
        return await _local(call, wanted.module_id, server=wanted.is_server)
    if wanted.kind != "aziot":
        raise _no_such_type(wanted.kind)
    _require_name(wanted.module_id)
    device = call.service.device
    module = await call.service.hub.create(device, wanted.module_id, actor=call.actor)
    return _one(_with_handle(call, device, module))


async def get_module(call: Call) -> Answer:
    """#7: a module of the hub, or the local identity of a principal."""
    if call.type == "local":
        principal = call.service.local_principal(call.module_id)
        if principal is None:
            raise BadParameter("moduleId", f"local identity for {call.module_id} doesn't exist")
        is_server = principal.localid_attributes == "server"
        return await _local(call, call.module_id, server=is_server)
    _require_hub_type(call.type)
    return await _module(call, call.module_id)


async def update_module(call: Call) -> Answer:
    """#8: pushes the derived keys to a module made elsewhere."""
    _require_hub_type(call.type)
    _require_name(call.module_id)
    device = call.service.device
    module = await call.service.hub.push_keys(device, call.module_id, actor=call.actor)
    return _one(_with_handle(call, device, module))


async def delete_module(call: Call) -> Answer:
    """#9: from the hub."""
    _require_hub_type(call.type)
    _require_name(call.module_id)
    await call.service.hub.delete(call.service.device, call.module_id, actor=call.actor)
    return Answer(204)


async def get_trust_bundle(_call: Call) -> Answer:
    """#10: always empty, as the daemon's."""
    return json_answer({"certificate": ""})


@lru_cache(maxsize=8)
def _of_device(device: ProvisionedDevice) -> Answer:
    """The same for as long as the device is; most callers ask for nothing else."""
    return _one(device.identity)


async def _module(call: Call, module_id: str) -> Answer:
    _require_name(module_id)
    device = call.service.device
    module = await call.service.hub.get(device, module_id)
    return _one(_with_handle(call, device, module))


async def _local(call: Call, module_id: str, *, server: bool) -> Answer:
    settings, authority = call.service.settings, call.service.authority
    if settings.localid_domain is None:
        raise Invalid("A local identity was asked for, and the configuration has no [localid].")
    name = cut_name(module_id, settings.hostname, settings.localid_domain)
    if name is None:
        raise BadParameter("moduleId", CUT_WITHIN)
    return _one(await asyncio.to_thread(authority.issue, module_id, name, server=server))


def _bare(device: ProvisionedDevice, module: Module) -> Identity:
    names = {"module_id": module.module_id, "generation_id": module.generation_id}
    return device.bare.model_copy(update=names)


def _with_handle(call: Call, device: ProvisionedDevice, module: Module) -> Identity:
    handle = call.service.keys.module_handle(module.module_id, module.generation_id)
    auth = {"auth_type": "sas", "key_handle": handle}
    return _bare(device, module).model_copy(update=auth)


def _one(identity: Identity) -> Answer:
    return json_answer(identity_json(identity))


def _require_hub_type(kind: str | None) -> None:
    if kind is None:
        raise BadParameter("type", "missing parameter")
    if kind != "aziot":
        raise _no_such_type(kind)


def _no_such_type(kind: str) -> BadParameter:
    return BadParameter("type", f"invalid type: {kind}")


def _require_name(module_id: str) -> None:
    if not module_id.strip():
        raise BadParameter("module_id", "module name cannot be empty")
