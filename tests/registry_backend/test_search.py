"""Part search by the trigram index finds what looking at every id finds."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.storage import search, sqlite_query
from registry_backend.storage.sqlite import SqliteStore, open_sqlite
from registry_backend.storage.sqlite_open import connect_writer, prepare
from registry_backend.storage.sqlite_snapshot import SqliteTransaction
from tests.contract.store_models import Fleet, a_device, fitting
from tests.contract.store_suite import BY_ID, fleets, in_order, orders, put, queries

_property = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_IDS = st.text(alphabet='abAB-"*%_éÉ', min_size=1, max_size=8)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A new file."""
    store = await open_sqlite(tmp_path / "registry.db")
    yield store
    await store.close()


@pytest.fixture
async def writer(store: SqliteStore) -> AsyncIterator[sqlite3.Connection]:
    """A second writing connection, to index when the test says so."""
    connection = connect_writer(store.path)
    connection.execute("PRAGMA busy_timeout = 5000")
    yield connection
    connection.close()


def index(writer: sqlite3.Connection, *, limit: int = 1000) -> bool:
    """Index a batch in a transaction of its own."""
    writer.execute("BEGIN IMMEDIATE")
    more = search.index_rows(writer, limit=limit)
    writer.execute("COMMIT")
    return more


async def found(store: SqliteStore, tenant_id: str, part: str) -> list[str]:
    """The ids that a part search finds."""
    query = DeviceQuery(id_contains=(part,))
    page = await store.read(
        lambda registry: registry.page_devices(tenant_id, query, BY_ID, PageRequest())
    )
    return [device.device_id for device in page.rows]


@_property
@given(ids=st.lists(_IDS, unique=True, max_size=12), term=_IDS, indexed=st.integers(0, 12))
async def test_the_index_finds_what_a_scan_finds(
    store: SqliteStore, writer: sqlite3.Connection, ids: list[str], term: str, indexed: int
) -> None:
    """However many of the rows are indexed already."""
    fleet: Fleet = {each: (a_device("t", each), ()) for each in ids}
    await store.write(lambda registry: registry.delete_devices("t", limit=1000))
    await put(store, fleet)
    if indexed:
        index(writer, limit=indexed)
    expected = in_order(fleet, fitting(fleet, DeviceQuery(id_contains=(term,))), BY_ID)
    assert await found(store, "t", term) == expected


@_property
@given(fleet=fleets(), query=queries(), order=orders(), candidates=st.sampled_from([0, 1, 3, 5000]))
async def test_both_plans_find_the_same(
    store: SqliteStore,
    writer: sqlite3.Connection,
    fleet: Fleet,
    query: DeviceQuery,
    order: Order,
    candidates: int,
) -> None:
    """Fetching few rows by number and walking the index are two ways to one answer."""
    tenant_id = await put(store, fleet)
    index(writer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_query, "MAX_CANDIDATES", candidates)
        page = await store.read(
            lambda registry: registry.page_devices(tenant_id, query, order, PageRequest())
        )
        count = await store.read(lambda registry: registry.count_devices(tenant_id, query))
    expected = in_order(fleet, fitting(fleet, query), order)
    assert [device.device_id for device in page.rows] == expected
    assert count.value == len(expected)


async def test_rows_are_indexed_in_batches(store: SqliteStore, writer: sqlite3.Connection) -> None:
    """Until none is left; gaps that deletions left do not stop it."""
    await store.write(
        lambda registry: registry.put_devices((a_device("t", f"d-{n}"), None) for n in range(5))
    )
    await store.write(lambda registry: registry.delete_device("t", "d-4", expected="v1"))
    assert index(writer, limit=2)
    assert not index(writer, limit=2)
    assert not search.has_unindexed_rows(writer)
    assert not index(writer, limit=2)
    assert search.rows_with(writer, "t", "d-3", limit=10) == [4]


async def test_removed_devices_leave_the_index(
    store: SqliteStore, writer: sqlite3.Connection
) -> None:
    """One by one and many at once; a device made anew is found again."""
    await store.write(
        lambda registry: registry.put_devices((a_device("t", f"dev{n}"), None) for n in range(4))
    )
    index(writer)
    await store.write(lambda registry: registry.delete_device("t", "dev0", expected="v1"))
    await store.write(lambda registry: registry.delete_devices("t", limit=2))
    assert search.rows_with(writer, "t", "dev", limit=10) == [4]
    await store.write(lambda registry: registry.insert_device(a_device("t", "dev0")))
    assert await found(store, "t", "dev") == ["dev0", "dev3"]
    index(writer)
    assert await found(store, "t", "EV0") == ["dev0"]


async def test_the_index_declines_what_it_cannot_answer_cheaply(
    store: SqliteStore, writer: sqlite3.Connection
) -> None:
    """A short term, a common one, and many rows that wait to be indexed."""
    await store.write(
        lambda registry: registry.put_devices((a_device("t", f"dev{n}"), None) for n in range(6))
    )
    assert search.rows_with(writer, "t", "dev0", limit=6) is None
    index(writer)
    assert search.rows_with(writer, "t", "de", limit=100) is None
    assert search.rows_with(writer, "t", "dev", limit=6) is None
    assert search.rows_with(writer, "t", "dev0", limit=6) == [1]
    assert search.rows_with(writer, "t", "dev\0", limit=6) is None


async def test_strange_terms_find_nothing_and_break_nothing(store: SqliteStore) -> None:
    """Query words, quotes, NUL and endless terms are plain text."""
    await store.write(lambda registry: registry.insert_device(a_device("t", 'a"b OR c')))
    for term in ["\0", "dev\0", "x" * 100_000, "NOT", '"""', "%", "a%b", "()", "NEAR("]:
        assert await found(store, "t", term) == []
    assert await found(store, "t", '"B or') == ['a"b OR c']


async def test_other_tenants_are_not_found(store: SqliteStore, writer: sqlite3.Connection) -> None:
    """The index knows no tenants, the answer does."""
    for tenant_id in ("t", "u"):
        device = a_device(tenant_id, f"same-{tenant_id}")
        await store.write(lambda registry, device=device: registry.insert_device(device))  # type: ignore[misc]
    index(writer)
    assert await found(store, "t", "same") == ["same-t"]


def test_an_upsert_keeps_its_row_in_the_index(tmp_path: Path) -> None:
    """Replacing a device does not make the index look for it elsewhere."""
    path = tmp_path / "registry.db"
    prepare(path, read_only=False)
    connection = connect_writer(path)
    connection.execute("BEGIN IMMEDIATE")
    transaction = SqliteTransaction(connection)
    transaction.put_devices([(a_device("t", "device"), None)])
    search.index_rows(connection, limit=10)
    transaction.put_devices([(a_device("t", "device", version="v2"), None)])
    connection.execute("COMMIT")
    assert not search.has_unindexed_rows(connection)
    assert search.rows_with(connection, "t", "vice", limit=10) == [1]
    connection.close()
