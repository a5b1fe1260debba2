"""Devices by keys on a real file, read back after the console has gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from console.adapters.base import RegistryAdapter
from console.adapters.local import LocalAdapter
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.conflict import ConflictScreen
from console.dialogs.document import DocumentScreen
from console.dialogs.form import FormScreen
from console.dialogs.show import ShowScreen
from console.panes.credentials import CredentialsPane
from console.panes.devices import DevicesPane
from console.widgets.detail_view import DetailView
from console.widgets.document_editor import DocumentEditor
from registry_backend.domain.errors import LimitReached, NotFound
from registry_backend.domain.statistics import Statistics
from tests.console.conftest import RunConsole, make_adapter, type_text
from tests.console.waiting import wait_for
from tests.console.yard import (
    DEVICES,
    YARD,
    build_yard,
    change_elsewhere,
    console_of,
    device_in,
    dialog,
    go_to,
    ids_in,
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


def shown_ids(pane: object) -> list[str]:
    """The ids in the table, in its order."""
    assert isinstance(pane, DevicesPane)
    rows = (pane.table.row_at(position) for position in range(pane.table.length))
    return [row.device_id for row in rows if row is not None]


# creating


async def test_a_new_device_is_in_the_file_and_under_the_cursor(
    run_console: RunConsole, yard: Path
) -> None:
    """Enter goes from field to field; ctrl+s saves from any of them."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "dredger")
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.current and pane.row_id(pane.current) == "dredger")
        await tells(pilot, "Registered dredger.")
    assert (await device_in(yard, "dredger")).enabled


async def test_an_id_is_made_up_when_none_is_given(run_console: RunConsole, yard: Path) -> None:
    """The message names it."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        await tells(pilot, "Registered ")
    (made,) = set(await ids_in(yard)) - set(DEVICES)
    assert len(made) > 10


async def test_a_refused_id_is_told_at_its_field_and_kept(
    run_console: RunConsole, yard: Path
) -> None:
    """The form comes back with what was typed; nothing was written."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "no such id!")
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query(".-wrong"), "the field marked")
        assert pilot.app.screen.query_one("#field-device-id", Input).value == "no such id!"
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, FormScreen), "what was typed is not dropped at once"
        await pilot.press("escape")
        await no_dialog(pilot)
    assert await ids_in(yard) == sorted(DEVICES)


async def test_an_id_that_is_taken_is_told_in_the_form(run_console: RunConsole, yard: Path) -> None:
    """Nothing is overwritten by creating."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "pump")
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("#problems.-shown"), "the problem")
        assert pilot.app.screen.query_one("#field-device-id", Input).value == "pump"
    assert (await device_in(yard, "pump")).attributes.defaults == {"qos": 1}


# changing


async def test_an_edit_in_the_form_changes_only_what_was_edited(
    run_console: RunConsole, yard: Path
) -> None:
    """Members that the form shows unchanged, and those it does not show, stay."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "crane")
        await pilot.press("e")
        await dialog(pilot, FormScreen)
        await pilot.press("space", "tab")
        await type_text(pilot, "hook worn")
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        assert "hook worn" in pilot.app.query_one("#devices DetailView", DetailView).plain
    saved = (await device_in(yard, "crane")).attributes
    assert not saved.enabled
    assert saved.status_reason == "hook worn"
    assert saved.ext == {"site": "east"}
    assert saved.via == ("mast",)


async def test_json_that_does_not_parse_is_not_saved_and_the_place_is_shown(
    run_console: RunConsole, yard: Path
) -> None:
    """The cursor stands where the parser stopped; mending it saves."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "pump")
        await pilot.press("E")
        await dialog(pilot, DocumentScreen)
        editor = pilot.app.screen.query_one(DocumentEditor)
        editor.load_text('{\n  "enabled": flase\n}')
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: editor.problem_at is not None, "the place marked")
        assert editor.problem_at is not None
        assert editor.problem_at[0] == 2
        editor.load_text('{"enabled": false, "colour": {"hull": "red"}}')
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
    saved = (await device_in(yard, "pump")).attributes.to_json()
    assert saved["enabled"] is False
    assert saved["colour"] == {"hull": "red"}
    assert "defaults" not in saved


async def test_json_that_the_registry_refuses_comes_back_with_the_reason(
    run_console: RunConsole, yard: Path
) -> None:
    """The text is as it was typed."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "pump")
        await pilot.press("E")
        await dialog(pilot, DocumentScreen)
        pilot.app.screen.query_one(DocumentEditor).load_text('{"via":   "mast", "enabled": 7}')
        await pilot.press("ctrl+s")
        await wait_for(
            pilot,
            lambda: "enabled" in str(pilot.app.screen.query_one("#problem").render()),
            "the reason",
        )
        text = pilot.app.screen.query_one(DocumentEditor).text
        assert text == '{"via":   "mast", "enabled": 7}'
    assert (await device_in(yard, "pump")).enabled


async def test_switching_turns_one_device_off_and_on(run_console: RunConsole, yard: Path) -> None:
    """Without a question: it can be taken back by the same key."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("s")
        await tells(pilot, "Disabled gate.")
        await no_dialog(pilot)
        await go_to(pilot, "lamp")
        await pilot.press("s")
        await tells(pilot, "Enabled lamp.")
        await no_dialog(pilot)
    assert not (await device_in(yard, "gate")).enabled
    assert (await device_in(yard, "lamp")).enabled


async def test_gateways_are_chosen_in_a_form_of_their_own(
    run_console: RunConsole, yard: Path
) -> None:
    """Known gateways are named; other members stay."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("w")
        await dialog(pilot, FormScreen)
        await type_text(pilot, "mast pump")
        await pilot.press("enter")
        await no_dialog(pilot)
    saved = (await device_in(yard, "gate")).attributes
    assert saved.via == ("mast", "pump")
    assert saved.ext == {"site": "west"}


async def test_gateways_with_commas_are_shown_and_kept_as_one_name(
    run_console: RunConsole, yard: Path
) -> None:
    """In the words about those that are known, and in what was entered before."""
    async with make_adapter(yard) as adapter:
        await change_elsewhere(adapter, "lamp", via=["mast 7,b"])
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "lamp")
        await pilot.press("w")
        form = await dialog(pilot, FormScreen)
        text = "\n".join(str(each.render()) for each in form.query(Static))
        assert 'Known gateways: mast, "mast 7,b"' in text
        assert form.query_one(Input).value == '"mast 7,b"'
        await pilot.press("end")
        await type_text(pilot, " gate")
        await pilot.press("enter")
        await no_dialog(pilot)
    assert (await device_in(yard, "lamp")).attributes.via == ("mast 7,b", "gate")


# deleting


async def test_a_deleted_device_is_gone_after_a_yes(run_console: RunConsole, yard: Path) -> None:
    """The key that asks is not the key that confirms; those behind it are counted."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "mast")
        await pilot.press("x")
        question = await dialog(pilot, ConfirmScreen)
        text = "\n".join(str(each.render()) for each in question.query(".dialog--text"))
        assert "2 devices connect through it" in text
        await pilot.press("x")
        assert pilot.app.screen is question
        await pilot.press("y")
        await tells(pilot, "Deleted mast.")
        await no_dialog(pilot)
    assert await ids_in(yard) == ["crane", "gate", "lamp", "pump"]


@pytest.mark.parametrize("key", ["escape", "n", "enter"])
async def test_deleting_is_refused_by_every_key_that_does_not_say_yes(
    run_console: RunConsole, yard: Path, key: str
) -> None:
    """Enter presses the button in focus, and that is Cancel."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        await pilot.press(key)
        await no_dialog(pilot)
    assert await ids_in(yard) == sorted(DEVICES)


async def test_a_device_changed_elsewhere_is_not_deleted(
    run_console: RunConsole, yard: Path
) -> None:
    """The person confirmed the deletion of what was shown, not of what it became."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await go_to(pilot, "pump")
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        await change_elsewhere(adapter, "pump", ext={"keep": True})
        await pilot.press("y")
        await tells(pilot, "Changed elsewhere")
        await no_dialog(pilot)
    assert (await device_in(yard, "pump")).attributes.ext == {"keep": True}


# marks


async def test_marked_devices_are_switched_together(run_console: RunConsole, yard: Path) -> None:
    """Alike, whatever each was before; the question names them."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("space", "space", "space")
        await go_to(pilot, "crane")
        await pilot.press("s")
        question = await dialog(pilot, ConfirmScreen)
        assert "crane, gate, lamp" in str(question.query_one(".dialog--text").render())
        await pilot.press("y")
        await tells(pilot, "Disabled 3 devices.")
        await no_dialog(pilot)
    states = [(await device_in(yard, name)).enabled for name in sorted(DEVICES)]
    assert states == [False, False, False, True, True]


async def test_all_that_match_are_deleted_except_those_taken_out(
    run_console: RunConsole, yard: Path
) -> None:
    """A mark on all of a filtered list; the rest of the list is not touched."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("slash")
        await type_text(pilot, "via:mast")
        await pilot.press("enter")
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: shown_ids(pane) == ["crane", "lamp"], "the filtered list")
        await pilot.press("asterisk", "space", "x")
        question = await dialog(pilot, ConfirmScreen)
        text = str(question.query_one(".dialog--text").render())
        assert "via:mast" in text
        assert "except 1 device" in text
        await pilot.press("y")
        await tells(pilot, "Deleted 1 device.")
        await no_dialog(pilot)
        assert not pane.table.marks
    assert await ids_in(yard) == ["crane", "gate", "mast", "pump"]


async def test_many_are_deleted_only_after_their_number_was_typed(
    run_console: RunConsole, yard: Path
) -> None:
    """The key y alone does nothing then; a wrong number neither."""
    adapter = make_adapter(yard)
    async with adapter:
        assert adapter.devices is not None
        pattern = (await adapter.devices.get(YARD, "mast")).attributes
        for number in range(150):
            await adapter.devices.create(YARD, f"buoy-{number:03}", pattern)
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("asterisk", "x")
        question = await dialog(pilot, ConfirmScreen)
        await type_text(pilot, "y")
        await pilot.press("enter")
        assert pilot.app.screen is question
        await pilot.press("backspace")
        await type_text(pilot, "155")
        await pilot.press("enter")
        await tells(pilot, "Deleted 155 devices.")
        await no_dialog(pilot)
    assert await ids_in(yard) == []


async def test_rows_gone_or_changed_meanwhile_are_counted_not_forced(
    run_console: RunConsole, yard: Path
) -> None:
    """The message names the first reason."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await pilot.press("space", "space", "s")
        await dialog(pilot, ConfirmScreen)
        assert adapter.devices is not None
        await adapter.devices.delete(YARD, "gate", expected=None)
        await pilot.press("y")
        await tells(pilot, "1 row stayed as they were")
        await no_dialog(pilot)
    with pytest.raises(NotFound):
        await device_in(yard, "gate")


async def test_marks_go_by_backslash(run_console: RunConsole, yard: Path) -> None:
    """And by escape, when there is nothing else to step out of."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        table = pane_of(pilot).table
        await pilot.press("asterisk")
        assert table.marks.all_matching
        await pilot.press("backslash")
        assert not table.marks
        await pilot.press("space", "escape")
        assert not table.marks


# looking around


async def test_enter_opens_the_credentials_of_the_device(
    run_console: RunConsole, yard: Path
) -> None:
    """The header says whose they are."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "lamp")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(pane_of(pilot), CredentialsPane), "credentials")
        assert pane_of(pilot).scope.device_id == "lamp"


async def test_behind_lists_what_connects_through_a_gateway(
    run_console: RunConsole, yard: Path
) -> None:
    """As a filter, so that escape leads back."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "mast")
        await pilot.press("b")
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: shown_ids(pane) == ["crane", "lamp"], "those behind")
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(shown_ids(pane)) == 5, "all again")


async def test_the_order_is_chosen_from_a_menu(run_console: RunConsole, yard: Path) -> None:
    """By the key of its line."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("o")
        await dialog(pilot, ChooseScreen)
        await pilot.press("I")
        await no_dialog(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: shown_ids(pane) == sorted(DEVICES, reverse=True), "z to a")


@pytest.mark.parametrize(
    ("target", "found"),
    [("lamp", "lamp"), ("#4", "mast"), ("AAA", "crane"), ("zebra", "pump"), ("#99,999", "pump")],
)
async def test_jump_goes_to_an_id_or_a_position(
    run_console: RunConsole, yard: Path, target: str, found: str
) -> None:
    """Positions count from one; before the first and behind the last row is the nearest."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("J")
        form = await dialog(pilot, FormScreen)
        form.query_one(Input).value = target
        await pilot.press("enter")
        await no_dialog(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.current and pane.row_id(pane.current) == found, found)


@pytest.mark.parametrize("target", ["#half", "#²", "#٣", "#", f"#{'9' * 5000}", f"#{10**18}"])
async def test_a_jump_to_no_number_is_told_in_the_form(
    run_console: RunConsole, yard: Path, target: str
) -> None:
    """What was typed stays."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("J")
        form = await dialog(pilot, FormScreen)
        form.query_one(Input).value = target
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.screen.query(".-wrong"), "the problem")
        assert pilot.app.screen.query_one(Input).value == target


async def test_history_tells_what_was_changed(run_console: RunConsole, yard: Path) -> None:
    """By whom, from what to what."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("s")
        await no_dialog(pilot)
        await pilot.press("h")
        window = await dialog(pilot, ShowScreen)
        text = "\n".join(str(each.render()) for each in window.query("Static"))
        assert "enabled" in text
        assert "tester" in text


# changed by two at once


async def begin_conflict(pilot: Pilot[None], adapter: LocalAdapter) -> None:
    """Type a reason for `crane` while somebody else gives another reason and moves it."""
    await go_to(pilot, "crane")
    await pilot.press("e")
    await dialog(pilot, FormScreen)
    await pilot.press("tab")
    await type_text(pilot, "mine")
    theirs = {"status-reason": "theirs", "ext": {"site": "north"}}
    await change_elsewhere(adapter, "crane", **theirs)
    await pilot.press("ctrl+s")
    await dialog(pilot, ConflictScreen)


@pytest.mark.parametrize(
    ("key", "reason", "site"),
    [("m", "mine", "east"), ("t", "theirs", "north"), ("b", "mine", "north")],
)
async def test_a_conflict_is_decided_by_one_key(
    run_console: RunConsole, yard: Path, key: str, reason: str, site: str
) -> None:
    """Mine replaces, theirs stays, both merges field by field with mine where both changed."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await begin_conflict(pilot, adapter)
        await pilot.press(key)
        await no_dialog(pilot)
    saved = (await device_in(yard, "crane")).attributes
    assert (saved.status_reason, saved.ext) == (reason, {"site": site})


async def test_escape_from_a_conflict_leads_back_to_what_was_typed(
    run_console: RunConsole, yard: Path
) -> None:
    """Nothing was written; saving again asks again."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await begin_conflict(pilot, adapter)
        await pilot.press("escape")
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#field-status-reason", Input).value == "mine"
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press("b")
        await no_dialog(pilot)
    saved = (await device_in(yard, "crane")).attributes
    assert (saved.status_reason, saved.ext) == ("mine", {"site": "north"})


async def test_a_conflict_can_be_settled_by_hand(run_console: RunConsole, yard: Path) -> None:
    """The editor begins with both changes; escape from it leads back to the form."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await begin_conflict(pilot, adapter)
        await pilot.press("e")
        await dialog(pilot, DocumentScreen)
        assert '"north"' in pilot.app.screen.query_one(DocumentEditor).text
        await pilot.press("escape")
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#field-status-reason", Input).value == "mine"
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press("e")
        await dialog(pilot, DocumentScreen)
        editor = pilot.app.screen.query_one(DocumentEditor)
        editor.load_text(editor.text.replace('"mine"', '"agreed"'))
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
    saved = (await device_in(yard, "crane")).attributes
    assert (saved.status_reason, saved.ext) == ("agreed", {"site": "north"})


async def test_what_was_decided_in_a_conflict_and_is_refused_comes_back_with_the_reason(
    run_console: RunConsole, yard: Path
) -> None:
    """Neither both changes together nor what was typed by hand has to be made again."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await begin_conflict(pilot, adapter)
        adapter.devices = refusing = RefusesOnce(adapter.devices)
        await pilot.press("b")
        await dialog(pilot, DocumentScreen)
        assert refusing.refused
        assert any(
            "There is no room" in str(each.render()) for each in pilot.app.screen.query(Static)
        )
        editor = pilot.app.screen.query_one(DocumentEditor)
        assert '"north"' in editor.text
        assert '"mine"' in editor.text
        editor.load_text(editor.text.replace('"mine"', f'"{"long" * 40}"'))
        await pilot.press("ctrl+s")
        await wait_for(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, DocumentScreen)
                and any("128" in str(each.render()) for each in pilot.app.screen.query(Static))
            ),
            "the reason",
        )
        editor = pilot.app.screen.query_one(DocumentEditor)
        editor.load_text(editor.text.replace("long" * 40, "agreed"))
        await pilot.pause()
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
    saved = (await device_in(yard, "crane")).attributes
    assert (saved.status_reason, saved.ext) == ("agreed", {"site": "north"})


class RefusesOnce:
    """A port of devices whose next update is refused."""

    def __init__(self, port: object) -> None:
        self._port = port
        self.refused = False

    def __getattr__(self, name: str) -> Any:
        return self._update if name == "update" and not self.refused else getattr(self._port, name)

    async def _update(self, *_args: object, **_named: object) -> None:
        self.refused = True
        raise LimitReached("There is no room for it.")


async def test_a_third_change_during_a_conflict_is_noticed_too(
    run_console: RunConsole, yard: Path
) -> None:
    """The decision is about what was shown, so a newer state asks once more."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await begin_conflict(pilot, adapter)
        first = pilot.app.screen
        await change_elsewhere(adapter, "crane", viaGroups=["night"])
        await pilot.press("b")
        await wait_for(
            pilot,
            lambda: isinstance(pilot.app.screen, ConflictScreen) and pilot.app.screen is not first,
            "the second question",
        )
        await pilot.pause()
        await pilot.press("b")
        await no_dialog(pilot)
    saved = (await device_in(yard, "crane")).attributes
    assert saved.status_reason == "mine"
    assert saved.ext == {"site": "north"}
    assert saved.via_groups == ("night",)


async def test_json_typed_during_a_conflict_is_kept(run_console: RunConsole, yard: Path) -> None:
    """Escape from the question leads back to the very text."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("E")
        await dialog(pilot, DocumentScreen)
        text = '{"ext":   {"site": "west", "tone": "low"}}'
        pilot.app.screen.query_one(DocumentEditor).load_text(text)
        await change_elsewhere(adapter, "gate", via=["mast"])
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press("escape")
        await dialog(pilot, DocumentScreen)
        assert pilot.app.screen.query_one(DocumentEditor).text == text
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press("b")
        await no_dialog(pilot)
    saved = (await device_in(yard, "gate")).attributes
    assert saved.ext == {"site": "west", "tone": "low"}
    assert saved.via == ("mast",)


async def test_a_device_deleted_during_an_edit_keeps_the_form(
    run_console: RunConsole, yard: Path
) -> None:
    """The reason stands at the top; what was typed can still be copied."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await go_to(pilot, "gate")
        await pilot.press("e")
        await dialog(pilot, FormScreen)
        await pilot.press("tab")
        await type_text(pilot, "rusty")
        assert adapter.devices is not None
        await adapter.devices.delete(YARD, "gate", expected=None)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("#problems.-shown"), "the reason")
        assert pilot.app.screen.query_one("#field-status-reason", Input).value == "rusty"


async def test_a_change_elsewhere_is_shown_without_losing_the_place(
    run_console: RunConsole, yard: Path
) -> None:
    """The cursor stays on its device while others come and go around it."""
    adapter = make_adapter(yard)
    async with run_console(adapter, pane="devices") as pilot:
        await go_to(pilot, "lamp")
        assert adapter.devices is not None
        await adapter.devices.delete(YARD, "crane", expected=None)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: len(shown_ids(pane)) == 4, "the list read again")
        assert pane.current is not None
        assert pane.row_id(pane.current) == "lamp"


async def test_two_keys_in_one_read_open_one_dialog(run_console: RunConsole, yard: Path) -> None:
    """A second e belongs to nothing: the form is on its way."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("e", "e", "E", "x")
        await dialog(pilot, FormScreen)
        await pilot.pause()
        assert len(console_of(pilot).screen_stack) == 2
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(console_of(pilot).screen_stack) == 1)
        assert not told(pilot)
    assert await ids_in(yard) == sorted(DEVICES)


async def test_the_title_counts_the_devices_and_the_disabled_ones(
    run_console: RunConsole, yard: Path
) -> None:
    """And follows what is written."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:

        def says(figures: str) -> bool:
            return str(pane_of(pilot).table.border_title).startswith(f"Devices of yard: {figures}")

        await wait_for(pilot, lambda: says("5, 1 disabled"), "the figures")
        await pilot.press("s")
        await wait_for(pilot, lambda: says("5, 2 disabled"), "the new figures")


async def test_figures_that_lag_are_called_so(run_console: RunConsole, yard: Path) -> None:
    """A remote hub counts now and then."""

    class Lagging:
        async def get(self, tenant_id: str) -> Statistics:
            del tenant_id
            return Statistics(total=4000, enabled=3990, exact=False)

    adapter: RegistryAdapter = make_adapter(yard)
    adapter.statistics = Lagging()
    async with run_console(adapter, pane="devices") as pilot:
        await wait_for(
            pilot,
            lambda: "~4,000, ~10 disabled" in str(pane_of(pilot).table.border_title),
            "the figures",
        )
