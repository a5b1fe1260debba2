"""Modules of a device: made, given keys, removed; what the history keeps of them."""

from __future__ import annotations

import pytest

from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.errors import AlreadyExists, Invalid, LimitReached, NotFound
from registry_backend.domain.journal import JournalEntry
from registry_backend.registry import Registry, RegistrySettings
from tests.registry_backend.registry.makers import ACTOR

pytestmark = pytest.mark.usefixtures("device")


@pytest.fixture
async def device(registry: Registry, tenant: str) -> str:
    """The id of a device."""
    await registry.devices.create(tenant, "d1", DeviceAttributes(), actor=ACTOR)
    return "d1"


def keys(module_id: str, generation_id: str) -> tuple[str, str]:
    """Keys that tell what they were made from."""
    return f"primary of {module_id} {generation_id}", f"secondary of {module_id} {generation_id}"


async def history(registry: Registry) -> list[JournalEntry]:
    """What was written of modules, oldest first."""
    found = await registry.journal.page("acme", resource_id="d1", before=None, limit=100)
    return [entry for entry in reversed(found) if entry.resource == "module"]


async def test_a_module_is_what_was_asked_for(registry: Registry) -> None:
    """With keys of its generation where somebody makes them, and none else."""
    bare = await registry.modules.create("acme", "d1", "m1", actor=ACTOR, managed_by="iotEdge")
    assert (bare.primary_key, bare.managed_by, bare.revision) == (None, "iotEdge", 0)
    made = await registry.modules.create("acme", "d1", "$edgeHub", actor=ACTOR, keys=keys)
    assert (made.primary_key, made.secondary_key) == keys("$edgeHub", made.generation_id)
    assert await registry.modules.get("acme", "d1", "m1") == bare
    assert await registry.modules.list("acme", "d1") == [made, bare]


async def test_a_name_is_taken_once(registry: Registry) -> None:
    """What is there already stays as it is; names compare with their case."""
    made = await registry.modules.create("acme", "d1", "m1", actor=ACTOR)
    with pytest.raises(AlreadyExists, match="'m1'"):
        await registry.modules.create("acme", "d1", "m1", actor=ACTOR, keys=keys)
    await registry.modules.create("acme", "d1", "M1", actor=ACTOR)
    assert await registry.modules.get("acme", "d1", "m1") == made


@pytest.mark.parametrize("module_id", ["", " ", "a b", "a/b", "é", "a" * 129])
async def test_a_name_that_no_hub_takes_is_refused(registry: Registry, module_id: str) -> None:
    """The names of modules are those of devices."""
    with pytest.raises(Invalid, match="moduleId"):
        await registry.modules.create("acme", "d1", module_id, actor=ACTOR)


async def test_a_module_made_again_is_another(registry: Registry) -> None:
    """Its generation tells."""
    first = await registry.modules.create("acme", "d1", "m1", actor=ACTOR)
    await registry.modules.delete("acme", "d1", "m1", actor=ACTOR)
    with pytest.raises(NotFound):
        await registry.modules.get("acme", "d1", "m1")
    second = await registry.modules.create("acme", "d1", "m1", actor=ACTOR)
    assert int(second.generation_id) > int(first.generation_id)


async def test_a_module_is_made_anew_whether_there_was_one_or_not(registry: Registry) -> None:
    """The history tells of both halves; a name that no hub takes leaves the former one."""
    first = await registry.modules.replace("acme", "d1", "m1", keys, actor=ACTOR)
    second = await registry.modules.replace("acme", "d1", "m1", keys, actor=ACTOR)
    assert int(second.generation_id) > int(first.generation_id)
    assert (second.primary_key, second.secondary_key) == keys("m1", second.generation_id)
    assert await registry.modules.list("acme", "d1") == [second]
    assert [each.action for each in await history(registry)] == ["created", "deleted", "created"]
    with pytest.raises(Invalid, match="moduleId"):
        await registry.modules.replace("acme", "d1", "a b", keys, actor=ACTOR)
    with pytest.raises(NotFound):
        await registry.modules.replace("acme", "absent", "m1", keys, actor=ACTOR)


async def test_keys_are_those_of_the_generation(registry: Registry) -> None:
    """A module made elsewhere gets them later, as its next revision."""
    made = await registry.modules.create("acme", "d1", "m1", actor=ACTOR, managed_by="iotEdge")
    given = await registry.modules.update_keys("acme", "d1", "m1", keys, actor=ACTOR)
    assert (given.primary_key, given.secondary_key) == keys("m1", made.generation_id)
    assert (given.revision, given.managed_by) == (1, "iotEdge")
    assert (given.generation_id, given.created_at) == (made.generation_id, made.created_at)
    assert given.updated_at is not None
    assert await registry.modules.get("acme", "d1", "m1") == given


@pytest.mark.parametrize(("tenant_id", "device_id"), [("acme", "d2"), ("nobody", "d1")])
async def test_without_a_device_there_are_no_modules(
    registry: Registry, tenant_id: str, device_id: str
) -> None:
    """Whatever is asked, it is the device or its tenant that is missing."""
    modules = registry.modules
    for work in (
        modules.list(tenant_id, device_id),
        modules.get(tenant_id, device_id, "m1"),
        modules.create(tenant_id, device_id, "m1", actor=ACTOR),
        modules.update_keys(tenant_id, device_id, "m1", keys, actor=ACTOR),
        modules.delete(tenant_id, device_id, "m1", actor=ACTOR),
    ):
        with pytest.raises(NotFound, match="no tenant" if tenant_id == "nobody" else "no device"):
            await work


async def test_modules_go_with_their_device(registry: Registry) -> None:
    """A device of the same id later begins without any."""
    await registry.modules.create("acme", "d1", "m1", actor=ACTOR)
    await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)
    await registry.devices.create("acme", "d1", DeviceAttributes(), actor=ACTOR)
    assert await registry.modules.list("acme", "d1") == []


async def test_the_history_of_a_device_tells_of_its_modules(registry: Registry) -> None:
    """Who did what to which one; keys are fingerprints there."""
    made = await registry.modules.create("acme", "d1", "m1", actor=ACTOR, keys=keys)
    await registry.modules.update_keys("acme", "d1", "m1", keys, actor=ACTOR)
    await registry.modules.delete("acme", "d1", "m1", actor=ACTOR)
    found = await history(registry)
    assert [entry.action for entry in found] == ["created", "updated", "deleted"]
    assert {entry.actor for entry in found} == {"test:someone"}
    assert found[0].after
    assert found[0].after["moduleId"] == "m1"
    assert found[0].after["generationId"] == made.generation_id
    assert found[2].before == found[1].after
    assert "primary of" not in str(found)


async def test_a_missing_device_is_made_with_its_tenant_once(registry: Registry) -> None:
    """A gateway's configuration names both, and they need not be there before."""
    for _ in range(2):
        await registry.modules.ensure_device("new", "gateway", actor=ACTOR)
    device = await registry.devices.get("new", "gateway")
    assert device.revision == 0
    with pytest.raises(Invalid, match="device_id"):
        await registry.modules.ensure_device("new", "no good", actor=ACTOR)


async def test_the_limit_of_devices_holds_for_gateways_too(registry: Registry) -> None:
    """A tenant that is full gets no more devices this way."""
    limited = Registry(registry.store, RegistrySettings(max_devices_per_tenant=1))
    with pytest.raises(LimitReached):
        await limited.modules.ensure_device("acme", "gateway", actor=ACTOR)
    await limited.modules.ensure_device("acme", "d1", actor=ACTOR)
