"""Indexes that an operator declares find what walking finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import AttributeFilter, AttributeSort, DeviceQuery
from registry_backend.open import open_registry
from registry_backend.registry.searching import is_quick
from registry_backend.registry.settings import RegistrySettings
from registry_backend.storage.sqlite import open_sqlite
from registry_backend.storage.sqlite_declared import probe
from registry_backend.storage.sqlite_open import connect
from tests.contract.store_models import Fleet, a_device, fitting

SITE, ODD = ("ext", "site"), ("ext", "it's/odd~")
SETTINGS = RegistrySettings(indexed_attributes=(SITE, ODD))
_VALUES = st.sampled_from(
    ["oslo", "Oslo", "os", "[x", "", 3, 3.5, 1, True, False, None, ["oslo", 3], [], {"a": "oslo"}]
)
_WANTED = st.sampled_from(["oslo", "os*", "o?lo", "*lo", "[*", "", 3, 1, 3.5, True, False])


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(_VALUES, _VALUES), min_size=1, max_size=8),
    wanted=_WANTED,
    path=st.sampled_from([SITE, ODD]),
)
async def test_an_index_finds_what_walking_finds(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[tuple[object, object]],
    wanted: str | float | bool,
    path: tuple[str, str],
) -> None:
    """Texts, patterns, numbers, truth values, lists that hold the value."""
    registry = await open_registry(tmp_path_factory.mktemp("d") / "r.sqlite", settings=SETTINGS)
    try:
        fleet: Fleet = {
            f"d{number}": (a_device("t", f"d{number}", ext={SITE[1]: one, ODD[1]: other}), ())
            for number, (one, other) in enumerate(values)
        }
        await registry.store.write(lambda transaction: transaction.put_devices(fleet.values()))
        query = DeviceQuery(attributes=(AttributeFilter(path, wanted),))
        found = await registry.store.read(
            lambda snapshot: snapshot.search_devices("t", query, (), skip=0, limit=50)
        )
        assert {device.device_id for device in found.rows} == fitting(fleet, query)
    finally:
        await registry.close()


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
    assert probe(connection, "t", AttributeFilter(("ext", "other"), 1)) is None
    assert probe(connection, "t", AttributeFilter(SITE, "*lo")) is None
    connection.close()


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
        (DeviceQuery(), [AttributeSort(SITE)], False),
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
