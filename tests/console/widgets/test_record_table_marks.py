"""Marks of the record table: single, ranges, and all that match."""

from __future__ import annotations

import pytest

from console.widgets.marks import Marks
from console.widgets.record_table import RecordTable
from registry_backend.domain.query import Count
from tests.console.waiting import wait_for
from tests.console.widgets.lists import KeyedList, TableApp
from tests.console.widgets.test_record_table import heard, ready, settled


async def test_space_marks_and_goes_on() -> None:
    """The mark is a glyph in the gutter and a figure in the status."""
    app = TableApp(KeyedList.of(100))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("space", "space", "up", "space")
        assert table.marked == {"device-0000000"}
        assert table.cursor == 2
        assert app.lines[1].startswith("● device-0000000")
        assert app.lines[2].startswith("  device-0000001")
        assert table.status == "3 of 100 · 1 marked"
        assert len(heard(app, RecordTable.MarksChanged)) == 3


async def test_marks_survive_scrolling_and_reloading() -> None:
    """They belong to keys, not to lines."""
    source = KeyedList.of(1_000_000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("space", "end", "space", "home")
        source.ids.insert(0, "aaa")
        table.reload()
        await wait_for(pilot, lambda: table.length == 1_000_001 and settled(table))
        assert table.marked == {"device-0000000", "device-0999999"}
        await pilot.press("home")
        await wait_for(pilot, lambda: settled(table))
        assert app.lines[2].startswith("● device-0000000")


async def test_a_range_is_marked_across_pages_never_shown() -> None:
    """From where v was pressed to where it is pressed again, read or not."""
    app = TableApp(KeyedList.of(5000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("down", "v")
        table.move_to("device-0002000")
        await wait_for(pilot, lambda: table.cursor == 2000)
        assert not table.marks
        await pilot.press("v")
        await wait_for(pilot, lambda: len(table.marked) == 2000)
        assert table.marked == {f"device-{number:07}" for number in range(1, 2001)}


async def test_escape_leaves_a_range_and_is_free_otherwise() -> None:
    """The key is the pane's again once no range is open."""
    app = TableApp(KeyedList.of(100))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        assert not table.check_action("cancel_range", ())
        await pilot.press("v", "down", "down")
        assert app.lines[2].startswith("●")
        assert table.check_action("cancel_range", ())
        await pilot.press("escape")
        assert not table.check_action("cancel_range", ())
        assert app.lines[2].startswith("  ")
        assert not table.marks


async def test_a_range_too_long_is_refused_with_advice() -> None:
    """A set of a million keys is not what a person means."""
    app = TableApp(KeyedList.of(1_000_000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("v", "end", "v")
        await wait_for(pilot, lambda: heard(app, RecordTable.Failed))
        assert not table.marks
        assert table.error is None


async def test_all_matching_is_a_rule_with_exceptions() -> None:
    """A million rows are marked without reading them."""
    source = KeyedList.of(1_000_000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.mark_all_matching()
        await pilot.press("space")
        assert table.status == "2 of 1,000,000 · 999,999 marked"
        assert app.lines[1].startswith("  ")
        assert app.lines[2].startswith("●")
        assert "device-0000000" not in table.marks
        assert "device-0123456" in table.marks
        table.show(KeyedList.of(10))
        assert not table.marks
        await wait_for(pilot, lambda: table.length == 10)


async def test_marks_can_be_cleared() -> None:
    """At once and all."""
    app = TableApp(KeyedList.of(100))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("space", "space")
        table.clear_marks()
        assert not table.marks
        assert "●" not in "".join(app.lines)


@pytest.mark.parametrize(
    ("marks", "total", "said"),
    [
        (Marks(keys=frozenset("abc")), None, Count(3)),
        (Marks(all_matching=True), Count(10), Count(10)),
        (
            Marks(all_matching=True, keys=frozenset("abc")),
            Count(10, exact=False),
            Count(7, exact=False),
        ),
        (Marks(all_matching=True), None, Count(0, exact=False)),
    ],
)
def test_the_number_of_marks_is_known_or_said_to_be_rough(
    marks: Marks, total: Count | None, said: Count
) -> None:
    """A rule is counted by the list's own number."""
    assert marks.count(total) == said


def test_marking_more_takes_exceptions_back() -> None:
    """Under a rule, a range marked again is no exception any more."""
    rule = Marks(all_matching=True, keys=frozenset("abc"))
    assert rule.with_marked("ab").keys == frozenset("c")
