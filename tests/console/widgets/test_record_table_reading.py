"""The record table while lists change, answers come late, and reading fails."""

from __future__ import annotations

import asyncio

import pytest

from console.widgets.record_table import RecordTable
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.query import Count
from tests.console.waiting import wait_for
from tests.console.widgets.lists import KeyedList, TableApp, Thing
from tests.console.widgets.test_record_table import heard, ids_shown, ready, settled

DOWN = Unreachable("The registry at example.org refuses the connection.", layer="refused")


@pytest.mark.parametrize("deep", [3, 500, 700_000])
async def test_the_cursor_stays_on_its_row_when_rows_come_before_it(deep: int) -> None:
    """A reload finds the row again by its key, on the same line of the view."""
    source = KeyedList.of(1_000_000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.move_to(source.ids[deep])
        await wait_for(pilot, lambda: table.current == Thing(source.ids[deep]) and settled(table))
        wanted, line = source.ids[deep], deep - table.scroll_offset.y
        source.ids[0:0] = [f"aaa-{number:03}" for number in range(300)]
        table.reload()
        await wait_for(pilot, lambda: table.cursor == deep + 300 and settled(table))
        assert table.current == Thing(wanted)
        assert table.cursor - table.scroll_offset.y == line
        await wait_for(pilot, lambda: table.length == 1_000_300)
        told = [message.row for message in heard(app, RecordTable.Highlighted)]  # type: ignore[attr-defined]
        assert told[-1] == Thing(wanted)
        assert told.count(Thing(wanted)) == 1


async def test_a_reload_does_not_drag_the_view_back_to_the_cursor() -> None:
    """Who looks elsewhere by the wheel goes on looking there."""
    source = KeyedList.of(10_000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.scroll_to(y=5000)
        await wait_for(pilot, lambda: settled(table))
        table.reload()
        await wait_for(pilot, lambda: not table.opening and settled(table))
        assert table.scroll_offset.y == 5000
        assert ids_shown(app)[0] == "device-0005000"
        assert table.current == Thing("device-0000000")


async def test_when_the_row_is_gone_the_next_one_takes_its_place() -> None:
    """The cursor does not jump away after a delete."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.move_to(source.ids[600])
        await wait_for(pilot, lambda: table.cursor == 600)
        following = source.ids[601]
        del source.ids[600]
        table.reload()
        await wait_for(pilot, lambda: table.current == Thing(following))
        assert table.cursor == 600
        await wait_for(pilot, lambda: table.length == 999)


async def test_when_the_whole_end_is_gone_the_new_last_row_is_current() -> None:
    """A list that shrank under the cursor is no fault."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("end")
        await wait_for(pilot, lambda: table.current is not None)
        del source.ids[10:]
        table.reload()
        await wait_for(pilot, lambda: table.length == 10 and table.current is not None)
        assert table.current == Thing("device-0000009")
        source.ids.clear()
        table.reload()
        await wait_for(pilot, lambda: table.length == 0)
        assert table.current is None


async def test_rows_deleted_by_others_while_walking_are_no_fault() -> None:
    """The end is where the rows end, and the status says the new number."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        del source.ids[300:]
        for _ in range(60):
            await pilot.press("pagedown")
        await wait_for(pilot, lambda: table.length == 300 and settled(table))
        assert table.current == Thing("device-0000299")
        assert table.status == "300 of 300"


async def test_a_new_row_is_shown_by_its_key() -> None:
    """After a create, the reloaded list stands on what was created."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        source.ids.insert(700, "device-0000699x")
        table.reload(at="device-0000699x")
        await wait_for(pilot, lambda: table.current == Thing("device-0000699x"))
        assert table.cursor == 700


async def test_a_row_shifted_by_others_is_found_by_its_key() -> None:
    """What is held may be overtaken; the key decides."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await app.workers.wait_for_complete()
        source.ids[0:0] = ["aaa-1", "aaa-2"]
        table.move_to("aaa-2")
        await wait_for(pilot, lambda: table.current == Thing("aaa-2") and not table.opening)
        assert ids_shown(app)[:3] == ["aaa-1", "aaa-2", "device-0000000"]


async def test_a_position_can_be_gone_to() -> None:
    """Past the end means the end."""
    app = TableApp(KeyedList.of(1_000_000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.move_to_position(499_999)
        await wait_for(pilot, lambda: table.current == Thing("device-0499999"))
        table.move_to_position(5_000_000)
        await wait_for(pilot, lambda: table.current == Thing("device-0999999"))


async def test_moving_to_an_unknown_key_changes_nothing() -> None:
    """The row may have been deleted by someone else."""
    app = TableApp(KeyedList.of(1000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("down")
        table.move_to("nobody")
        await app.workers.wait_for_complete()
        assert table.cursor == 1


async def test_a_replaced_row_is_repainted_without_reading() -> None:
    """A saved model comes back and is shown; no page is asked for."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await app.workers.wait_for_complete()
        asked = len(source.requests)
        assert "✗ bad" not in app.lines[1]
        table.replace_row(Thing("device-0000000", "bad"))
        table.replace_row(Thing("nobody", "bad"))
        await pilot.pause()
        assert "✗ bad" in app.lines[1]
        assert table.current == Thing("device-0000000", "bad")
        assert len(source.requests) == asked


async def test_old_rows_stay_painted_until_new_ones_come() -> None:
    """Typing a filter never blanks the table, but nothing can be done to rows on their way out."""
    first = KeyedList.of(1000)
    second = KeyedList([f"other-{number:03}" for number in range(200)])
    second.gate = asyncio.Event()
    app = TableApp(first)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.show(second)
        await wait_for(pilot, lambda: second.requests)
        assert ids_shown(app)[0] == "device-0000000"
        assert table.current is None
        await pilot.press("enter", "space")
        await wait_for(pilot, lambda: table.status == "reading…")
        second.gate.set()
        await wait_for(pilot, lambda: table.current == Thing("other-000"))
        assert ids_shown(app)[:2] == ["other-000", "other-001"]
        assert not heard(app, RecordTable.Opened)
        assert not table.marks


async def test_a_timer_that_runs_out_just_as_the_rows_come_says_nothing() -> None:
    """Its message may be on its way already when it is stopped."""
    app = TableApp(KeyedList.of(1000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table._say_loading()
        table.move_to_position(3)
        assert table.status == "4 of 1,000"


async def test_late_answers_of_an_older_list_are_dropped() -> None:
    """Out of order or not, the newest question is the one answered."""
    slow, quick = KeyedList.of(1000), KeyedList(["quick"])
    slow.gate = asyncio.Event()
    app = TableApp(slow)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = app.table
        await wait_for(pilot, lambda: slow.requests)
        table.show(quick)
        await wait_for(pilot, lambda: table.current == Thing("quick"))
        assert slow.cancelled == 1
        slow.gate.set()
        await app.workers.wait_for_complete()
        assert ids_shown(app) == ["quick"]


async def test_pages_that_are_no_longer_in_view_are_given_up() -> None:
    """A jump does not wait for what was left behind, and placeholders stand meanwhile."""
    source = KeyedList.of(1_000_000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await app.workers.wait_for_complete()
        source.gate = asyncio.Event()
        table.scroll_to(y=400_000)
        await wait_for(pilot, lambda: source.requests[-1].skip > 300_000)
        assert app.lines[5].strip().startswith("···")
        table.scroll_to(y=900_000)
        await wait_for(pilot, lambda: source.cancelled == 1)
        source.gate.set()
        await wait_for(pilot, lambda: settled(table))
        assert ids_shown(app)[0] == "device-0900000"
        assert table.row_at(400_000) is None


async def test_a_slow_first_answer_is_announced_by_a_word() -> None:
    """Nothing at first, then a calm word, then the rows."""
    source = KeyedList.of(10)
    source.gate = asyncio.Event()
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        assert "Loading" not in "".join(app.lines)
        await wait_for(pilot, lambda: "Loading…" in "".join(app.lines))
        source.gate.set()
        await wait_for(pilot, lambda: ids_shown(app)[:1] == ["device-0000000"])
        assert "Loading" not in "".join(app.lines)


async def test_a_failed_first_reading_is_shown_and_healed() -> None:
    """The message says what is wrong and which key tries again."""
    source = KeyedList.of(10)
    source.failure = DOWN
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = app.table
        await wait_for(pilot, lambda: table.error is not None)
        text = " ".join("".join(app.lines).split())
        assert "refuses the connection" in text
        assert "press r to try again" in text
        await wait_for(pilot, lambda: heard(app, RecordTable.Failed))
        source.failure = None
        table.reload()
        await ready(pilot, app)
        assert table.error is None
        assert len(ids_shown(app)) == 10


async def test_a_failure_while_scrolling_keeps_what_is_shown() -> None:
    """One message, no endless trying, and a reload heals it in place."""
    source = KeyedList.of(100_000)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await app.workers.wait_for_complete()
        source.failure = DOWN
        table.scroll_to(y=50_000)
        await wait_for(pilot, lambda: heard(app, RecordTable.Failed))
        asked = len(source.requests)
        table.scroll_to(y=70_000)
        await pilot.pause()
        assert len(source.requests) == asked
        assert len(heard(app, RecordTable.Failed)) == 1
        assert table.status == "not read, r to try again"
        table.scroll_to(y=0)
        await pilot.pause()
        assert ids_shown(app)[0] == "device-0000000"
        source.failure = None
        table.reload()
        await wait_for(pilot, lambda: not table.opening)
        assert table.error is None
        table.scroll_to(y=50_000)
        await wait_for(pilot, lambda: settled(table))
        assert ids_shown(app)[0] == "device-0050000"


async def test_rows_of_another_list_do_not_stand_in_for_one_that_failed() -> None:
    """After a failed change of list the old rows are gone, not mistaken for the new."""
    first, second = KeyedList.of(100), KeyedList.of(100)
    second.failure = DOWN
    app = TableApp(first)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.show(second)
        await wait_for(pilot, lambda: table.error is not None)
        assert "device-0000000" not in "".join(app.lines)
        assert table.current is None


async def test_end_before_the_number_is_known_goes_to_the_end_all_the_same() -> None:
    """The wish is kept until the count comes."""

    class SlowCount(KeyedList):
        async def count(self) -> Count:
            await released.wait()
            return await super().count()

    released = asyncio.Event()
    source = SlowCount(KeyedList.of(10_000).ids)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = app.table
        await wait_for(pilot, lambda: table.current is not None)
        assert table.status == "1 of …"
        await pilot.press("end")
        released.set()
        await wait_for(pilot, lambda: table.current == Thing("device-0009999"))


async def test_closing_the_screen_while_reading_is_no_fault() -> None:
    """A worker does not outlive its table."""
    source = KeyedList.of(1000)
    source.gate = asyncio.Event()
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        await wait_for(pilot, lambda: source.requests)
        await app.table.remove()
        source.gate.set()
        await pilot.pause()
    assert source.cancelled == 1
