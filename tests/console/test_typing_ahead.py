"""Keys typed ahead reach what they were meant for, in order, and act on nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from console.app import ConsoleApp
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.form import FormScreen
from console.dialogs.waiting import WaitingScreen
from console.panes import device_edits
from tests.console.conftest import RunConsole, make_adapter, settled
from tests.console.hands import Gate, dialog, pane_of, until_told
from tests.console.waiting import wait_for
from tests.console.yard import YARD, build_yard, ids_in


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """A folder with a registry that holds the yard."""
    await build_yard(tmp_path)
    return tmp_path


async def test_keys_typed_on_the_way_to_a_form_are_typed_into_it(
    run_console: RunConsole, yard: Path
) -> None:
    """In order; none of them acts on the list meanwhile."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        gate = Gate(adapter.credentials, "get")
        adapter.credentials = gate
        await pilot.press("n", "p", "ctrl+u", "1", "s", "t", "down")
        assert pane_of(pilot).held
        assert pane_of(pilot).group == "Credentials"
        gate.open.set()
        form = await dialog(pilot, FormScreen)
        await wait_for(pilot, lambda: form.values()["auth-id"] == "1st", "what was typed")
        assert pane_of(pilot).group == "Credentials"
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: not pane_of(pilot).held, "the end of the action")


async def test_a_form_opens_at_once_and_offers_gateways_when_they_have_come(
    run_console: RunConsole, yard: Path
) -> None:
    """The registry is asked for them when something is typed where one belongs."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "gateways")
        adapter.devices = gate
        await pilot.press("n")
        form = await dialog(pilot, FormScreen)
        assert gate.waiting < 1
        entry = form.query_one("#field-via", Input)
        entry.focus()
        await pilot.press("m")
        await wait_for(pilot, lambda: gate.waiting == 1, "the question for gateways")
        await pilot.press("a")
        gate.open.set()
        await wait_for(pilot, lambda: entry._suggestion == "mast", "the gateway on offer")
        assert gate.waiting == 1
        await pilot.press("escape", "escape")


async def test_a_choice_of_gateways_does_not_wait_for_a_registry_that_is_silent(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that they could not be read, and takes ids all the same."""
    monkeypatch.setattr(device_edits, "GATEWAYS_SECONDS", 0.01)
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        adapter.devices = Gate(adapter.devices, "gateways")
        await pilot.press("w")
        form = await dialog(pilot, FormScreen)
        assert any("not answered yet" in str(each.render()) for each in form.query(Static))
        await pilot.press("escape")


async def test_no_question_is_answered_before_it_can_be_seen(
    run_console: RunConsole, yard: Path
) -> None:
    """Not the one whether to delete; the key after it was shown counts."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "count")
        adapter.devices = gate
        await pilot.press("x", "y")
        gate.open.set()
        await dialog(pilot, ConfirmScreen)
        await pilot.pause()
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("escape")
        await wait_for(pilot, lambda: not pane_of(pilot).covered, "the devices")
    assert "crane" in await ids_in(yard)


async def test_keys_for_a_question_that_does_not_come_are_dropped(
    run_console: RunConsole, yard: Path
) -> None:
    """They must not act on the list when the registry refused."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="credentials") as pilot:
        await settled(pilot)
        await pilot.press("n", "1")
        await until_told(pilot, "Choose a device first")
        await pilot.pause()
        assert pane_of(pilot).group in ("Credentials", "Tenants")


async def test_a_key_that_went_to_something_gone_holds_up_no_other(
    run_console: RunConsole, yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What never says that it has a key is not waited for without end."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await settled(pilot)
        with monkeypatch.context() as lost:
            lost.setattr(ConsoleApp, "_follow", lambda _app, _node: None)
            await pilot.press("j")
        monkeypatch.setattr("console.typing_ahead.LONGEST_WAY_SECONDS", 0.0)
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await pilot.press("escape")


async def test_while_a_form_is_saved_the_pane_begins_nothing(
    run_console: RunConsole, yard: Path
) -> None:
    """The cursor moves; what else is typed for the pane waits for the outcome, and then acts."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "update")
        adapter.devices = gate
        await pilot.press("e")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting == 1, "the save")
        await pilot.press("down", "n", "4")
        assert pane_of(pilot).table.cursor == 1
        assert len(pilot.app.screen_stack) == 1
        gate.open.set()
        form = await dialog(pilot, FormScreen)
        await wait_for(pilot, lambda: form.values()["device-id"] == "4", "the key in the form")


async def test_while_a_form_is_saved_another_pane_may_be_looked_at(
    run_console: RunConsole, yard: Path
) -> None:
    """A registry that takes its time keeps nobody where they are."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "update")
        adapter.devices = gate
        await pilot.press("e")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting == 1, "the save")
        await pilot.press("4")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Jobs", "the jobs")
        gate.open.set()


async def test_keys_typed_while_a_form_is_refused_do_not_reach_the_list(
    run_console: RunConsole, yard: Path
) -> None:
    """The form comes back with everything in it; the keys meant something else and are dropped."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await settled(pilot)
        gate = Gate(adapter.devices, "create")
        adapter.devices = gate
        await pilot.press("n")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-device-id", Input).value = "crane"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting == 1, "the save")
        await pilot.press("x", "4")
        gate.open.set()
        again = await dialog(pilot, FormScreen)
        await pilot.pause()
        assert again.values()["device-id"] == "crane"
        assert len(pilot.app.screen_stack) == 2
        assert pane_of(pilot).group == "Devices"


async def test_keys_typed_before_the_first_pane_are_heard_by_it(
    yard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order: the second is typed into the form that the first opens."""
    adapter = make_adapter(yard)
    open_, opening = adapter.open, asyncio.Event()

    async def open_later() -> None:
        await opening.wait()
        await open_()

    monkeypatch.setattr(adapter, "open", open_later)
    app = ConsoleApp(adapter, tenant_id=YARD)
    async with app.run_test() as pilot:
        await pilot.press("2", "n", "q", "7")
        assert app.pane is None
        opening.set()
        form = await dialog(pilot, FormScreen)
        await wait_for(pilot, lambda: form.values()["device-id"] == "q7", "what was typed")
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: len(app.screen_stack) == 1, "the devices")
        await app.saves.drain()
        await adapter.close()


def in_one_read(pilot: Pilot[None], *keys: str) -> None:
    """What a terminal hands over when somebody pastes, or types faster than it reads."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_what_follows_the_key_of_the_filter_in_one_read_is_typed_into_the_filter(
    run_console: RunConsole, yard: Path
) -> None:
    """None of it acts on the list: `n` opens no form, `x` asks for no deletion."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await settled(pilot)
        in_one_read(pilot, "slash", "c", "r", "a", "n", "x")
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.filter_text == "cranx", "the filter")
        assert not pane.covered


async def test_what_was_typed_before_the_key_that_saves_is_saved_with_the_rest(
    run_console: RunConsole, yard: Path
) -> None:
    """Although both came in one read, and the key belongs to the form as a whole."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await settled(pilot)
        in_one_read(pilot, "n", "q", "x", "1", "ctrl+s")
        await until_told(pilot, "qx1")
    assert "qx1" in await ids_in(yard)


async def test_what_follows_the_key_of_the_palette_in_one_read_is_typed_into_the_palette(
    run_console: RunConsole, yard: Path
) -> None:
    """It is looked for, and does nothing by itself."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await settled(pilot)
        in_one_read(pilot, "colon", "t", "h", "e")
        await wait_for(
            pilot,
            lambda: [each.value for each in pilot.app.screen.query(Input)] == ["the"],
            "the palette",
        )
        await pilot.press("escape")


async def test_a_key_for_a_dialog_that_closes_in_that_moment_holds_no_later_key_up(
    run_console: RunConsole, yard: Path
) -> None:
    """However far the key has got when the dialog goes by itself, the next one moves the cursor."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await settled(pilot)
        for turns in range(0, 60, 6):
            call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            pilot.app.push_screen(WaitingScreen("Waiting", "for an answer", call))
            await dialog(pilot, WaitingScreen)
            in_one_read(pilot, "tab", "z")
            for _ in range(turns):
                await asyncio.sleep(0)
            call.set_result(None)
            in_one_read(pilot, "tab", "z")
            await wait_for(pilot, lambda: not pane_of(pilot).covered, "the devices")
            pane_of(pilot).focus_default()
            in_one_read(pilot, "end")
            await wait_for(pilot, lambda: pane_of(pilot).table.cursor == 4, "the last row")
            in_one_read(pilot, "home")
            await wait_for(pilot, lambda: pane_of(pilot).table.cursor == 0, "the first row")


async def test_a_dialog_that_closes_behind_another_leaves_that_in_front(
    run_console: RunConsole, yard: Path
) -> None:
    """Keys go on reaching the one in front; the one behind is gone with it, and keys the list."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await settled(pilot)
        call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        pilot.app.push_screen(WaitingScreen("Waiting", "for an answer", call))
        await dialog(pilot, WaitingScreen)
        chosen: list[str | None] = []
        front = ChooseScreen("Colour", [Choice("r", "Red", key="r"), Choice("b", "Blue", key="b")])
        pilot.app.push_screen(front, chosen.append)
        await dialog(pilot, ChooseScreen)
        call.set_result(None)
        await pilot.pause()
        assert pilot.app.screen is front
        await pilot.press("b")
        await wait_for(pilot, lambda: len(pilot.app.screen_stack) == 1, "the list")
        assert chosen == ["b"]
        await pilot.press("down")
        assert pane_of(pilot).table.cursor == 1
