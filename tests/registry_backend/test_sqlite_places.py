"""Jumps along remembered places land where counting from the start would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.storage import sqlite_device_reads, sqlite_places
from registry_backend.storage.base import Snapshot, Transaction
from registry_backend.storage.sqlite import SqliteStore, open_sqlite
from tests.contract.store_models import a_device

_IDS = st.text(alphabet="abAé\U0001f600\ue000", min_size=1, max_size=3)
_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "put", "delete", "delete one", "fail", "other"]),
        st.lists(_IDS, unique=True, min_size=1, max_size=5),
    ),
    max_size=6,
)


@pytest.fixture(autouse=True)
def short_steps() -> Iterator[None]:
    """Places stand close together, so that few devices have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_places, "STEP", 2)
        patch.setattr(sqlite_device_reads, "STEP", 2)
        yield


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A new file."""
    store = await open_sqlite(tmp_path / "registry.db")
    yield store
    await store.close()


def _apply(registry: Transaction, kind: str, ids: list[str]) -> None:
    if kind == "delete":
        registry.delete_devices("t", limit=len(ids))
    elif kind == "delete one":
        registry.delete_device("t", ids[0], expected="v1")
    elif kind == "insert":
        for each in ids:
            if registry.get_device("t", each) is None:
                registry.insert_device(a_device("t", each))
    else:
        tenant_id = "u" if kind == "other" else "t"
        registry.put_devices([(a_device(tenant_id, each), None) for each in ids])


def _check(snapshot: Snapshot, *, descending: bool) -> None:
    """Every page from every place, and every position, against one list of all ids."""
    order, nothing = Order(descending=descending), DeviceQuery()
    whole = snapshot.page_devices("t", nothing, order, PageRequest(limit=1000))
    ids = [device.device_id for device in whole.rows]
    assert ids == sorted(ids, key=str.encode, reverse=descending)
    for skip in reversed(range(len(ids) + 3)):
        page = snapshot.page_devices("t", nothing, order, PageRequest(skip=skip, limit=3))
        assert [device.device_id for device in page.rows] == ids[skip : skip + 3]
        assert page.more is (skip + 3 < len(ids))
        back = PageRequest(backward=True, skip=skip, limit=3)
        page = snapshot.page_devices("t", nothing, order, back)
        stop = max(0, len(ids) - skip)
        assert [device.device_id for device in page.rows] == ids[max(0, stop - 3) : stop]
    for wanted in (*ids, "", "b", "\U0001f600\U0001f600\U0001f600\U0001f600"):
        before = [each for each in ids if (each > wanted if descending else each < wanted)]
        assert snapshot.position_of_device("t", wanted, nothing, order) == len(before)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=_CHANGES, descending=st.booleans())
async def test_places_hold_whatever_comes_and_goes(
    store: SqliteStore, changes: list[tuple[str, list[str]]], *, descending: bool
) -> None:
    """Devices come, are replaced, go one by one or together, or almost came."""
    await store.write(lambda registry: registry.delete_devices("t", limit=1000))
    for kind, ids in [("put", ["a", "b", "é", "aa", "ab"]), *changes]:
        if kind == "fail":
            with pytest.raises(LookupError):
                await store.write(lambda registry, ids=ids: _fail(registry, ids))  # type: ignore[misc]
        else:
            await store.write(
                lambda registry, kind=kind, ids=ids: _apply(registry, kind, ids)  # type: ignore[misc]
            )
        await store.read(lambda snapshot: _check(snapshot, descending=descending))


def _fail(registry: Transaction, ids: list[str]) -> None:
    """Changes that are looked at and then undone."""
    _apply(registry, "put", ids)
    registry.delete_devices("t", limit=1)
    _check(registry, descending=False)
    raise LookupError


async def test_another_process_is_noticed(store: SqliteStore, tmp_path: Path) -> None:
    """A device that another opening of the file removed stands in no list any more."""
    await store.write(
        lambda registry: registry.put_devices((a_device("t", f"d{n}"), None) for n in range(9))
    )
    await store.read(lambda snapshot: _check(snapshot, descending=False))
    other = await open_sqlite(tmp_path / "registry.db")
    await other.write(lambda registry: registry.delete_device("t", "d1", expected="v1"))
    await other.close()
    await store.read(lambda snapshot: _check(snapshot, descending=False))
