"""The record table moved through by keys and mouse, over lists of any length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from console.widgets.record_table import Column, RecordTable
from console.widgets.row_cache import BLOCK_ROWS, BLOCKS_HELD
from tests.console.waiting import wait_for
from tests.console.widgets.hostile import HOSTILE
from tests.console.widgets.lists import KeyedList, TableApp, Thing


async def ready(pilot: Pilot[None], app: TableApp) -> RecordTable[Thing]:
    """The table once its list, the rows in view and their number are there."""
    table = app.table
    await wait_for(pilot, lambda: table.total is not None and settled(table), "the list is shown")
    return table


def settled(table: RecordTable[Thing]) -> bool:
    """Whether every row in view has been read."""
    top = table.scroll_offset.y
    rows = range(top, min(top + table.page_height, table.length))
    return table.length == 0 or all(table.row_at(position) is not None for position in rows)


def ids_shown(app: TableApp) -> list[str]:
    """The first column, line by line, without the heading."""
    return [line[2:].split()[0] for line in app.lines[1:] if line.strip()]


def heard(app: TableApp, kind: type) -> list[object]:
    """Messages of one kind."""
    return [message for message in app.heard if isinstance(message, kind)]


@pytest.mark.parametrize("size", [1, 1000, 1_000_000])
async def test_keys_lead_to_the_right_rows(size: int) -> None:
    """End, home, pages and single steps stand on the row that is there."""
    source = KeyedList.of(size)
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        height = table.page_height
        last = size - 1
        place = 0
        steps: dict[str, Callable[[int], int]] = {
            "end": lambda _: last,
            "home": lambda _: 0,
            "G": lambda _: last,
            "g": lambda _: 0,
            "pagedown": lambda here: min(last, here + height),
            "ctrl+f": lambda here: min(last, here + height),
            "pageup": lambda here: max(0, here - height),
            "ctrl+b": lambda here: max(0, here - height),
            "down": lambda here: min(last, here + 1),
            "j": lambda here: min(last, here + 1),
            "up": lambda here: max(0, here - 1),
            "k": lambda here: max(0, here - 1),
        }
        walk = ["end", "pageup", "up", "k", "home", "pagedown", "down", "j"]
        walk += ["ctrl+f", "ctrl+b", "G", "ctrl+b", "g", "down", "pagedown"]
        for key in walk:
            place = steps[key](place)
            await pilot.press(key)
            await wait_for(pilot, lambda: table.current is not None and settled(table))
            assert table.cursor == place
            assert table.current == Thing(source.ids[place])
            top = table.scroll_offset.y
            assert ids_shown(app) == source.ids[top : top + height]
            assert top <= place < top + height


async def test_paging_down_shows_every_row_once() -> None:
    """From the first to the last row, nothing is missed and nothing comes twice."""
    source = KeyedList.of(1000)
    app = TableApp(source)
    async with app.run_test(size=(60, 41), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        shown: list[str] = []
        while True:
            shown += ids_shown(app)
            if table.cursor + table.page_height >= 1000:
                break
            await pilot.press("pagedown")
            await wait_for(pilot, lambda: settled(table))
        assert shown == source.ids


async def test_a_burst_of_pages_ends_where_it_should() -> None:
    """Keys that come faster than pages are not lost and not waited for."""
    app = TableApp(KeyedList.of(1_000_000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        for _ in range(100):
            table.action_page_down()
        await wait_for(pilot, lambda: table.current is not None)
        assert table.current == Thing(f"device-{100 * table.page_height:07}")


async def test_only_rows_near_the_view_are_held() -> None:
    """Memory does not grow with the way walked."""
    app = TableApp(KeyedList.of(1_000_000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        for step in range(1, 68):
            table.scroll_to(y=step * 12_345)
            await wait_for(pilot, lambda: settled(table))
        assert BLOCK_ROWS < table.rows_held <= BLOCKS_HELD * BLOCK_ROWS


async def test_the_status_says_where_the_cursor_is() -> None:
    """With thousands marked, as people read them."""
    app = TableApp(KeyedList.of(1_000_000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        assert table.status == "1 of 1,000,000"
        await pilot.press("end")
        assert table.status == "1,000,000 of 1,000,000"


async def test_a_rough_count_is_said_to_be_rough() -> None:
    """A count that lags is shown with its tilde."""
    source = KeyedList.of(1000)
    source.rough = 900
    app = TableApp(source)
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        assert table.status == "1 of ~900"


async def test_an_empty_list_says_so_calmly() -> None:
    """The pane's words stand in the middle."""
    app = TableApp(KeyedList.of(0), empty_text="No devices yet.\nPress n to add one.")
    async with app.run_test(size=(40, 12), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        for key in ("down", "end", "pagedown", "enter", "space", "v", "up"):
            await pilot.press(key)
        text = "\n".join(app.lines)
        assert "No devices yet." in text
        assert "Press n to add one." in text
        assert table.current is None
        assert table.status == ""


async def test_enter_and_double_click_open_the_row() -> None:
    """Both tell the pane the same."""
    app = TableApp(KeyedList.of(100))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("down", "enter")
        await pilot.click(table, offset=(5, 6))
        assert table.cursor == 5
        await pilot.double_click(table, offset=(5, 9))
        opened = [message.row for message in heard(app, RecordTable.Opened)]  # type: ignore[attr-defined]
        assert opened == [Thing("device-0000001"), Thing("device-0000008")]


async def test_a_click_on_a_heading_asks_for_an_order() -> None:
    """Only where the list can be ordered; the arrow shows the order in force."""
    app = TableApp(KeyedList.of(100))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        for place in ("Word", "Size"):
            await pilot.click(table, offset=(app.lines[0].index(place), 0))
        asked = [message.column.name for message in heard(app, RecordTable.SortAsked)]  # type: ignore[attr-defined]
        assert asked == ["word"]
        table.set_sort("word", descending=True)
        assert "Word ▼" in app.lines[0]


async def test_the_wheel_and_the_scrollbar_reach_any_row() -> None:
    """The view moves, the cursor stays where it is."""
    app = TableApp(KeyedList.of(1_000_000))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot._post_mouse_events([MouseScrollDown], table)
        await wait_for(pilot, lambda: table.scroll_offset.y > 0)
        table.scroll_to(y=777_777)
        await wait_for(pilot, lambda: settled(table) and table.scroll_offset.y == 777_777)
        assert ids_shown(app)[0] == "device-0777777"
        assert table.cursor == 0


async def test_highlighted_tells_each_row_once() -> None:
    """The detail beside the table follows the cursor."""
    app = TableApp(KeyedList.of(100))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "down", "up", "home", "home")
        told = [message.row.id for message in heard(app, RecordTable.Highlighted)]  # type: ignore[attr-defined]
        assert told == [f"device-000000{number}" for number in (0, 1, 2, 1, 0)]


@pytest.mark.parametrize("width", [20, 24, 30, 60, 140])
@pytest.mark.parametrize("height", [3, 4, 20])
async def test_every_line_is_exactly_as_wide_as_the_view(width: int, height: int) -> None:
    """However small or large the screen."""
    app = TableApp(KeyedList.of(1000))
    async with app.run_test(size=(width, height), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await pilot.press("pagedown", "down", "end")
        await wait_for(pilot, lambda: settled(table))
        room = table.scrollable_content_region.width
        for y in range(height):
            assert table.render_line(y).cell_length == room
        assert app.lines[-1].strip().startswith("device-0000999"[: room - 4])


async def test_wide_shows_all_columns_and_keeps_the_first_in_sight() -> None:
    """Left and right scroll the others beside it."""
    app = TableApp(KeyedList.of(1000))
    async with app.run_test(size=(24, 10), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        assert "Word" not in app.lines[0]
        table.wide = True
        await wait_for(pilot, lambda: table.max_scroll_x > 0)
        for _ in range(20):
            await pilot.press("right")
        await wait_for(pilot, lambda: "Size" in app.lines[0])
        assert app.lines[1].strip().startswith("device-0000000")
        room = table.scrollable_content_region.width
        assert {table.render_line(y).cell_length for y in range(9)} == {room}


async def test_a_smaller_screen_keeps_the_cursor_in_sight() -> None:
    """Who turns the terminal around still sees the row."""
    app = TableApp(KeyedList.of(1000))
    async with app.run_test(size=(60, 30), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        for _ in range(25):
            await pilot.press("down")
        await pilot.resize_terminal(40, 8)
        await wait_for(pilot, lambda: table.page_height == 7 and settled(table))
        assert "device-0000025" in ids_shown(app)
        await pilot.resize_terminal(120, 50)
        await wait_for(pilot, lambda: table.page_height == 49 and settled(table))
        assert "device-0000025" in ids_shown(app)


async def test_hostile_text_never_reaches_the_screen() -> None:
    """Every id is shown in harmless characters, in lines of the right width."""
    source = KeyedList(sorted(HOSTILE))
    source.words = dict.fromkeys(HOSTILE, "\x1b[31m\u202e[bold]\n")
    app = TableApp(source)
    async with app.run_test(size=(50, 24), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        for _ in HOSTILE:
            await pilot.press("space")
        room = table.scrollable_content_region.width
        for y in range(24):
            strip = table.render_line(y)
            assert strip.cell_length == room
            assert all(character.isprintable() for character in strip.text)
            assert "\u202e" not in strip.text
        assert table.marked == set(HOSTILE)


async def test_the_cursor_looks_different_where_keys_do_not_go() -> None:
    """A focused table's cursor is not that of one without focus."""
    app = TableApp(KeyedList.of(10))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        await wait_for(pilot, lambda: table.has_focus)
        focused = table.render_line(1)
        plain = table.render_line(2)
        app.set_focus(None)
        await wait_for(pilot, lambda: not table.has_focus)
        blurred = table.render_line(1)
        styles = [next(iter(strip)).style for strip in (focused, plain, blurred)]
        backgrounds = {style.bgcolor for style in styles if style is not None}
        assert len(backgrounds) == 3


async def test_muted_text_is_calmer_than_the_rest() -> None:
    """A translucent colour of the theme is mixed with the background, never painted bare."""
    app = TableApp(KeyedList.of(10))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        table.columns = [Column("id", "Device", lambda thing: (thing.id, "muted"), 20)]
        runs = {run.text.strip(): run.style for run in table.render_line(2)}
        muted, base = runs["device-0000001"], table.rich_style
        assert muted is not None
        assert muted.color is not None
        assert base.color is not None
        assert sum(muted.color.get_truecolor()) < sum(base.color.get_truecolor())


async def test_colours_follow_the_theme() -> None:
    """Nothing painted in an old theme remains."""
    app = TableApp(KeyedList.of(10))
    async with app.run_test(size=(60, 20), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        dark = next(iter(table.render_line(2))).style
        app.theme = "textual-light"
        await pilot.pause()
        await wait_for(pilot, lambda: next(iter(table.render_line(2))).style != dark)


async def test_values_get_the_room_that_others_leave_blank() -> None:
    """A word longer than its column is whole where the ids beside it need less than they have."""
    app = TableApp(KeyedList.of(300))
    assert app.source is not None
    app.source.words["device-0000001"] = "longer than its column"
    app.source.words["device-0000295"] = "longer still than its own column"
    async with app.run_test(size=(60, 10), notifications=True, tooltips=True) as pilot:
        table = await ready(pilot, app)
        assert "longer than its column " in app.lines[2]
        table.replace_row(Thing("device-0000002", "as long as it gets at all"))
        assert "as long as it gets at all " in app.lines[3]
        await pilot.press("end")
        await wait_for(pilot, lambda: settled(table))
        assert any("longer still than its own col" in line for line in app.lines)
        await pilot.press("home")
        await wait_for(pilot, lambda: settled(table))
        before = app.lines[0]
        table.show(KeyedList.of(3))
        await wait_for(pilot, lambda: table.total is not None and table.total.value == 3)
        assert app.lines[0] != before
