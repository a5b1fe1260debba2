"""Principals by keys in real files: every byte that an edit does not concern stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input

from console.dialogs.form import FormScreen
from console.dialogs.review import ReviewScreen
from tests.console.conftest import RunConsole, make_adapter, type_text
from tests.console.waiting import wait_for
from tests.console.yard import console_of, dialog, go_to, no_dialog, pane_of, tells

MAIN = """\
# the hub
hostname = "crane"

# the tide gauge   reads the water
[[principal]]
uid = 1001   # svc-tide
name = "tide"
idtype = ["module"]

[[principal]]
name = "lamp"
uid = 1002
idtype = ["module"]
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A main file with two principals and an empty folder."""
    (tmp_path / "config.toml").write_text(MAIN)
    (tmp_path / "config.d").mkdir()
    return tmp_path


async def edit_uid(pilot: Pilot[Any], name: str, uid: str) -> None:
    """Change a uid in the form and ask for it to be written."""
    await go_to(pilot, name)
    await pilot.press("e")
    form = await dialog(pilot, FormScreen)
    form.query_one("#field-uid", Input).value = uid
    await pilot.press("ctrl+s")
    await dialog(pilot, ReviewScreen)


async def test_an_edit_is_shown_first_and_changes_one_line(
    run_console: RunConsole, files: Path
) -> None:
    """Comments and blanks stay."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await edit_uid(pilot, "tide", "2001")
        assert (files / "config.toml").read_text() == MAIN
        await pilot.press("y")
        await tells(pilot, "Wrote config.toml.")
        await no_dialog(pilot)
    assert (files / "config.toml").read_text() == MAIN.replace("1001", "2001")


async def test_turning_away_from_the_difference_leads_back_to_the_form(
    run_console: RunConsole, files: Path
) -> None:
    """With what was typed, and nothing written."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await edit_uid(pilot, "tide", "2001")
        await pilot.press("escape")
        form = await dialog(pilot, FormScreen)
        assert form.query_one("#field-uid", Input).value == "2001"
    assert (files / "config.toml").read_text() == MAIN


async def test_an_edit_can_be_undone(run_console: RunConsole, files: Path) -> None:
    """The file is what it was, byte for byte; there is nothing more to undo then."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await edit_uid(pilot, "lamp", "7")
        await pilot.press("y")
        await tells(pilot, "Wrote config.toml.")
        await no_dialog(pilot)
        await pilot.press("u")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await no_dialog(pilot)
        await pilot.press("u")
        await tells(pilot, "Nothing was changed here yet.")
    assert (files / "config.toml").read_text() == MAIN


async def test_a_new_principal_gets_a_file_of_its_own(run_console: RunConsole, files: Path) -> None:
    """Others' files stay as they are; the undo removes the file."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await pilot.press("n")
        form = await dialog(pilot, FormScreen)
        await type_text(pilot, "camera")
        form.query_one("#field-uid", Input).value = "44"
        form.query_one("#field-module", Checkbox).value = True
        await pilot.press("ctrl+s")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await tells(pilot, "Wrote ")
        await no_dialog(pilot)
        (made,) = (files / "config.d").iterdir()
        assert 'name = "camera"' in made.read_text()
        await pilot.press("u")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await tells(pilot, "Removed ")
        await no_dialog(pilot)
    assert list((files / "config.d").iterdir()) == []
    assert (files / "config.toml").read_text() == MAIN


async def test_deleting_takes_the_table_and_its_comment(
    run_console: RunConsole, files: Path
) -> None:
    """The other principal keeps every byte."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("x")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await no_dialog(pilot)
        await wait_for(pilot, lambda: pane_of(pilot).table.length == 2, "the list without it")
    text = (files / "config.toml").read_text()
    assert "tide" not in text
    assert text.endswith(MAIN[MAIN.index('[[principal]]\nname = "lamp"') :])


async def test_a_file_changed_meanwhile_is_not_overwritten(
    run_console: RunConsole, files: Path
) -> None:
    """The form says so and keeps what was typed."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await edit_uid(pilot, "tide", "2001")
        edited = MAIN.replace('"crane"', '"derrick"')
        (files / "config.toml").write_text(edited)
        await pilot.press("y")
        form = await dialog(pilot, FormScreen)
        assert form.query("#problems.-shown")
        assert form.query_one("#field-uid", Input).value == "2001"
        await pilot.press("ctrl+s")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await no_dialog(pilot)
    assert (files / "config.toml").read_text() == edited.replace("1001", "2001")


async def test_a_wrong_uid_is_told_at_its_field(run_console: RunConsole, files: Path) -> None:
    """Nothing is planned with it."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("e")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-uid", Input).value = "root"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("FieldView.-wrong"), "the problem")
        assert isinstance(pilot.app.screen, FormScreen)


async def test_an_edit_that_changes_nothing_writes_nothing(
    run_console: RunConsole, files: Path
) -> None:
    """The daemon is spared a restart."""
    before = (files / "config.toml").stat().st_mtime_ns
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("enter")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("#problems.-shown"), "the reason")
    assert (files / "config.toml").stat().st_mtime_ns == before


async def test_other_files_are_opened_and_remembered(run_console: RunConsole, files: Path) -> None:
    """The next session begins with them."""
    other = files / "other.toml"
    other.write_text('[[principal]]\nname = "buoy"\nuid = 9\n')
    async with run_console(make_adapter(files), pane="principals") as pilot:
        kept: dict[str, str] = {}
        console_of(pilot)._remember = kept.__setitem__
        await pilot.press("f")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-main_file", Input).value = str(other)
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.current and pane.row_id(pane.current) == "buoy")
        assert kept["identityd_config"] == str(other)


async def test_a_broken_file_is_shown_and_not_edited(run_console: RunConsole, files: Path) -> None:
    """The rest stays editable."""
    (files / "config.d/broken.toml").write_text("[[principal\n")
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "broken.toml")
        await pilot.press("e")
        await tells(pilot, "Not editable here")
        assert len(console_of(pilot).screen_stack) == 1
