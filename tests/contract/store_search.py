"""What every store must find, and in which order: filters and sorts on any member (hono 3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter, AttributeSort, DeviceQuery, TenantQuery
from registry_backend.storage.base import Store
from tests.contract.store_models import Fleet, a_device, a_tenant, fitting

_property = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_SITES = st.sampled_from(
    ["oslo", "Oslo", "b[1]", "", 3, 3.5, -1, True, False, None, ["oslo", 7], "3", ["3", "true"]]
)
_MEMBERS = st.dictionaries(st.sampled_from(["site", 'odd "name"', "0"]), _SITES, max_size=3)
_IDS = st.sets(st.text(alphabet="abA-:é*[", min_size=1, max_size=5), min_size=1, max_size=12)
_PATTERNS = st.sampled_from(["*", "a*", "*a", "?", "a?*", "b[*", "a", "*:a*", "[ab]*"])
_PATHS = st.sampled_from(
    [("id",), ("enabled",), ("ext", "site"), ("ext", 'odd "name"'), ("ext", "0"), ("via", "0")]
)


async def _searched(
    store: Store, query: DeviceQuery, sorts: Sequence[AttributeSort], *, skip: int, limit: int
) -> tuple[list[str], int]:
    found = await store.read(
        lambda registry: registry.search_devices("t", query, sorts, skip=skip, limit=limit)
    )
    return [device.device_id for device in found.rows], found.total


async def _fill(store: Store, members: dict[str, dict[str, Any]]) -> Fleet:
    await store.write(lambda registry: registry.delete_devices("t", limit=100))
    fleet: Fleet = {each: (a_device("t", each, **given), ()) for each, given in members.items()}
    await store.write(lambda registry: registry.put_devices(fleet.values()))
    return fleet


class StoreSearchSuite:
    """The contract of `search_devices` and `search_tenants`."""

    @pytest.fixture
    async def store(self) -> Store:
        """An empty store, closed after the test."""
        raise NotImplementedError

    @_property
    @given(
        ids=_IDS,
        data=st.data(),
        pattern=st.none() | _PATTERNS,
        wanted=st.none()
        | st.builds(AttributeFilter, _PATHS, st.sampled_from(["oslo", "*", 3]))
        | st.sampled_from([(3, "3"), (True, "true")]).flatmap(
            lambda either: st.builds(AttributeFilter, _PATHS, *map(st.just, either))
        ),
    )
    async def test_a_search_finds_what_fits_and_counts_it_all(
        self,
        store: Store,
        ids: set[str],
        data: st.DataObject,
        pattern: str | None,
        wanted: AttributeFilter | None,
    ) -> None:
        """Pages by place, joined, are what plain Python finds; the total is theirs."""
        fleet = await _fill(store, {each: {"ext": data.draw(_MEMBERS)} for each in ids})
        query = DeviceQuery(
            id_patterns=() if pattern is None else (pattern,),
            attributes=() if wanted is None else (wanted,),
        )
        expected = sorted(fitting(fleet, query), key=str.encode)
        joined: list[str] = []
        for skip in range(0, len(ids) + 2, 2):
            page, total = await _searched(store, query, (), skip=skip, limit=2)
            joined += page
            assert total == len(expected)
        assert joined == expected

    @_property
    @given(ids=_IDS, data=st.data(), descending=st.booleans())
    async def test_a_sort_by_any_member_is_total(
        self, store: Store, ids: set[str], data: st.DataObject, *, descending: bool
    ) -> None:
        """Numbers come in the order of their values, texts by bytes, ties by id."""
        values = st.integers(-3, 3) | st.sampled_from(["x", "y", "é"])
        given_values = {each: data.draw(values) for each in ids}
        await _fill(store, {each: {"ext": {"v": value}} for each, value in given_values.items()})

        def key(value: int | str) -> tuple[int, int, bytes]:
            return (0, value, b"") if isinstance(value, int) else (1, 0, value.encode())

        expected = sorted(ids, key=str.encode)
        expected.sort(key=lambda each: key(given_values[each]), reverse=descending)
        sorts = [AttributeSort(("ext", "v"), descending)]
        found, total = await _searched(store, DeviceQuery(), sorts, skip=0, limit=50)
        assert (found, total) == (expected, len(ids))

    @pytest.mark.parametrize(
        ("sorts", "expected"),
        [
            ([], ["a", "b", "c"]),
            ([AttributeSort(("id",), descending=True)], ["c", "b", "a"]),
            (
                [AttributeSort(("enabled",)), AttributeSort(("id",), descending=True)],
                ["b", "c", "a"],
            ),
            ([AttributeSort(("ext", "1"))], ["c", "a", "b"]),
            ([AttributeSort(("via", "0"), descending=True)], ["b", "a", "c"]),
            ([AttributeSort(("status", "updated"), descending=True)], ["b", "a", "c"]),
            ([AttributeSort(())], ["a", "b", "c"]),
        ],
    )
    async def test_sorts_apply_one_after_the_other(
        self, store: Store, sorts: list[AttributeSort], expected: list[str]
    ) -> None:
        """The first sort leads; columns, odd names and places in lists all can be sorted by."""
        fleet = [
            (a_device("t", "a", ext={"1": "m"}, updated_after=1), ()),
            (a_device("t", "b", enabled=False, ext={"1": "n"}, via=["g"], updated_after=2), ()),
            (a_device("t", "c", ext={"1": 5}), ()),
        ]
        await store.write(lambda registry: registry.put_devices(fleet))
        found, _ = await _searched(store, DeviceQuery(), sorts, skip=0, limit=9)
        assert found == expected

    @pytest.mark.parametrize("name", ["serial", 'odd "name"'])
    async def test_whole_numbers_are_compared_exactly(self, store: Store, name: str) -> None:
        """Neighbours of a number that no float tells apart are others."""
        serials = [2**53, 2**53 + 1, 2**53 + 2, 2**63 - 1, str(2**53 + 1)]
        await _fill(store, {f"d{at}": {"ext": {name: each}} for at, each in enumerate(serials)})

        async def ids(wanted: int, text: str | None = None) -> list[str]:
            query = DeviceQuery(attributes=(AttributeFilter(("ext", name), wanted, text),))
            return (await _searched(store, query, (), skip=0, limit=9))[0]

        assert await ids(2**53 + 1) == ["d1"]
        assert await ids(2**53 + 1, str(2**53 + 1)) == ["d1", "d4"]
        assert await ids(2**63 - 1) == ["d3"]

    async def test_tenants_are_found_by_any_member(self, store: Store) -> None:
        """Filters and sorts on tenants are those on devices."""

        def work(registry: Any) -> None:
            registry.insert_tenant(a_tenant("a", ext={"site": "oslo"}))
            registry.insert_tenant(a_tenant("ab", enabled=False, ext={"site": "Bergen"}))
            registry.insert_tenant(a_tenant("c", ext={"site": "Oslo", "n": 2}))

        await store.write(work)

        async def ids(query: TenantQuery, *sorts: AttributeSort, skip: int = 0) -> list[str]:
            found = await store.read(
                lambda registry: registry.search_tenants(query, sorts, skip=skip, limit=2)
            )
            return [*(tenant.tenant_id for tenant in found.rows), str(found.total)]

        by_site = AttributeSort(("ext", "site"))
        assert await ids(TenantQuery(), by_site) == ["ab", "c", "3"]
        assert await ids(TenantQuery(), by_site, skip=2) == ["a", "3"]
        assert await ids(TenantQuery(), skip=3) == ["3"]
        assert await ids(TenantQuery(id_patterns=("a*",))) == ["a", "ab", "2"]
        enabled = AttributeFilter(path=("enabled",), value=True)
        assert await ids(TenantQuery(attributes=(enabled,))) == ["a", "c", "2"]
        site = AttributeFilter(("ext", "site"), "?slo")
        assert await ids(TenantQuery(attributes=(enabled, site))) == ["a", "c", "2"]
        number = AttributeFilter(("ext", "n"), 2)
        assert await ids(TenantQuery(attributes=(number,))) == ["c", "1"]

    async def test_a_pattern_without_end_is_refused(self, store: Store) -> None:
        """A pattern longer than a store can compare is the caller's fault, not a failure."""
        query = DeviceQuery(id_patterns=("*" + "a" * 5000,))
        with pytest.raises(Invalid, match="4096"):
            await _searched(store, query, (), skip=0, limit=1)
