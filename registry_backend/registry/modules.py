"""Modules of a device: list, create, give keys, remove (identityd 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from registry_backend.domain.devices import generation_at
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import AlreadyExists, NotFound
from registry_backend.domain.identifiers import HUB_DEVICE_ID, check_id
from registry_backend.domain.journal import Action, Actor
from registry_backend.domain.modules import Module
from registry_backend.domain.timestamps import now
from registry_backend.registry.device_rules import ensure_device, get_device
from registry_backend.registry.recording import change_of, record
from registry_backend.registry.settings import RegistrySettings
from registry_backend.storage.base import Snapshot, Store, Transaction

ModuleKeys = Callable[[str, str], tuple[str, str]]
"""From a module's id and generation its primary and secondary key, in standard base64."""


class ModuleUseCases:
    """Modules of a device that is there; they go when the device goes."""

    def __init__(self, store: Store, settings: RegistrySettings) -> None:
        self._store = store
        self._settings = settings

    async def list(self, tenant_id: str, device_id: str) -> Sequence[Module]:
        """All of the device, by id. Raises NotFound (tenant or device)."""

        def work(snapshot: Snapshot) -> Sequence[Module]:
            get_device(snapshot, tenant_id, device_id)
            return snapshot.list_modules(tenant_id, device_id)

        return await self._store.read(work)

    async def get(self, tenant_id: str, device_id: str, module_id: str) -> Module:
        """Raises NotFound (tenant, device or module)."""
        return await self._store.read_point(
            lambda snapshot: get_module(snapshot, tenant_id, device_id, module_id)
        )

    async def create(
        self,
        tenant_id: str,
        device_id: str,
        module_id: str,
        *,
        actor: Actor,
        keys: ModuleKeys | None = None,
        managed_by: str | None = None,
    ) -> Module:
        """Create a module, with keys made for its generation where somebody makes them.

        Raises NotFound (tenant or device), AlreadyExists, Invalid.
        """
        check_id(module_id, HUB_DEVICE_ID, field="moduleId")
        return await self._store.write(
            lambda transaction: create_module(
                transaction,
                tenant_id,
                device_id,
                module_id,
                actor=actor,
                keys=keys,
                managed_by=managed_by,
            )
        )

    async def replace(
        self, tenant_id: str, device_id: str, module_id: str, keys: ModuleKeys, *, actor: Actor
    ) -> Module:
        """Make a module anew, whether there is one or not; no moment is without one.

        Raises NotFound (tenant or device), Invalid.
        """
        check_id(module_id, HUB_DEVICE_ID, field="moduleId")

        def work(transaction: Transaction) -> Module:
            if transaction.get_module(tenant_id, device_id, module_id) is not None:
                delete_module(transaction, tenant_id, device_id, module_id, actor=actor)
            return create_module(
                transaction, tenant_id, device_id, module_id, actor=actor, keys=keys
            )

        return await self._store.write(work)

    async def update_keys(
        self, tenant_id: str, device_id: str, module_id: str, keys: ModuleKeys, *, actor: Actor
    ) -> Module:
        """Give the module the keys of its generation. Raises NotFound."""
        return await self._store.write(
            lambda transaction: update_module_keys(
                transaction, tenant_id, device_id, module_id, keys, actor=actor
            )
        )

    async def delete(self, tenant_id: str, device_id: str, module_id: str, *, actor: Actor) -> None:
        """Raises NotFound (tenant, device or module)."""
        await self._store.write(
            lambda transaction: delete_module(
                transaction, tenant_id, device_id, module_id, actor=actor
            )
        )

    async def ensure_device(self, tenant_id: str, device_id: str, *, actor: Actor) -> None:
        """Make the device that modules shall hang on, and its tenant, where they are missing.

        Raises LimitReached, Invalid (an id that no hub takes).
        """
        limit = self._settings.max_devices_per_tenant
        there = await self._store.read_point(
            lambda snapshot: snapshot.get_device(tenant_id, device_id) is not None
        )
        if not there:
            check_id(device_id, HUB_DEVICE_ID, field="device_id")
            await self._store.write(
                lambda transaction: ensure_device(
                    transaction, tenant_id, device_id, default_limit=limit, actor=actor
                )
            )


def get_module(snapshot: Snapshot, tenant_id: str, device_id: str, module_id: str) -> Module:
    """The module. Raises NotFound (tenant, device or module)."""
    module = snapshot.get_module(tenant_id, device_id, module_id)
    if module is None:
        get_device(snapshot, tenant_id, device_id)
        raise NotFound(
            f"There is no module {module_id!r} of device {device_id!r} in tenant {tenant_id!r}.",
            hint="Check the spelling; someone may have deleted it.",
        )
    return module


def create_module(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    module_id: str,
    *,
    actor: Actor,
    keys: ModuleKeys | None = None,
    managed_by: str | None = None,
) -> Module:
    """Insert a module whose id was checked."""
    get_device(transaction, tenant_id, device_id)
    if transaction.get_module(tenant_id, device_id, module_id) is not None:
        raise AlreadyExists(
            f"The module {module_id!r} of device {device_id!r} exists already.",
            hint="Choose another id, or delete that one first.",
        )
    at = now()
    generation = str(generation_at(at))
    primary, secondary = keys(module_id, generation) if keys else (None, None)
    module = Module(
        tenant_id=tenant_id,
        device_id=device_id,
        module_id=module_id,
        generation_id=generation,
        managed_by=managed_by,
        primary_key=primary,
        secondary_key=secondary,
        created_at=at,
    )
    transaction.put_module(module)
    _record(transaction, actor, "created", module, at=at, after=module)
    return module


def update_module_keys(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    module_id: str,
    keys: ModuleKeys,
    *,
    actor: Actor,
) -> Module:
    """Replace the keys of a module, as its next revision."""
    current = get_module(transaction, tenant_id, device_id, module_id)
    primary, secondary = keys(module_id, current.generation_id)
    at = now()
    module = current.model_copy(
        update={
            "primary_key": primary,
            "secondary_key": secondary,
            "revision": current.revision + 1,
            "updated_at": at,
        }
    )
    transaction.put_module(module)
    _record(transaction, actor, "updated", module, at=at, before=current, after=module)
    return module


def delete_module(
    transaction: Transaction, tenant_id: str, device_id: str, module_id: str, *, actor: Actor
) -> None:
    """Remove a module."""
    current = get_module(transaction, tenant_id, device_id, module_id)
    transaction.delete_module(tenant_id, device_id, module_id)
    _record(transaction, actor, "deleted", current, at=now(), before=current)


def _record(
    transaction: Transaction,
    actor: Actor,
    action: Action,
    module: Module,
    *,
    at: datetime,
    before: Module | None = None,
    after: Module | None = None,
) -> None:
    """The line stands under the device, whose history tells of its modules too."""
    change = change_of("module", action, module.tenant_id, module.device_id)
    record(transaction, actor, change, at=at, before=_image(before), after=_image(after))


def _image(module: Module | None) -> JsonObject | None:
    """What the journal keeps, under names whose secrets it knows."""
    if module is None:
        return None
    members: JsonObject = {
        "moduleId": module.module_id,
        "generationId": module.generation_id,
        "managedBy": module.managed_by,
        "primaryKey": module.primary_key,
        "secondaryKey": module.secondary_key,
    }
    return {name: value for name, value in members.items() if value is not None}
