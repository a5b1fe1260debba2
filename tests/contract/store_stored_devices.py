"""What every store must do with devices that are read and replaced without models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from registry_backend.domain.devices import Device
from registry_backend.domain.errors import NotFound
from registry_backend.domain.journal import Actor, Change, JournalEntry
from registry_backend.domain.statistics import Statistics
from registry_backend.storage.base import Snapshot, Store, StoredDevice, StoredIdentity, Transaction
from tests.contract.store_models import START, a_credential, a_device, a_tenant


async def _with_device(store: Store, **members: Any) -> Device:
    """The device d of tenant t, with these members."""
    device = a_device("t", "d", updated_after=1, **members)

    def work(registry: Transaction) -> None:
        registry.insert_tenant(a_tenant("t"))
        registry.insert_device(device)

    await store.write(work)
    return device


def _replacement(device: Device, **members: Any) -> Device:
    return a_device("t", "d", version="v2", updated_after=2, **members).model_copy(
        update={"generation_id": device.generation_id, "revision": 1}
    )


async def _replaced(store: Store, device: Device) -> bool:
    def work(registry: Transaction) -> bool:
        stored = registry.get_stored_device("t", "d")
        assert stored is not None
        return registry.replace_device(device, stored=stored, text=device.attributes.to_text())

    return await store.write(work)


def _identity_of_d(registry: Snapshot) -> StoredIdentity | None:
    return registry.get_stored_identity("t", "d")


def _stored_d(registry: Snapshot) -> StoredDevice:
    stored = registry.get_stored_device("t", "d")
    assert stored is not None
    return stored


def _refuse(_: Snapshot) -> None:
    raise NotFound("nothing like that")


class StoreStoredDevicesSuite:
    """What is read and written by key without models: devices, credentials, names, revisions."""

    @pytest.fixture
    async def store(self) -> Store:
        """An empty store, closed after the test."""
        raise NotImplementedError

    async def test_a_stored_device_is_the_model_taken_apart(self, store: Store) -> None:
        """Every column of it, and its members as text."""
        device = await _with_device(store, enabled=False, ext={"a": "ü"}, unknown=[1])
        assert await store.read(
            lambda registry: registry.get_stored_device("t", "d")
        ) == StoredDevice(
            enabled=False,
            version="v1",
            revision=0,
            generation_id=device.generation_id,
            created_at=START,
            updated_at=START + timedelta(seconds=1),
            status_updated_at=None,
            document='{"enabled":false,"ext":{"a":"ü"},"unknown":[1]}',
        )

    async def test_one_thing_is_read_as_it_is_durable(self, store: Store) -> None:
        """Asked alone or among others, before a write and after it, and its errors come through."""
        assert await store.read_one(lambda registry: registry.revisions("t", ["d"])) == {}
        await _with_device(store)
        for read in (store.read_one, store.read_point, store.read):
            assert await read(lambda registry: registry.revisions("t", ["d"])) == {"d": 0}
            with pytest.raises(NotFound):
                await read(_refuse)

    async def test_no_device_is_there_without_its_tenant(self, store: Store) -> None:
        """Devices of a removed tenant stay, and are not seen."""
        await _with_device(store)
        await store.write(lambda registry: registry.delete_tenant("t", expected="v1"))
        assert await store.read(lambda registry: registry.get_stored_device("t", "d")) is None
        assert await store.read(lambda registry: registry.get_stored_device("u", "d")) is None
        assert await store.read(lambda registry: registry.get_stored_identity("t", "d")) is None

    async def test_a_stored_identity_has_its_credentials_in_order(self, store: Store) -> None:
        """As texts beside the device's, however many; those of others are not among them."""
        await _with_device(store)
        assert await store.read(_identity_of_d) == await store.read(
            lambda registry: StoredIdentity(_stored_d(registry), ())
        )
        given = [a_credential("z"), a_credential("a"), a_credential("CN=a", type_="x509-cert")]

        def work(registry: Transaction) -> None:
            other = a_device("t", "e")
            registry.put_devices([(a_device("t", "d"), given), (other, [a_credential("e")])])

        await store.write(work)
        found = await store.read(_identity_of_d)
        assert found is not None
        assert found.device == await store.read(_stored_d)
        assert found.credentials == tuple(each.to_text() for each in given)

    async def test_a_tenant_is_found_in_another_case_where_it_is_the_only_one(
        self, store: Store
    ) -> None:
        """ASCII alone has cases here; of two that differ by case, neither is the one."""

        def work(registry: Transaction) -> None:
            for tenant_id in ("Dock", "Pier", "PIER", "Ä"):
                registry.insert_tenant(a_tenant(tenant_id))

        await store.write(work)

        def found(registry: Snapshot) -> list[str | None]:
            names = ("dock", "DOCK", "Dock", "pier", "ä", "doc", "D_ck", "")
            return [registry.tenant_without_case(name) for name in names]

        assert await store.read(found) == ["Dock", "Dock", "Dock", None, None, None, None, None]

    async def test_revisions_are_told_of_those_that_are_there(self, store: Store) -> None:
        """Of one tenant, however often one is named; also where the tenant is gone."""

        def work(registry: Transaction) -> None:
            registry.insert_device(a_device("t", "d"))
            registry.insert_device(a_device("t", "e").model_copy(update={"revision": 7}))
            registry.insert_device(a_device("u", "f"))

        await store.write(work)
        named = ["e", "d", "e", "f", "g", ""]
        assert await store.read(lambda registry: registry.revisions("t", named)) == {"d": 0, "e": 7}
        assert await store.read(lambda registry: registry.revisions("t", [])) == {}

    async def test_a_revision_counts_writes_of_credentials_too(self, store: Store) -> None:
        """A hub's ETag covers the keys."""
        device = await _with_device(store)
        assert await _replaced(store, _replacement(device))

        def work(registry: Transaction) -> bool:
            stored = registry.get_credentials("t", "d")
            assert stored is not None
            given = {"credentials": (a_credential("d"),), "version": "next"}
            return registry.put_credentials(
                stored.model_copy(update=given), expected=stored.version
            )

        assert await store.write(work)
        assert await store.read(lambda registry: registry.revisions("t", ["d"])) == {"d": 2}

    @pytest.mark.parametrize(
        ("before", "after", "gateways"),
        [
            ({"via": ["a", "b"]}, {"via": ["b"]}, ["b"]),
            ({"via": ["a"]}, {}, []),
            ({}, {"via": "a"}, ["a"]),
            ({"via": ["a"]}, {"via": ["a"]}, ["a"]),
            ({"enabled": False}, {"enabled": True}, []),
            ({"enabled": True}, {"enabled": False, "memberOf": ["g"]}, []),
        ],
    )
    async def test_a_replaced_device_is_what_its_model_says(
        self, store: Store, before: dict[str, Any], after: dict[str, Any], gateways: list[str]
    ) -> None:
        """Kept counts and links follow."""
        device = _replacement(await _with_device(store, **before), **after)
        assert await _replaced(store, device)

        def found(registry: Any) -> tuple[Device | None, Statistics, Sequence[str]]:
            return (
                registry.get_device("t", "d"),
                registry.statistics("t"),
                registry.gateways_of("t"),
            )

        statistics = Statistics(total=1, enabled=int(device.enabled))
        assert await store.read(found) == (device, statistics, gateways)

    async def test_a_device_is_replaced_only_as_it_was_read(self, store: Store) -> None:
        """A version read earlier is not overwritten."""
        device = await _with_device(store)
        old = await store.read(lambda registry: registry.get_stored_device("t", "d"))
        assert old is not None
        assert await _replaced(store, _replacement(device))
        late = _replacement(device, ext={"late": True}).model_copy(update={"version": "v3"})
        assert not await store.write(
            lambda registry: registry.replace_device(late, stored=old, text="{}")
        )
        kept = await store.read(lambda registry: registry.get_device("t", "d"))
        assert kept is not None
        assert kept.version == "v2"

    async def test_a_line_of_texts_is_read_as_its_members(self, store: Store) -> None:
        """As `add_journal` would have left it; what is not given stays away."""
        change = Change(resource="device", action="updated", tenant_id="t", resource_id="d")
        actor = Actor(via="hono", name="me")
        await store.write(
            lambda registry: registry.add_line(
                actor, START, change, before='{"ext":{"a":"ü"}}', after=None
            )
        )
        (line,) = await store.read(
            lambda registry: registry.page_journal("t", resource_id="d", before=None, limit=9)
        )
        assert line == JournalEntry(
            sequence=line.sequence,
            at=START,
            actor="hono:me",
            action="updated",
            resource="device",
            tenant_id="t",
            resource_id="d",
            before={"ext": {"a": "ü"}},
            after=None,
        )
