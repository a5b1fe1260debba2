"""What every store must do with modules and shared access policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.modules import Module
from registry_backend.domain.policies import BUILT_IN, Policy, Right
from registry_backend.storage.base import Snapshot, Store, Transaction
from tests.contract.store_models import START, a_device

_property = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_IDS = st.text(alphabet="abAB$-é", min_size=1, max_size=4)


def _a_module(device_id: str, module_id: str, *, tenant_id: str = "t", revision: int = 0) -> Module:
    return Module(
        tenant_id=tenant_id,
        device_id=device_id,
        module_id=module_id,
        revision=revision,
        generation_id="637",
        managed_by="iotedge" if revision else None,
        primary_key="cHJpbWFyeQ==",
        secondary_key="c2Vjb25kYXJ5",
        created_at=START,
        updated_at=START + timedelta(microseconds=revision) if revision else None,
    )


def _a_policy(name: str, *rights: Right, key: str = "a2V5") -> Policy:
    return Policy(name=name, rights=frozenset(rights), primary_key=key, secondary_key=key)


async def _ids(store: Store, device_id: str, *, tenant_id: str = "t") -> list[str]:
    modules = await store.read(lambda registry: registry.list_modules(tenant_id, device_id))
    return [module.module_id for module in modules]


async def _with_modules(store: Store, *device_ids: str) -> None:
    """Devices of tenant t, each with two modules."""

    def work(registry: Transaction) -> None:
        registry.put_devices((a_device("t", each), None) for each in device_ids)
        for each in device_ids:
            registry.put_module(_a_module(each, "one"))
            registry.put_module(_a_module(each, "two"))

    await store.write(work)


class StoreModulesSuite:
    """The contract of the modules and policies of a store."""

    @pytest.fixture
    async def store(self) -> Store:
        """An empty store, closed after the test."""
        raise NotImplementedError

    # Modules

    async def test_a_module_comes_back_as_it_was_written(self, store: Store) -> None:
        """Keys, times to the microsecond, revision; whoever asks for another one gets none."""
        module = _a_module("d", "m", revision=3)
        await store.write(lambda registry: registry.put_module(module))

        def read(registry: Snapshot) -> list[Module | None]:
            places = [("t", "d", "m"), ("u", "d", "m"), ("t", "e", "m"), ("t", "d", "M")]
            return [registry.get_module(*place) for place in places]

        assert await store.read(read) == [module, None, None, None]

    async def test_a_module_put_again_is_replaced(self, store: Store) -> None:
        """There is one of each id, the last one written."""

        def work(registry: Transaction) -> None:
            registry.put_module(_a_module("d", "m"))
            registry.put_module(_a_module("d", "m", revision=1))

        await store.write(work)
        modules = await store.read(lambda registry: registry.list_modules("t", "d"))
        assert modules == [_a_module("d", "m", revision=1)]

    @_property
    @given(ids=st.lists(_IDS, unique=True, max_size=8))
    async def test_modules_are_listed_in_order_of_their_ids_bytes(
        self, store: Store, ids: list[str]
    ) -> None:
        """Those of one device of one tenant, in whatever order they came."""

        def work(registry: Transaction) -> None:
            for module in registry.list_modules("t", "d"):
                registry.delete_module("t", "d", module.module_id)
            for module_id in ids:
                registry.put_module(_a_module("d", module_id))
            registry.put_module(_a_module("d2", "other"))
            registry.put_module(_a_module("d", "other", tenant_id="u"))

        await store.write(work)
        assert await _ids(store, "d") == sorted(ids, key=str.encode)

    async def test_a_module_is_deleted_once(self, store: Store) -> None:
        """The answer says whether it was there; other modules stay."""
        await _with_modules(store, "d")

        def work(registry: Transaction) -> list[bool]:
            return [registry.delete_module("t", "d", "one") for _ in range(2)]

        assert await store.write(work) == [True, False]
        assert await _ids(store, "d") == ["two"]

    @pytest.mark.parametrize(
        "delete",
        [
            lambda registry: registry.delete_device("t", "a", expected="v1"),
            lambda registry: registry.delete_devices("t", limit=1),
        ],
        ids=["one device", "many devices"],
    )
    async def test_modules_go_with_their_device(
        self, store: Store, delete: Callable[[Transaction], object]
    ) -> None:
        """A device made anew has none; other devices and tenants keep theirs."""
        await _with_modules(store, "a", "b")
        await store.write(lambda registry: registry.put_module(_a_module("a", "m", tenant_id="u")))
        await store.write(delete)
        await store.write(lambda registry: registry.insert_device(a_device("t", "a")))
        assert await _ids(store, "a") == []
        assert await _ids(store, "b") == ["one", "two"]
        assert await _ids(store, "a", tenant_id="u") == ["m"]

    async def test_modules_stay_when_nothing_is_deleted(self, store: Store) -> None:
        """A deletion of another version, and a device put again, leave them alone."""
        await _with_modules(store, "d")

        def work(registry: Transaction) -> bool:
            registry.put_devices([(a_device("t", "d", version="v2"), [])])
            return registry.delete_device("t", "d", expected="v1")

        assert await store.write(work) is False
        assert await _ids(store, "d") == ["one", "two"]

    # Policies

    async def test_a_policy_comes_back_as_it_was_written(self, store: Store) -> None:
        """Its rights and both keys."""
        policy = Policy(
            name="owner",
            rights=BUILT_IN["iothubowner"],
            primary_key="b25l",
            secondary_key="dHdv",
        )
        await store.write(lambda registry: registry.put_policy(policy))
        assert await store.read(lambda registry: registry.get_policy("owner")) == policy
        assert await store.read(lambda registry: registry.get_policy("own")) is None

    async def test_names_of_policies_compare_without_case(self, store: Store) -> None:
        """A policy is found, and replaced, however its name is spelled."""

        def work(registry: Transaction) -> Sequence[Policy]:
            registry.put_policy(_a_policy("registryRead", Right.REGISTRY_READ))
            registry.put_policy(_a_policy("RegistryREAD", Right.REGISTRY_READ, key="bmV3"))
            return registry.list_policies()

        (kept,) = await store.write(work)
        assert kept.primary_key == "bmV3"
        assert await store.read(lambda registry: registry.get_policy("REGISTRYread")) == kept

    async def test_policies_are_listed_by_name(self, store: Store) -> None:
        """Without regard to case."""

        def work(registry: Transaction) -> Sequence[Policy]:
            for name in ("service", "Device", "iothubowner", "Zone"):
                registry.put_policy(_a_policy(name))
            return registry.list_policies()

        listed = [policy.name for policy in await store.write(work)]
        assert listed == ["Device", "iothubowner", "service", "Zone"]
