"""The bookkeeping of a long list, over lists that others change meanwhile."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.widgets.row_cache import BLOCK_ROWS, BLOCKS_HELD
from console.widgets.row_loader import Aim, RowLoader
from registry_backend.domain.query import Page, PageRequest
from tests.console.widgets.lists import KeyedList, Thing


async def _read(loader: RowLoader[Thing], first: int, end: int) -> list[str]:
    """The ids at positions, read like a view reads them; as many as the list turns out to have."""
    for _ in range(60):
        missing = loader.cache.missing(first, end)
        if not missing:
            break
        await loader.load(missing[0])
    else:
        pytest.fail("the list was read for ever")
    rows = [loader.cache.row(position) for position in range(first, end)]
    return [row.id for row in rows if row is not None]


async def test_reading_on_asks_by_key_and_never_passes_rows_over() -> None:
    """Block after block starts at the last key of the one before."""
    source = KeyedList.of(2000)
    loader = RowLoader(source)
    assert await _read(loader, 0, 2000) == source.ids
    assert all(request.skip == 0 for request in source.requests)


async def test_reading_back_from_the_end_asks_by_key() -> None:
    """The end is read backward, and so is what stands before it."""
    source = KeyedList.of(100_000)
    loader = RowLoader(source)
    await loader.load_count()
    for first in range(99_990, 97_000, -50):
        assert await _read(loader, first, first + 10) == source.ids[first : first + 10]
    assert all(request.skip == 0 and request.backward for request in source.requests)


async def test_a_jump_passes_over_from_the_nearest_known_row() -> None:
    """Rows already located are not passed over again."""
    source = KeyedList.of(100_000)
    loader = RowLoader(source)
    await loader.load_count()
    await _read(loader, 50_000, 50_010)
    await _read(loader, 60_000, 60_010)
    assert await _read(loader, 51_000, 51_010) == source.ids[51_000:51_010]
    assert source.requests[-1].skip < 1000


async def test_memory_stays_bounded_after_two_thousand_pages() -> None:
    """Only blocks near the view are held, and walking back over them is right."""
    source = KeyedList.of(2000 * BLOCK_ROWS)
    loader = RowLoader(source)
    for number in range(2000):
        await loader.load(number)
        assert loader.cache.rows_held <= BLOCKS_HELD * BLOCK_ROWS
    assert await _read(loader, 5 * BLOCK_ROWS, 6 * BLOCK_ROWS) == source.ids[640:768]


async def test_short_pages_are_read_on() -> None:
    """A registry that sends fewer rows than asked for is asked again."""
    source = KeyedList.of(1000)
    source.most = 50
    assert await _read(RowLoader(source), 0, 1000) == source.ids


async def test_an_empty_page_that_promises_more_ends_the_list() -> None:
    """There is no cursor to go on from, so nothing is asked for ever."""

    class Liar(KeyedList):
        async def page(self, request: PageRequest) -> Page[Thing]:
            page = await super().page(request)
            return Page(page.rows, page.cursors, more=True)

    source = Liar(KeyedList.of(200).ids)
    loader = RowLoader(source)
    assert await _read(loader, 0, 200) == source.ids
    await _read(loader, 0, 400)
    assert loader.cache.length == 200


@pytest.mark.parametrize("claimed", [0, 5, 300, 5000, 1_000_000])
async def test_a_wrong_count_is_corrected_by_what_is_read(claimed: int) -> None:
    """Whatever the count says, top and end of the list come out right."""
    source = KeyedList.of(300)
    source.rough = claimed
    loader = RowLoader(source)
    await loader.load_count()
    end = loader.cache.length
    await _read(loader, max(0, end - 20), end)
    assert await _read(loader, 0, 300) == source.ids
    await _read(loader, 256, 400)
    assert loader.cache.length == 300


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 1500))
async def test_each_row_is_shown_once_wherever_the_view_goes(seed: int, size: int) -> None:
    """Random jumps over an unchanging list always show what stands there."""
    chance = random.Random(seed)
    source = KeyedList.of(size)
    loader = RowLoader(source)
    await loader.load_count()
    for _ in range(12):
        first = chance.randrange(max(1, size))
        assert await _read(loader, first, first + 40) == source.ids[first : first + 40]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 900))
async def test_rows_in_view_are_neighbours_in_a_list_that_changes(seed: int, size: int) -> None:
    """Inserted and deleted rows never make a gap or a double within what is freshly read."""
    chance = random.Random(seed)
    source = KeyedList.of(size)
    loader = RowLoader(source)
    await loader.load_count()
    for _ in range(12):
        for _ in range(chance.randrange(4)):
            if chance.random() < 0.5 and source.ids:
                del source.ids[chance.randrange(len(source.ids))]
            else:
                source.ids.append(f"device-{chance.random() * 9_999_999:011.3f}")
                source.ids.sort()
        first = chance.randrange(max(1, loader.cache.length))
        shown = await _read(loader, first, first + 200)
        assert len(set(shown)) == len(shown)
        assert shown == sorted(shown)


async def test_a_row_inserted_between_two_readings_appears() -> None:
    """Blocks read at different times are joined again at their seam."""
    source = KeyedList.of(400)
    loader = RowLoader(source)
    await loader.load_count()
    await _read(loader, 256, 400)
    source.ids.insert(10, "device-0000009x")
    await _read(loader, 0, 128)
    assert await _read(loader, 0, 400) == source.ids[:400]


async def test_a_reload_deep_in_the_list_goes_by_key() -> None:
    """The row stood on is found again without passing over all rows before it."""
    source = KeyedList.of(100_000)
    old = RowLoader(source)
    await old.load_count()
    await _read(old, 70_000, 70_040)
    source.requests.clear()
    source.ids.insert(0, "aaa")
    loader = RowLoader(source)
    loader.inherit(old, 70_010, 70_011)
    aim = await loader.load_around(Aim(70_011, 5, 30, source.ids[70_011]))
    assert aim.position == 70_011
    assert await _read(loader, 70_006, 70_036) == source.ids[70_006:70_036]
    assert all(request.skip == 0 for request in source.requests)
