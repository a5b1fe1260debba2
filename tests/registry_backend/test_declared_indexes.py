"""Indexes that an operator declares find what walking finds."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter, AttributeSort, DeviceQuery, Order
from registry_backend.open import open_registry
from registry_backend.registry.searching import is_quick
from registry_backend.registry.settings import RegistrySettings
from registry_backend.storage import sqlite_query
from registry_backend.storage.base import Store
from registry_backend.storage.sqlite import open_sqlite
from registry_backend.storage.sqlite_declared import probe
from registry_backend.storage.sqlite_open import connect
from tests.contract.store_models import Fleet, a_device, fitting

SITE, ODD = ("ext", "site"), ("ext", "it's/odd~")
SETTINGS = RegistrySettings(indexed_attributes=(SITE, ODD))
_TEXTS = ("oslo", "Oslo", "os", "[x", "", "3", "true")
_SINGLE = st.sampled_from(
    [*_TEXTS, 3, 3.5, 1, 0, 2**53, 2**53 + 1, True, False, None, {"a": "oslo"}]
)
_VALUES = _SINGLE | st.sampled_from([["oslo", 3], ["3"], []])
_WANTED: st.SearchStrategy[tuple[str | float | bool, str | None]] = st.sampled_from(
    [(each, None) for each in ("oslo", "os*", "o?lo", "*lo", "[*", "", "*", 3, 1, 3.5, True, False)]
    + [(3, "3"), (True, "true"), (2**53 + 1, None)]
)
"""Values, each with a text that fits as well."""


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(_VALUES, _VALUES), min_size=1, max_size=8)
    | st.lists(st.tuples(_SINGLE, _SINGLE), min_size=1, max_size=8),
    wanted=_WANTED,
    path=st.sampled_from([SITE, ODD]),
)
async def test_an_index_finds_what_walking_finds(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[tuple[object, object]],
    wanted: tuple[str | float | bool, str | None],
    path: tuple[str, str],
) -> None:
    """Texts, patterns, numbers, truth values, either of two, lists that hold the value."""
    registry = await open_registry(tmp_path_factory.mktemp("d") / "r.sqlite", settings=SETTINGS)
    try:
        fleet: Fleet = {
            f"d{number}": (a_device("t", f"d{number}", ext={SITE[1]: one, ODD[1]: other}), ())
            for number, (one, other) in enumerate(values)
        }
        await registry.store.write(lambda transaction: transaction.put_devices(fleet.values()))
        query = DeviceQuery(attributes=(AttributeFilter(path, *wanted),))
        found = await registry.store.read(
            lambda snapshot: snapshot.search_devices("t", query, (), skip=0, limit=50)
        )
        assert {device.device_id for device in found.rows} == fitting(fleet, query)
    finally:
        await registry.close()


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(_SINGLE, _SINGLE, st.booleans()), min_size=1, max_size=8),
    wanted=st.lists(st.tuples(st.sampled_from([SITE, ODD]), _WANTED), max_size=2),
    enabled=st.none() | st.booleans(),
    sort=st.sampled_from([SITE, ODD, ("enabled",)]),
    descending=st.booleans(),
)
async def test_an_index_sorts_as_looking_at_every_device_does(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[tuple[object, object, bool]],
    wanted: list[tuple[tuple[str, ...], tuple[str | float | bool, str | None]]],
    enabled: bool | None,
    sort: tuple[str, ...],
    *,
    descending: bool,
) -> None:
    """Pages joined are the same list with indexes and without, and both count it."""
    query = DeviceQuery(
        enabled=enabled, attributes=tuple(AttributeFilter(path, *each) for path, each in wanted)
    )
    fleet: Fleet = {
        f"d{number}": (
            a_device("t", f"d{number}", enabled=state, ext={SITE[1]: one, ODD[1]: other}),
            (),
        )
        for number, (one, other, state) in enumerate(values)
    }
    lists = []
    for indexed in (SETTINGS, RegistrySettings()):
        path = tmp_path_factory.mktemp("d") / "r.sqlite"
        registry = await open_registry(path, settings=indexed)
        try:
            await registry.store.write(lambda transaction: transaction.put_devices(fleet.values()))
            lists.append(await _joined(registry.store, query, AttributeSort(sort, descending)))
        finally:
            await registry.close()
    assert lists[0] == lists[1]
    assert set(lists[0]) == fitting(fleet, query)


async def _joined(store: Store, query: DeviceQuery, sort: AttributeSort) -> list[str]:
    """The ids of a search, page after page, as by walking an index however few fit."""
    ids: list[str] = []
    total = 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_query, "MAX_CANDIDATES", 0)
        for skip in range(0, 10, 2):
            found = await store.read(
                lambda snapshot, skip=skip: snapshot.search_devices(  # type: ignore[misc]
                    "t", query, [sort], skip=skip, limit=2
                )
            )
            ids += [device.device_id for device in found.rows]
            total = found.total
    assert len(ids) == total
    return ids


@pytest.mark.parametrize(
    "wanted", [("os*",), ("oslo",), ("*lo",), ("*",), (3,), (True,), (3, "3"), (True, "true")]
)
async def test_a_declared_member_is_counted_without_reading_devices(
    tmp_path: Path, wanted: tuple[Any, ...]
) -> None:
    """Everything that is compared is in the index, the state too; nothing else is walked."""
    path = tmp_path / "r.sqlite"
    await (await open_registry(path, settings=SETTINGS)).close()
    connection = connect(path, read_only=True)
    query = DeviceQuery(enabled=True, attributes=(AttributeFilter(SITE, *wanted),))
    listing = sqlite_query.device_listing(connection, "t", query, Order(), "d.device_id, d.row")
    code = connection.execute(
        f"EXPLAIN SELECT count(*) FROM {listing.source} {listing.where.sql()}",  # noqa: S608
        (*listing.parameters, *listing.where.parameters),
    ).fetchall()
    read = {(row[1], row[2]) for row in code if row[1] == "Column"}
    (table,) = {row[2] for row in code if row[1] == "OpenRead" and row[3] == _root(connection)}
    assert read
    assert ("Column", table) not in read
    connection.close()


def _root(connection: sqlite3.Connection) -> int:
    """Where the rows of devices are in the file."""
    found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'devices'")
    return int(found.fetchone()[0])


async def test_a_declared_member_is_asked_by_its_index(tmp_path: Path) -> None:
    """The plan names the index; it stays in the file, and declaring it again changes nothing."""
    path = tmp_path / "r.sqlite"
    for _ in range(2):
        await (await open_registry(path, settings=SETTINGS)).close()
    connection = connect(path, read_only=True)
    asked = probe(connection, "t", AttributeFilter(SITE, "os*"))
    assert asked is not None
    plan = connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", (*asked.parameters, 5)).fetchall()
    assert str(plan).count("SEARCH devices USING INDEX declared:/ext/site (tenant_id=? AND") == 2
    either = probe(connection, "t", AttributeFilter(SITE, 3, "3"))
    assert either is not None
    plan = connection.execute(
        f"EXPLAIN QUERY PLAN {either.sql}", (*either.parameters, 5)
    ).fetchall()
    assert "INDEX declared:/ext/site (tenant_id=? AND <expr>=?)" in str(plan)
    assert probe(connection, "t", AttributeFilter(("ext", "other"), 1)) is None
    assert probe(connection, "t", AttributeFilter(SITE, "*lo")) is None
    connection.close()


async def test_an_index_of_another_form_is_made_anew(tmp_path: Path) -> None:
    """A file may have one of the same name with other columns."""
    path = tmp_path / "r.sqlite"
    await (await open_registry(path)).close()
    connection = connect(path, read_only=False)
    connection.execute("""CREATE INDEX "declared:/ext/site" ON devices (tenant_id)""")
    connection.close()
    forms = []
    for _ in range(2):
        await (await open_registry(path, settings=SETTINGS)).close()
        connection = connect(path, read_only=True)
        found = connection.execute(
            "SELECT sql, rootpage FROM sqlite_master WHERE name = 'declared:/ext/site'"
        ).fetchall()
        connection.close()
        forms.append(found)
    assert "json_type" in forms[0][0][0]
    assert forms[0] == forms[1]


async def test_a_path_without_plain_names_is_refused_and_the_file_released(tmp_path: Path) -> None:
    """Before anything is served."""
    settings_ = RegistrySettings(indexed_attributes=(("via", "0"),))
    with pytest.raises(Invalid, match="/via/0"):
        await open_registry(tmp_path / "r.sqlite", settings=settings_)
    store = await open_sqlite(tmp_path / "r.sqlite")
    await store.close()


@pytest.mark.parametrize(
    ("query", "sorts", "quick"),
    [
        (DeviceQuery(), [], True),
        (DeviceQuery(), [AttributeSort(("id",), descending=True)], True),
        (DeviceQuery(), [AttributeSort(SITE)], True),
        (DeviceQuery(), [AttributeSort(("enabled",))], True),
        (DeviceQuery(), [AttributeSort(("ext", "n"))], False),
        (
            DeviceQuery(attributes=(AttributeFilter(SITE, "os*"),)),
            [AttributeSort(("ext", "n"))],
            False,
        ),
        (DeviceQuery(id_patterns=("d1",)), [AttributeSort(SITE)], True),
        (DeviceQuery(id_patterns=("d*",)), [], False),
        (DeviceQuery(attributes=(AttributeFilter(SITE, "os*"),)), [AttributeSort(SITE)], True),
        (DeviceQuery(attributes=(AttributeFilter(SITE, "*lo"),)), [], False),
        (DeviceQuery(attributes=(AttributeFilter(("ext", "n"), 1),)), [], False),
        (DeviceQuery(attributes=(AttributeFilter(("enabled",), value=True),)), [], True),
    ],
)
def test_searches_that_no_index_answers_are_told_apart(
    query: DeviceQuery, sorts: list[AttributeSort], *, quick: bool
) -> None:
    """They run one at a time, so that the other reader stays free."""
    assert is_quick(query, sorts, indexed=[SITE]) is quick
