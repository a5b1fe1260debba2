"""What every store does. Inherit `StoreSuite` and give it the two fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import AlreadyExists, Invalid, NotFound
from registry_backend.domain.journal import Actor, Change, JournalEntry
from registry_backend.domain.query import (
    AttributeFilter,
    Cursor,
    DeviceQuery,
    DeviceSort,
    Order,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.statistics import Statistics
from registry_backend.storage.base import Snapshot, Store, Transaction
from tests.contract.store_models import (
    MIDNIGHT,
    START,
    Fleet,
    a_credential,
    a_device,
    a_job,
    a_tenant,
    fitting,
)

BY_ID = Order()
EVERYTHING = DeviceQuery()
_property = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

_IDS = st.text(alphabet="abAB-_.é%!", min_size=1, max_size=6)
_NAMES = st.sampled_from(["site", "Site", "a b", "it's", 'quo"te', "back\\slash", "ü", "", "a.b"])
_SCALARS = st.one_of(
    st.sampled_from(["berlin", "Berlin", "ber[l]in", "b*", "5", "", 'a"b', "ü"]),
    st.integers(-3, 3),
    st.sampled_from([0.5, 2.0]),
    st.booleans(),
)
_MEMBERS = st.one_of(_SCALARS, st.none(), st.lists(_SCALARS, max_size=3))
_EXT = st.dictionaries(_NAMES, st.one_of(_MEMBERS, st.dictionaries(_NAMES, _MEMBERS, max_size=2)))
_ENDS = st.lists(
    st.one_of(st.none(), st.integers(0, 9).map(lambda days: MIDNIGHT + timedelta(days=days))),
    max_size=2,
)


@st.composite
def fleets(draw: st.DrawFn) -> dict[str, tuple[Device, list[Credential]]]:
    """Up to fourteen devices of a tenant of their own."""
    ids = draw(st.lists(_IDS, unique=True, max_size=14))
    groups = st.lists(st.sampled_from(["g1", "g2"]), unique=True, max_size=2)
    tenant_id = uuid4().hex
    fleet = {}
    for device_id in ids:
        members: dict[str, Any] = {"ext": draw(_EXT)}
        if draw(st.booleans()):
            members["enabled"] = draw(st.booleans())
        if draw(st.booleans()):
            members["via"] = draw(st.lists(st.sampled_from(ids), unique=True, max_size=2))
            members["viaGroups"] = draw(groups)
        elif draw(st.booleans()):
            members["memberOf"] = draw(groups)
        device = a_device(
            tenant_id, device_id, updated_after=draw(st.none() | st.integers(1, 4)), **members
        )
        types = draw(st.lists(st.sampled_from(["psk", "rpk"]), unique=True, max_size=2))
        credentials = [a_credential(device_id, type_=each, ends=draw(_ENDS)) for each in types]
        fleet[device_id] = (device, credentials)
    return fleet


def queries() -> st.SearchStrategy[DeviceQuery]:
    """Any conditions together, few at a time."""
    wanted = st.one_of(_SCALARS, st.sampled_from(["*", "?er*", "b[*", "*in"]))
    paths = st.lists(_NAMES, min_size=1, max_size=2).map(lambda names: ("ext", *names))
    parts = st.text(alphabet="abAB-_é%", min_size=1, max_size=4)
    attributes = st.builds(AttributeFilter, paths | st.just(("enabled",)), wanted)
    return st.builds(
        DeviceQuery,
        id_prefix=st.just("") | st.text(alphabet="abé", max_size=2),
        id_contains=st.just(()) | st.lists(parts, min_size=1, max_size=2).map(tuple),
        enabled=st.none() | st.booleans(),
        via=st.none() | _IDS,
        is_gateway=st.none() | st.booleans(),
        credential_type=st.sampled_from([None, None, "psk", "rpk", "x"]),
        expires_before=st.none()
        | st.integers(0, 9).map(lambda days: MIDNIGHT + timedelta(days=days)),
        attributes=st.just(()) | st.tuples(attributes),
    )


def orders() -> st.SearchStrategy[Order]:
    """Every order."""
    return st.builds(Order, by=st.sampled_from(DeviceSort), descending=st.booleans())


def in_order(fleet: Fleet, ids: set[str], order: Order) -> list[str]:
    """Ids as a list in that order has them; ids compare by bytes."""

    def key(device_id: str) -> tuple[object, ...]:
        device = fleet[device_id][0]
        changed = device.updated_at or device.created_at
        by_id = (device_id.encode(),)
        return by_id if order.by is DeviceSort.ID else (changed, *by_id)

    return sorted(ids, key=key, reverse=order.descending)


async def put(store: Store, fleet: Fleet) -> str:
    """Write a fleet; the tenant it belongs to."""
    await store.write(lambda registry: registry.put_devices(fleet.values()))
    return next((device.tenant_id for device, _ in fleet.values()), "nobody")


async def ids_by_walking(
    store: Store, tenant_id: str, query: DeviceQuery, order: Order, *, backward: bool, limit: int
) -> list[str]:
    """All ids of a list in list order, gathered page by page."""
    gathered: list[str] = []
    start: Cursor | None = None
    while True:
        request = PageRequest(start=start, backward=backward, limit=limit)
        page = await store.read(
            lambda registry, request=request: registry.page_devices(  # type: ignore[misc]
                tenant_id, query, order, request
            )
        )
        ids = [device.device_id for device in page.rows]
        gathered = ids + gathered if backward else gathered + ids
        if not page.more:
            return gathered
        start = page.cursors[0 if backward else -1]


def counted(registry: Snapshot, tenant_id: str) -> tuple[Statistics, int]:
    """All counts that are kept for a tenant."""
    return registry.statistics(tenant_id), registry.count_credentials(tenant_id).value


class StoreSuite:
    """The contract of `registry_backend.storage.base`."""

    @pytest.fixture
    async def store(self) -> Store:
        """An empty store, closed after the test."""
        raise NotImplementedError

    @pytest.fixture
    def open_again(self) -> Callable[[], Awaitable[Store]]:
        """Opens the same data a second time; what it opens is closed after the test."""
        raise NotImplementedError

    # Tenants

    async def test_a_tenant_comes_back_as_it_was_written(self, store: Store) -> None:
        """Attributes, unknown members, version and times survive, to the microsecond."""
        tenant = a_tenant("t", alias="other-name", unknown={"deep": [1, None]})
        await store.write(lambda registry: registry.insert_tenant(tenant))
        found = await store.read(lambda registry: registry.get_tenant("t"))
        assert found == tenant
        assert found.attributes.to_json() == tenant.attributes.to_json()
        assert await store.read(lambda registry: registry.get_tenant("T")) is None

    async def test_a_tenant_is_inserted_once(self, store: Store) -> None:
        """The second insert is refused and the first stays."""
        await store.write(lambda registry: registry.insert_tenant(a_tenant("t")))
        with pytest.raises(AlreadyExists, match="'t'"):
            await store.write(lambda registry: registry.insert_tenant(a_tenant("t", version="v2")))
        found = await store.read(lambda registry: registry.get_tenant("t"))
        assert found is not None
        assert found.version == "v1"

    async def test_a_tenant_is_written_only_at_the_expected_version(self, store: Store) -> None:
        """Update and delete do nothing at another version, and say so."""

        def work(registry: Transaction) -> list[bool]:
            registry.insert_tenant(a_tenant("t"))
            changed = a_tenant("t", version="v2", enabled=False)
            return [
                registry.update_tenant(changed, expected="v0"),
                registry.update_tenant(changed, expected="v1"),
                registry.delete_tenant("t", expected="v1"),
                registry.delete_tenant("t", expected="v2"),
                registry.delete_tenant("t", expected="v2"),
            ]

        assert await store.write(work) == [False, True, False, True, False]

    async def test_tenants_are_paged_in_order_of_their_ids_bytes(self, store: Store) -> None:
        """Forward and backward, with search that ignores case and with the state."""
        names = ["b", "B", "a-1", "a.1", "Ä", "c%d"]

        def work(registry: Transaction) -> None:
            for name in names:
                registry.insert_tenant(a_tenant(name, enabled=name != "B"))

        await store.write(work)

        def pages(registry: Snapshot) -> list[list[str]]:
            asked = [
                (TenantQuery(), PageRequest(limit=10)),
                (TenantQuery(), PageRequest(backward=True, limit=2)),
                (TenantQuery(id_contains=("b",)), PageRequest()),
                (TenantQuery(id_contains=("%",)), PageRequest()),
                (TenantQuery(id_contains=("B",), enabled=False), PageRequest()),
            ]
            return [
                [tenant.tenant_id for tenant in registry.page_tenants(*each).rows] for each in asked
            ]

        assert await store.read(pages) == [
            ["B", "a-1", "a.1", "b", "c%d", "Ä"],
            ["c%d", "Ä"],
            ["B", "b"],
            ["c%d"],
            ["B"],
        ]
        count = await store.read(lambda registry: registry.count_tenants(TenantQuery(enabled=True)))
        assert count.value == 5

    async def test_trust_anchors_and_aliases_find_the_other_tenant(self, store: Store) -> None:
        """The tenant itself is not meant; what an update takes away is found no more."""
        anchors = [{"subject-dn": "CN=ca"}, {"subject-dn": "CN=ca"}]
        first = a_tenant("t1", alias="name", trusted_ca=anchors)

        def owners(registry: Snapshot) -> list[str | None]:
            found = [
                registry.tenant_of_trust_anchor("CN=ca", other_than="t2"),
                registry.tenant_of_trust_anchor("CN=ca", other_than="t1"),
                registry.tenant_of_alias("name", other_than="t2"),
                registry.tenant_of_alias("name", other_than="t1"),
            ]
            return [tenant.tenant_id if tenant else None for tenant in found]

        await store.write(lambda registry: registry.insert_tenant(first))
        assert await store.read(owners) == ["t1", None, "t1", None]
        bare = a_tenant("t1", version="v2")
        await store.write(lambda registry: registry.update_tenant(bare, expected="v1"))
        assert await store.read(owners) == [None] * 4

    # Devices

    async def test_a_device_comes_back_as_it_was_written(self, store: Store) -> None:
        """Attributes, unknown members, versions and times survive, to the microsecond."""
        device = a_device("t", "d", via="gw", updated_after=7, unknown={"ü": [1.5, None]})
        await store.write(lambda registry: registry.insert_device(device))
        found = await store.read(lambda registry: registry.get_device("t", "d"))
        assert found == device
        assert found.attributes.to_json() == device.attributes.to_json()
        assert await store.read(lambda registry: registry.get_device("other", "d")) is None

    async def test_a_device_is_inserted_once_with_an_empty_set(self, store: Store) -> None:
        """The second insert is refused; the credential set has a version from the start."""
        await store.write(lambda registry: registry.insert_device(a_device("t", "d")))
        with pytest.raises(AlreadyExists, match=r"'d'.*'t'"):
            await store.write(lambda registry: registry.insert_device(a_device("t", "d")))
        empty = await store.read(lambda registry: registry.get_credentials("t", "d"))
        assert empty is not None
        assert (empty.credentials, empty.revision, bool(empty.version)) == ((), 0, True)
        assert await store.read(lambda registry: registry.get_credentials("t", "x")) is None

    async def test_a_device_is_written_only_at_the_expected_version(self, store: Store) -> None:
        """Update and delete do nothing at another version, and the counts follow what was done."""

        def work(registry: Transaction) -> list[object]:
            registry.insert_device(a_device("t", "d"))
            changed = a_device("t", "d", version="v2", enabled=False)
            steps: list[object] = [counted(registry, "t")]
            for expected in ("v0", "v1"):
                steps += [
                    registry.update_device(changed, expected=expected),
                    counted(registry, "t"),
                ]
            for expected in ("v1", "v2", "v2"):
                steps += [
                    registry.delete_device("t", "d", expected=expected),
                    counted(registry, "t"),
                ]
            return steps

        enabled = (Statistics(total=1, enabled=1), 0)
        disabled = (Statistics(total=1, enabled=0), 0)
        nothing = (Statistics(total=0, enabled=0), 0)
        assert await store.write(work) == [
            *(enabled, False, enabled, True, disabled),
            *(False, disabled, True, nothing, False, nothing),
        ]

    async def test_deleting_a_device_takes_its_credentials_along(self, store: Store) -> None:
        """A device made anew has none, and its old auth-id is free."""

        def work(registry: Transaction) -> None:
            registry.put_devices([(a_device("t", "d"), [a_credential("d")])])
            assert registry.delete_device("t", "d", expected="v1")
            registry.insert_device(a_device("t", "d"))

        await store.write(work)
        found = await store.read(lambda registry: registry.get_credentials("t", "d"))
        assert found is not None
        assert found.credentials == ()
        assert await store.read(lambda registry: registry.owner_of("t", "psk", "d")) is None

    async def test_deleting_many_devices_stops_at_the_limit(self, store: Store) -> None:
        """Counts, links and credentials go with them; other tenants keep theirs."""

        def work(registry: Transaction) -> list[int]:
            registry.put_devices(
                (a_device("t", f"d{n}", via="gw"), [a_credential(f"d{n}")]) for n in range(5)
            )
            registry.put_devices([(a_device("other", "d0"), [a_credential("d0")])])
            return [registry.delete_devices("t", limit=3) for _ in range(3)]

        assert await store.write(work) == [3, 2, 0]
        assert await store.read(lambda registry: counted(registry, "t")) == (
            Statistics(total=0, enabled=0),
            0,
        )
        assert await store.read(lambda registry: registry.gateways_of("t")) == []
        assert await store.read(lambda registry: registry.owner_of("other", "psk", "d0")) == "d0"

    async def test_gateways_are_listed_once_in_order(self, store: Store) -> None:
        """Whoever is named in via, whether it exists or not; gone with the last who names it."""

        def work(registry: Transaction) -> list[Sequence[str]]:
            registry.put_devices(
                (a_device("t", f"d{n}", via=[f"gw-{n % 2}", "both"]), None) for n in range(4)
            )
            registry.insert_device(a_device("other", "d", via="elsewhere"))
            before = registry.gateways_of("t")
            for n in (0, 2):
                registry.update_device(a_device("t", f"d{n}", via="both"), expected="v1")
            return [before, registry.gateways_of("t")]

        assert await store.write(work) == [["both", "gw-0", "gw-1"], ["both", "gw-1"]]

    # Lists of devices

    @_property
    @given(fleet=fleets(), query=queries(), order=orders(), limit=st.integers(1, 5))
    async def test_a_query_finds_what_plain_python_finds(
        self, store: Store, fleet: Fleet, query: DeviceQuery, order: Order, limit: int
    ) -> None:
        """Each row once, in order, whichever way the pages are walked; the count agrees."""
        tenant_id = await put(store, fleet)
        expected = in_order(fleet, fitting(fleet, query), order)
        for backward in (False, True):
            walked = await ids_by_walking(
                store, tenant_id, query, order, backward=backward, limit=limit
            )
            assert walked == expected
        count = await store.read(lambda registry: registry.count_devices(tenant_id, query))
        assert count.value == len(expected)

    @_property
    @given(
        fleet=fleets(),
        order=orders(),
        enabled=st.none() | st.booleans(),
        skip=st.integers(0, 16),
        limit=st.integers(1, 5),
    )
    async def test_skipping_is_slicing(
        self,
        store: Store,
        fleet: Fleet,
        order: Order,
        enabled: bool | None,
        skip: int,
        limit: int,
    ) -> None:
        """From either end and from any row, with `more` telling whether something is left."""
        tenant_id = await put(store, fleet)
        query = DeviceQuery(enabled=enabled)
        whole = in_order(fleet, fitting(fleet, query), order)

        def check(registry: Snapshot) -> None:
            def ids(request: PageRequest) -> tuple[list[str], bool]:
                page = registry.page_devices(tenant_id, query, order, request)
                return [device.device_id for device in page.rows], page.more

            rest, backward = whole[skip:], whole[: len(whole) - skip]
            if skip >= len(whole):
                backward = []
            assert ids(PageRequest(skip=skip, limit=limit)) == (rest[:limit], len(rest) > limit)
            assert ids(PageRequest(skip=skip, limit=limit, backward=True)) == (
                backward[-limit:],
                len(backward) > limit,
            )
            everything = registry.page_devices(tenant_id, query, order, PageRequest())
            for place, cursor in enumerate(everything.cursors):
                rest = whole[place + 1 + skip :]
                request = PageRequest(start=cursor, skip=skip, limit=limit)
                assert ids(request) == (rest[:limit], len(rest) > limit)

        await store.read(check)

    @_property
    @given(fleet=fleets(), query=queries(), order=orders())
    async def test_positions_count_the_rows_before(
        self, store: Store, fleet: Fleet, query: DeviceQuery, order: Order
    ) -> None:
        """Of each device of the tenant, whether the query has it or not."""
        tenant_id = await put(store, fleet)
        found = fitting(fleet, query)
        for device_id in fleet:
            before = in_order(fleet, found | {device_id}, order).index(device_id)
            position = await store.read(
                lambda registry, device_id=device_id: registry.position_of_device(  # type: ignore[misc]
                    tenant_id, device_id, query, order
                )
            )
            assert position == before

    async def test_a_new_id_has_a_position_too(self, store: Store) -> None:
        """Where it would stand in the order of ids."""
        await store.write(
            lambda registry: registry.put_devices((a_device("t", each), None) for each in "ace")
        )
        positions = await store.read(
            lambda registry: [
                registry.position_of_device("t", "d", EVERYTHING, BY_ID),
                registry.position_of_device("t", "d", EVERYTHING, Order(descending=True)),
            ]
        )
        assert positions == [2, 1]

    @pytest.mark.parametrize(
        "cursor", ["", "x", "!!!", "W10", "WzFd", "WyJhIiwxXQ", "eyJhIjoxfQ", "ü", "WyJhIl0=="]
    )
    async def test_a_malformed_cursor_is_refused(self, store: Store, cursor: str) -> None:
        """Whatever is wrong with it."""
        request = PageRequest(start=Cursor(cursor))
        with pytest.raises(Invalid, match="cursor"):
            await store.read(
                lambda registry: registry.page_devices(
                    "t", EVERYTHING, Order(DeviceSort.UPDATED), request
                )
            )

    @pytest.mark.parametrize("request_", [PageRequest(limit=0), PageRequest(skip=-1)])
    async def test_a_page_without_rows_is_refused(
        self, store: Store, request_: PageRequest
    ) -> None:
        """Asking for nothing is a mistake."""
        with pytest.raises(Invalid, match="limit"):
            await store.read(lambda registry: registry.page_tenants(TenantQuery(), request_))

    async def test_an_endless_pattern_is_refused(self, store: Store) -> None:
        """With a reason, instead of the database's own."""
        query = DeviceQuery(attributes=(AttributeFilter(("ext", "site"), "*" * 100_000),))
        with pytest.raises(Invalid, match="pattern"):
            await store.read(lambda registry: registry.count_devices("t", query))

    # Bulk

    async def test_one_call_takes_the_devices_of_one_tenant(self, store: Store) -> None:
        """Counts are kept by tenant, so anything else is a mistake in the caller."""
        rows = [(a_device("t", "d"), None), (a_device("u", "d"), None)]
        with pytest.raises(ValueError, match="one tenant"):
            await store.write(lambda registry: registry.put_devices(rows))
        assert await store.read(lambda registry: registry.get_device("t", "d")) is None

    @_property
    @given(before=fleets(), after=fleets(), kept=st.booleans())
    async def test_putting_many_leaves_what_putting_each_would(
        self, store: Store, before: Fleet, after: Fleet, kept: bool
    ) -> None:
        """Later rows win, sets are replaced or left, and the counts are those of the outcome."""
        tenant_id = uuid4().hex
        outcome: dict[str, tuple[Device, Sequence[Credential]]] = {}
        rows: list[list[tuple[Device, Sequence[Credential] | None]]] = []
        for fleet in (before, after):
            rows.append([])
            for device_id, (device, credentials) in fleet.items():
                mine = device.model_copy(update={"tenant_id": tenant_id})
                leave = kept and device_id in outcome
                rows[-1].append((mine, None if leave else credentials))
                outcome[device_id] = (mine, outcome[device_id][1] if leave else credentials)
        for batch in rows:
            await store.write(lambda registry, batch=batch: registry.put_devices(batch))  # type: ignore[misc]

        def check(registry: Snapshot) -> None:
            sets = registry.get_many_credentials(tenant_id, list(outcome))
            for device_id, (device, credentials) in outcome.items():
                assert registry.get_device(tenant_id, device_id) == device
                assert list(sets[device_id].credentials) == list(credentials)
            assert counted(registry, tenant_id) == (
                Statistics(
                    total=len(outcome),
                    enabled=sum(device.enabled for device, _ in outcome.values()),
                ),
                sum(len(credentials) for _, credentials in outcome.values()),
            )

        await store.read(check)

    async def test_the_last_row_of_a_device_counts(self, store: Store) -> None:
        """Also within one call; a set given before is left by a row without one."""
        first, last = a_device("t", "d"), a_device("t", "d", version="v2", enabled=False)
        await store.write(
            lambda registry: registry.put_devices([(first, [a_credential("d")]), (last, None)])
        )
        assert await store.read(lambda registry: registry.get_device("t", "d")) == last
        assert await store.read(lambda registry: counted(registry, "t")) == (
            Statistics(total=1, enabled=0),
            1,
        )

    async def test_devices_of_one_call_may_swap_their_auth_ids(self, store: Store) -> None:
        """Only a device that is not written in the same call keeps an auth-id taken."""
        pair = [
            (a_device("t", "a"), [a_credential("x")]),
            (a_device("t", "b"), [a_credential("y")]),
        ]
        swapped = [(pair[0][0], pair[1][1]), (pair[1][0], pair[0][1])]
        await store.write(lambda registry: registry.put_devices(pair))
        await store.write(lambda registry: registry.put_devices(swapped))
        assert await store.read(lambda registry: registry.owner_of("t", "psk", "x")) == "b"

    async def test_a_taken_auth_id_undoes_the_whole_call(self, store: Store) -> None:
        """A use case may go on after it: nothing of the refused call is left."""

        def work(registry: Transaction) -> str:
            registry.put_devices([(a_device("t", "a"), [a_credential("x")])])
            rows = [(a_device("t", f"b{n}"), [a_credential(f"b{n}")]) for n in range(3)]
            rows.append((a_device("t", "c"), [a_credential("x")]))
            with pytest.raises(AlreadyExists) as refused:
                registry.put_devices(rows)
            assert counted(registry, "t") == (Statistics(total=1, enabled=1), 1)
            assert registry.get_device("t", "b0") is None
            return str(refused.value)

        message = await store.write(work)
        assert "'psk'" in message
        assert "'x'" in message
        assert "'a'" in message

    # Credentials

    async def test_a_set_is_replaced_only_at_the_expected_version(self, store: Store) -> None:
        """The order of credentials and their secrets survive; the device's revision counts on."""
        device = a_device("t", "d")
        credentials = (a_credential("z", type_="rpk"), a_credential("a", ends=[MIDNIGHT]))
        wanted = CredentialSet(
            tenant_id="t", device_id="d", credentials=credentials, version="c2", revision=1
        )

        def work(registry: Transaction) -> list[bool]:
            registry.insert_device(device)
            first = registry.get_credentials("t", "d")
            assert first is not None
            return [
                registry.put_credentials(wanted, expected="another"),
                registry.put_credentials(wanted, expected=first.version),
                registry.put_credentials(wanted, expected=first.version),
            ]

        assert await store.write(work) == [False, True, False]
        assert await store.read(lambda registry: registry.get_credentials("t", "d")) == wanted
        counted = device.model_copy(update={"revision": 1})
        assert await store.read(lambda registry: registry.get_device("t", "d")) == counted
        count = await store.read(lambda registry: registry.count_credentials("t"))
        assert count.value == 2

    async def test_an_auth_id_belongs_to_one_device_of_a_tenant(self, store: Store) -> None:
        """A second owner is refused by name; another type or tenant may use it."""

        def give(tenant_id: str, device_id: str, type_: str) -> Callable[[Transaction], bool]:
            def work(registry: Transaction) -> bool:
                registry.insert_device(a_device(tenant_id, device_id))
                empty = registry.get_credentials(tenant_id, device_id)
                assert empty is not None
                return registry.put_credentials(
                    empty.model_copy(update={"credentials": (a_credential("id", type_=type_),)}),
                    expected=empty.version,
                )

            return work

        assert await store.write(give("t", "a", "psk"))
        with pytest.raises(AlreadyExists, match=r"'psk'.*'id'.*'a'"):
            await store.write(give("t", "b", "psk"))
        assert await store.read(lambda registry: registry.get_device("t", "b")) is None
        assert await store.write(give("t", "b", "rpk"))
        assert await store.write(give("other", "b", "psk"))
        twice = (a_credential("same"), a_credential("same"))
        with pytest.raises(AlreadyExists, match="'same'"):
            await store.write(lambda registry: registry.put_devices([(a_device("t", "c"), twice)]))

    async def test_credentials_are_listed_by_auth_id_or_by_expiry(self, store: Store) -> None:
        """Forward and backward; a credential with an endless secret never expires."""
        ends = {"d": 4, "a": 2, "c": 2, "b": None}

        def work(registry: Transaction) -> None:
            registry.put_devices(
                (
                    a_device("t", f"device-{name}"),
                    [a_credential(name, ends=[MIDNIGHT + timedelta(days=day) if day else None])],
                )
                for name, day in ends.items()
            )

        await store.write(work)

        def names(registry: Snapshot, days: int | None, request: PageRequest) -> list[str]:
            before = None if days is None else MIDNIGHT + timedelta(days=days)
            page = registry.page_credentials("t", expires_before=before, request=request)
            return [row.auth_id for row in page.rows]

        def check(registry: Snapshot) -> None:
            assert names(registry, None, PageRequest()) == ["a", "b", "c", "d"]
            assert names(registry, None, PageRequest(backward=True, limit=2)) == ["c", "d"]
            assert names(registry, None, PageRequest(skip=3)) == ["d"]
            assert names(registry, 5, PageRequest()) == ["a", "c", "d"]
            assert names(registry, 4, PageRequest()) == ["a", "c"]
            first = registry.page_credentials(
                "t", expires_before=MIDNIGHT + timedelta(days=5), request=PageRequest(limit=1)
            )
            assert first.more
            assert first.rows[0].device_id == "device-a"
            assert first.rows[0].expires_at == MIDNIGHT + timedelta(days=2)
            assert names(registry, 5, PageRequest(start=first.cursors[0])) == ["c", "d"]

        await store.read(check)

    # Jobs and journal

    async def test_jobs_are_listed_newest_first(self, store: Store) -> None:
        """Of one tenant or of all; a job put again replaces itself."""

        def work(registry: Transaction) -> list[object]:
            for number, tenant_id in enumerate(["t", "u", "t"]):
                registry.put_job(a_job(f"j{number}", tenant_id, after=number))
            registry.put_job(a_job("j0", "t").model_copy(update={"resumed": 1}))
            replaced = registry.get_job("j0")
            return [
                [job.job_id for job in registry.list_jobs(None)],
                [job.job_id for job in registry.list_jobs("t")],
                replaced.resumed if replaced else None,
                registry.delete_job("j0"),
                registry.delete_job("j0"),
                registry.get_job("j0"),
            ]

        assert await store.write(work) == [["j2", "j1", "j0"], ["j2", "j0"], 1, True, False, None]

    async def test_the_journal_is_read_newest_first(self, store: Store) -> None:
        """Of a tenant or of one thing, a stretch at a time, with the writer's name and time."""

        def line(tenant_id: str, resource_id: str) -> JournalEntry:
            return JournalEntry(
                sequence=0,
                at=START,
                actor="",
                action="updated",
                resource="device",
                tenant_id=tenant_id,
                resource_id=resource_id,
                before={"n": None},
                after=None,
            )

        lines = [line("t", "a"), line("u", "a"), line("t", "b"), line("t", "a")]
        later = START + timedelta(seconds=1)
        actor = Actor(via="console", name="root")
        await store.write(lambda registry: registry.add_journal(actor, later, lines))

        def page(registry: Snapshot) -> list[list[str]]:
            whole = registry.page_journal("t", resource_id=None, before=None, limit=2)
            rest = registry.page_journal("t", resource_id=None, before=whole[-1].sequence, limit=9)
            one = registry.page_journal("t", resource_id="a", before=None, limit=9)
            assert (one[0].actor, one[0].at, one[0].before) == ("console:root", later, {"n": None})
            assert one[0].sequence > one[1].sequence
            return [[entry.resource_id for entry in entries] for entries in (whole, rest, one)]

        assert await store.read(page) == [["a", "b"], ["a"], ["a", "a"]]

    # Transactions

    async def test_a_failing_write_leaves_nothing_and_its_neighbours_alone(
        self, store: Store
    ) -> None:
        """Writes that run together fail alone, whatever they raise."""

        def fail(registry: Transaction) -> NoReturn:
            registry.insert_device(a_device("t", "failed"))
            raise NotFound("on purpose")

        def work(number: int) -> Callable[[Transaction], None]:
            return lambda registry: registry.insert_device(a_device("t", f"d{number}"))

        writes = [store.write(work(number)) for number in range(20)]
        outcomes = await asyncio.gather(
            *writes[:10], store.write(fail), *writes[10:], return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes if outcome] == [NotFound]
        page = await store.read(
            lambda registry: registry.page_devices("t", EVERYTHING, BY_ID, PageRequest())
        )
        assert {device.device_id for device in page.rows} == {f"d{n}" for n in range(20)}
        kept = await store.read(lambda registry: registry.statistics("t"))
        assert kept == Statistics(total=20, enabled=20)

    async def test_a_write_reads_its_own_changes(self, store: Store) -> None:
        """And nobody else does before it is done."""

        def work(registry: Transaction) -> Device | None:
            registry.insert_device(a_device("t", "d"))
            return registry.get_device("t", "d")

        assert await store.write(work) is not None

    async def test_what_was_acknowledged_is_there_for_others(
        self, store: Store, open_again: Callable[[], Awaitable[Store]]
    ) -> None:
        """A second opening of the same data reads it at once."""
        await store.write(lambda registry: registry.insert_device(a_device("t", "d")))
        other = await open_again()
        assert await other.read(lambda registry: registry.get_device("t", "d")) is not None

    async def test_text_that_is_no_unicode_is_refused(self, store: Store) -> None:
        """In ids and in questions; the store goes on afterwards."""
        with pytest.raises(Invalid):
            await store.write(lambda registry: registry.insert_device(a_device("t", "\ud800")))
        with pytest.raises(Invalid):
            await store.read(lambda registry: registry.get_device("t", "\ud800"))
        assert await store.read(lambda registry: registry.statistics("t")) == Statistics(
            total=0, enabled=0
        )

    # Watching

    async def test_watchers_hear_of_durable_changes_until_they_stop(self, store: Store) -> None:
        """On their own loop, in order; of a failed write they hear nothing."""
        heard: list[Change] = []
        stop = store.subscribe(heard.extend)

        def change(name: str) -> Change:
            return Change(resource="device", action="created", tenant_id="t", resource_id=name)

        def fail(registry: Transaction) -> NoReturn:
            registry.note(change("failed"))
            raise NotFound("on purpose")

        await store.write(lambda registry: registry.note(change("first")))
        with pytest.raises(NotFound):
            await store.write(fail)
        await store.write(lambda registry: registry.note(change("second")))
        await store.read(lambda _registry: None)
        assert heard == [change("first"), change("second")]
        stop()
        await store.write(lambda registry: registry.note(change("third")))
        await store.read(lambda _registry: None)
        assert len(heard) == 2

    async def test_a_second_opening_hears_what_kind_of_thing_changed(
        self, store: Store, open_again: Callable[[], Awaitable[Store]]
    ) -> None:
        """One change for each resource and tenant, without an id."""
        other = await open_again()
        heard: list[Change] = []
        arrived = asyncio.Event()

        def listen(changes: Sequence[Change]) -> None:
            heard.extend(changes)
            arrived.set()

        other.subscribe(listen)

        def work(registry: Transaction) -> None:
            for name in ("a", "b"):
                registry.note(
                    Change(resource="device", action="created", tenant_id="t", resource_id=name)
                )

        await store.write(work)
        await asyncio.wait_for(arrived.wait(), timeout=30)
        assert heard == [Change(resource="device", action="created", tenant_id="t", resource_id="")]
