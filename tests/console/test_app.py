"""What works everywhere: filter, back, copy, help, palette, themes, tabs, quitting, faults."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from textual.command import Hit
from textual.widgets import Input, OptionList, Tabs

from console.app import ConsoleApp
from console.dialogs.base import DialogBox
from console.dialogs.choose import ChooseScreen
from console.dialogs.form import FormScreen
from console.dialogs.help import HelpScreen
from console.dialogs.show import ShowScreen
from console.keys import EVERYWHERE, TABLE
from console.panes import base
from console.panes.devices import DevicesPane
from console.panes.filtering import FilterLine
from console.render.text import GLUE
from console.widgets.context_bar import ContextBar
from console.widgets.detail_view import DetailView
from console.widgets.palette import ActionProvider, GuardedPalette
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.errors import Unreachable
from tests.console.conftest import RunConsole, make_adapter, settled, type_text
from tests.console.hands import filter_problem
from tests.console.waiting import wait_for
from tests.console.yard import (
    DEVICES,
    YARD,
    build_yard,
    console_of,
    device_in,
    dialog,
    go_to,
    no_dialog,
    pane_of,
    tells,
    told,
)


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A file with five devices."""
    await build_yard(tmp_path)
    return tmp_path


async def test_the_filter_narrows_while_one_types_and_escape_drops_it(
    run_console: RunConsole, yard: Path
) -> None:
    """Enter goes to the rows and keeps the filter; escape shows all again."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        table = pane_of(pilot).table
        await pilot.press("slash")
        await type_text(pilot, "am")
        await wait_for(pilot, lambda: table.length == 1, "the one that matches")
        await pilot.press("enter")
        assert pilot.app.focused is table
        assert "filter: am" in str(table.border_subtitle)
        await pilot.press("escape")
        await wait_for(pilot, lambda: table.length == len(DEVICES), "all")
        assert not pane_of(pilot).query_one(FilterLine).shown


async def test_a_filter_that_cannot_be_understood_says_so_and_keeps_the_rows(
    run_console: RunConsole, yard: Path
) -> None:
    """The reason stays until the text is mended."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        pane = pane_of(pilot)
        await pilot.press("slash")
        pane.query_one(FilterLine).value = "gateway:maybe"
        await wait_for(pilot, lambda: pane.query(".-wrong"), "the filter marked")
        await pilot.press("down", "down")
        assert "expected yes or no, not 'maybe'" in filter_problem(pilot)
        assert pane.table.length == len(DEVICES)
        await pilot.press("escape")
        await wait_for(pilot, lambda: not filter_problem(pilot), "no problem")


async def test_reload_keeps_the_cursor(run_console: RunConsole, yard: Path) -> None:
    """On its row."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "mast")
        await pilot.press("r")
        await settled(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: not pane.table.opening, "read again")
        assert pane.row_id(pane.current) == "mast"


async def test_copy_puts_the_id_or_the_whole_on_the_clipboard(
    run_console: RunConsole, yard: Path
) -> None:
    """By the key of the menu's line."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("c")
        await dialog(pilot, ChooseScreen)
        await pilot.press("i")
        await no_dialog(pilot)
        assert pilot.app.clipboard == "gate"
        await pilot.press("c")
        await dialog(pilot, ChooseScreen)
        await pilot.press("j")
        await no_dialog(pilot)
        assert '"west"' in pilot.app.clipboard


@pytest.mark.parametrize("size", [(80, 24), (50, 15), (200, 60)])
async def test_the_detail_can_have_half_or_all_of_the_room(
    run_console: RunConsole, yard: Path, size: tuple[int, int]
) -> None:
    """Three steps and back, also on the smallest terminal."""
    async with run_console(make_adapter(yard), pane="devices", size=size) as pilot:
        pane = pane_of(pilot)
        detail = pane.query_one(DetailView)
        await pilot.press("plus")
        await pilot.pause()
        assert detail.size.width > 10
        await pilot.press("plus")
        await pilot.pause()
        assert not pane.table.display
        assert detail.has_focus
        await pilot.press("plus")
        await pilot.pause()
        assert pane.table.has_focus


async def test_the_whole_record_is_shown_as_json(run_console: RunConsole, yard: Path) -> None:
    """In a window that any closing key closes."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "pump")
        await pilot.press("y")
        window = await dialog(pilot, ShowScreen)
        assert '"qos": 1' in "\n".join(str(each.render()) for each in window.query("Static"))
        await pilot.press("q")
        await no_dialog(pilot)


async def test_help_runs_the_line_chosen(run_console: RunConsole, yard: Path) -> None:
    """As if its key had been pressed; its headings cannot be chosen."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("question_mark")
        await dialog(pilot, HelpScreen)
        await pilot.press("down", "enter")
        form = await dialog(pilot, FormScreen)
        assert form.query("#field-enabled")


async def test_the_palette_finds_an_action_by_what_it_does(
    run_console: RunConsole, yard: Path
) -> None:
    """And runs it in the pane that was in front."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("ctrl+p")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, GuardedPalette), "the palette")
        palette = pilot.app.screen
        palette.query_one(Input).value = "id or a position"
        await wait_for(
            pilot, lambda: palette.query_one(OptionList).option_count == 1, "the one action"
        )
        await pilot.press("down", "enter")
        form = await dialog(pilot, FormScreen)
        assert form.query("#field-to")


async def test_the_palette_finds_what_another_pane_does(
    run_console: RunConsole, yard: Path
) -> None:
    """Choosing it goes there, and runs it on the row that the cursor stands on then."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("ctrl+p")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, GuardedPalette), "the palette")
        palette = pilot.app.screen
        palette.query_one(Input).value = "trust"
        found = palette.query_one(OptionList)
        await wait_for(
            pilot,
            lambda: (
                [str(each.prompt) for each in found.options][:1]
                == ["Tenants: Trust\nAdd or remove trust anchors.  (1 a)"]
            ),
            "what matches best",
        )
        found.highlighted = 0
        await pilot.press("enter")
        menu = await dialog(pilot, ChooseScreen)
        assert YARD in str(menu.query_one(DialogBox).border_title)
        assert pane_of(pilot).group == "Tenants"


async def test_the_palette_begins_with_what_the_pane_in_front_does(
    run_console: RunConsole, yard: Path
) -> None:
    """However well another pane's action matches."""
    async with run_console(make_adapter(yard), pane="jobs") as pilot:
        provider = ActionProvider(pilot.app.screen)
        hits = [hit async for hit in provider.search("delete")]
        ordered = [str(hit.text) for hit in sorted(hits, reverse=True) if isinstance(hit, Hit)]
        groups = [title.partition(":")[0] for title in ordered]
        elsewhere = [place for place, group in enumerate(groups) if group in ("Tenants", "Devices")]
        here = [place for place, group in enumerate(groups) if group in ("Jobs", TABLE, EVERYWHERE)]
        assert elsewhere
        assert max(here, default=-1) < min(elsewhere)
        hits = [hit async for hit in provider.search("import")]
        assert "Jobs: Import" in [str(hit.text) for hit in hits if isinstance(hit, Hit)]


@pytest.mark.parametrize(
    "keys", [("pagedown",), ("enter", "enter"), ("escape", "escape"), ("end",)]
)
async def test_keys_that_come_before_the_palette_is_drawn_do_no_harm(
    run_console: RunConsole, yard: Path, keys: tuple[str, ...]
) -> None:
    """A burst over a slow line arrives as one read."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("ctrl+p", *keys)
        await pilot.pause()
        await pilot.press("escape", "escape")
        await no_dialog(pilot)


async def test_a_theme_is_chosen_and_remembered(run_console: RunConsole, yard: Path) -> None:
    """The menu begins at the one in force."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        app = console_of(pilot)
        kept: dict[str, str] = {}
        app.remember = kept.__setitem__
        before = app.theme
        await pilot.press("t")
        await dialog(pilot, ChooseScreen)
        await pilot.press("down", "enter")
        await no_dialog(pilot)
        assert app.theme != before
        assert kept == {"theme": app.theme}


async def test_a_click_on_a_tab_shows_its_pane(run_console: RunConsole, yard: Path) -> None:
    """And the keys go to the pane at once."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.click("#tab-jobs")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Jobs", "the jobs")
        await settled(pilot)
        assert pilot.app.focused is pane_of(pilot).table
        assert pilot.app.query_one(Tabs).active == "tab-jobs"


# time goes on


async def test_times_on_a_screen_left_open_move_on(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the row and in the detail, from what is held; cursor, marks and what is typed stay."""
    monkeypatch.setattr(base, "TIMES_SECONDS", 0.01)
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await go_to(pilot, "lamp")
        await pilot.press("space", "slash")
        await type_text(pilot, "m")
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.table.length == 3, "lamp, mast, pump")

        async def unread(*_arguments: object) -> None:
            raise Unreachable("Nothing is to be read.", layer="file")

        monkeypatch.setattr(adapter.devices, "page", unread)
        monkeypatch.setattr(adapter.devices, "get", unread)
        row = pane.require_row()
        assert row is not None
        before = (row, pane.table.cursor, pane.table.marked)
        pane.clock = lambda: row.created_at + timedelta(minutes=5)
        await wait_for(pilot, lambda: "5 min ago" in pane.table.render_line(1).text, "the row")
        detail = pane.query_one(DetailView)
        await wait_for(pilot, lambda: "5 min ago" in detail.plain.replace(GLUE, " "), "the detail")
        assert (pane.current, pane.table.cursor, pane.table.marked) == before
        assert pilot.app.focused is pane.query_one(Input)
        assert "Nothing is to be read" not in told(pilot)


async def test_times_of_a_pane_that_comes_forward_are_those_of_now(
    run_console: RunConsole, yard: Path
) -> None:
    """They are painted anew at once; nobody waits for the next round."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        pane = pane_of(pilot)
        row = pane.require_row()
        assert row is not None
        await pilot.press("4")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Jobs", "the jobs")
        pane.clock = lambda: row.created_at + timedelta(minutes=5)
        await pilot.press("2")
        await wait_for(pilot, lambda: "5 min ago" in pane.table.render_line(1).text, "the row")


# quitting


async def test_quitting_waits_for_a_save_under_way(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the person is quicker than the disk; asking twice changes nothing."""
    adapter = make_adapter(yard)
    gate = asyncio.Event()
    assert adapter.devices is not None
    update = adapter.devices.update

    async def slow(
        tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        await gate.wait()
        return await update(tenant_id, device_id, attributes, expected=expected)

    monkeypatch.setattr(adapter.devices, "update", slow)
    async with run_console(adapter, pane="devices") as pilot:
        app = console_of(pilot)
        await go_to(pilot, "pump")
        await pilot.press("s")
        await wait_for(pilot, lambda: app.saves.pending, "the save under way")
        await pilot.press("q", "q", "ctrl+q")
        await pilot.pause()
        assert app.is_running
        gate.set()
        await wait_for(pilot, lambda: app._exit, "the end")
    assert not (await device_in(yard, "pump")).enabled


async def test_switching_panes_does_not_stop_a_save(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does going on to another device."""
    adapter = make_adapter(yard)
    gate = asyncio.Event()
    assert adapter.devices is not None
    update = adapter.devices.update

    async def slow(
        tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        await gate.wait()
        return await update(tenant_id, device_id, attributes, expected=expected)

    monkeypatch.setattr(adapter.devices, "update", slow)
    async with run_console(adapter, pane="devices") as pilot:
        await go_to(pilot, "pump")
        await pilot.press("s", "4")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Jobs", "the jobs")
        gate.set()
        await tells(pilot, "Disabled pump.")
    assert not (await device_in(yard, "pump")).enabled


async def test_quitting_with_unsaved_text_asks_once(run_console: RunConsole, yard: Path) -> None:
    """What was typed is not dropped by a slip of the finger."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "dredger")
        await pilot.press("ctrl+q")
        await tells(pilot, "is not saved")
        assert pilot.app.is_running
        await pilot.press("ctrl+q")
        await wait_for(pilot, lambda: pilot.app._exit, "the end")


async def test_a_warning_of_one_text_does_not_count_for_the_next(
    run_console: RunConsole, yard: Path
) -> None:
    """The first was saved after all; what is typed into the next form is asked for again."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "dredger")
        await pilot.press("ctrl+q")
        await tells(pilot, "is not saved")
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        pilot.app.clear_notifications()
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "barge")
        await pilot.press("ctrl+q")
        await tells(pilot, "is not saved")
        assert console_of(pilot).screen_stack[1:]


# faults


async def test_a_registry_out_of_reach_can_be_tried_again(
    yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is shown; once it is mended, the console goes on."""
    adapter = make_adapter(yard)
    open_ = adapter.open
    attempts = []

    async def open_later() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise Unreachable("The disk is asleep.", layer="file")
        await open_()

    monkeypatch.setattr(adapter, "open", open_later)
    app = ConsoleApp(adapter, tenant_id=YARD)
    async with app.run_test() as pilot:
        await dialog(pilot, ChooseScreen)
        assert app.query_one(ContextBar).health == "out of reach"
        await pilot.press("r")
        await wait_for(pilot, lambda: app.pane is not None, "the devices")
        assert isinstance(app.pane, DevicesPane)
        await adapter.close()


async def test_leaving_the_question_quits_and_says_so(
    yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the way to another registry; what was typed before it came answers nothing."""
    adapter = make_adapter(yard)

    async def refuse() -> None:
        raise Unreachable("The disk is asleep.", layer="file")

    monkeypatch.setattr(adapter, "open", refuse)
    app = ConsoleApp(adapter, tenant_id=YARD)
    async with app.run_test() as pilot:
        question = await dialog(pilot, ChooseScreen)
        shown = "\n".join(str(each.render()) for each in question.query("Static"))
        assert "The disk is asleep." in shown
        assert "idconsole --context NAME" in shown
        assert "esc quit" in str(question.query_one(DialogBox).border_subtitle)
        await pilot.press("escape")
    assert app.return_code == 1


async def test_the_key_of_a_pane_that_is_not_there_says_why(
    run_console: RunConsole, yard: Path
) -> None:
    """Identities belong to connections of another kind."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("6")
        await tells(pilot, "connected to an Identity Service")
        assert isinstance(pilot.app, ConsoleApp)
        assert isinstance(pilot.app.pane, DevicesPane)


async def test_a_fault_of_the_console_itself_is_not_swallowed(
    yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An action that fails for no reason of the registry's reaches the crash report."""
    adapter = make_adapter(yard)
    assert adapter.devices is not None

    async def broken(tenant_id: str) -> list[str]:
        raise ZeroDivisionError(tenant_id)

    monkeypatch.setattr(adapter.devices, "gateways", broken)
    app = ConsoleApp(adapter, tenant_id=YARD)

    async def edit() -> None:
        async with app.run_test() as pilot:
            await wait_for(pilot, lambda: app.pane is not None and app.pane.is_mounted)
            await settled(pilot)
            await pilot.press("w")
            await wait_for(pilot, lambda: app._exception is not None, "the fault noticed")

    with pytest.raises(ZeroDivisionError):
        await edit()
    await adapter.close()


async def test_a_refusal_nobody_caught_is_told(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The console goes on."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        assert adapter.journal is not None

        async def gone(*_args: object, **_options: object) -> list[object]:
            raise Unreachable("The disk is asleep.", layer="file")

        monkeypatch.setattr(adapter.journal, "page", gone)
        await pilot.press("h")
        await tells(pilot, "The disk is asleep.")
        assert "Out of reach" in told(pilot)
        assert pilot.app.is_running
