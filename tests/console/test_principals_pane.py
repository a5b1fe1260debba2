"""Principals by keys in real files: every byte that an edit does not concern stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input, Static, TextArea

from console.dialogs.base import DialogBox
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.document import DocumentScreen
from console.dialogs.explain import ExplainScreen
from console.dialogs.findings import FindingsScreen
from console.dialogs.form import FormScreen
from console.dialogs.review import ReviewScreen
from console.render import principals as render
from console.widgets.record_table import RecordTable
from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.modules import Module
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
        await tells(pilot, "There is nothing to undo.")
    assert (files / "config.toml").read_text() == MAIN


async def test_what_cannot_be_undone_any_more_is_given_up(
    run_console: RunConsole, files: Path
) -> None:
    """It says so, and why; the next request takes back the change before it."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await pilot.press("n")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-name", Input).value = "camera"
        form.query_one("#field-uid", Input).value = "1003"
        await pilot.press("ctrl+s")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await no_dialog(pilot)
        await edit_uid(pilot, "tide", "2001")
        await pilot.press("y")
        await tells(pilot, "Wrote config.toml.")
        await no_dialog(pilot)
        edited = (files / "config.toml").read_text().replace('"crane"', '"derrick"')
        (files / "config.toml").write_text(edited)
        await pilot.press("u")
        await tells(pilot, "cannot be undone any more, u takes back the change before it")
        await pilot.press("u")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await no_dialog(pilot)
        assert list((files / "config.d").iterdir()) == []
        await pilot.press("u")
        await tells(pilot, "There is nothing to undo.")
    assert (files / "config.toml").read_text() == edited


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
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.current and pane.row_id(pane.current) == "camera")
        (made,) = (files / "config.d").iterdir()
        assert 'name = "camera"' in made.read_text()
        await pilot.press("u")
        review = await dialog(pilot, ReviewScreen)
        assert "removes the module “camera”" in str(review.query_one("#warnings").render())
        await pilot.press("y")
        await tells(pilot, "Removed ")
        await no_dialog(pilot)
    assert list((files / "config.d").iterdir()) == []
    assert (files / "config.toml").read_text() == MAIN


class HubWithCamera:
    """The modules of a hub, among them one that the daemon did not make."""

    async def list(self) -> tuple[Module, ...]:
        """As ModulesPort."""
        made = datetime(2026, 1, 1, tzinfo=UTC)
        return (
            Module(
                tenant_id="t",
                device_id="gate",
                module_id="camera",
                generation_id="1",
                created_at=made,
            ),
        )


async def test_a_module_that_the_hub_has_already_is_warned_of(
    run_console: RunConsole, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the form and in the text alike: the daemon would make it anew, and its twin is lost."""
    adapter = make_adapter(files)
    monkeypatch.setattr(adapter, "modules", HubWithCamera())
    warning = "The hub has a module “camera” already"
    async with run_console(adapter, pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("e")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-name", Input).value = "camera"
        await pilot.press("ctrl+s")
        review = await dialog(pilot, ReviewScreen)
        assert warning in str(review.query_one("#warnings").render())
        await pilot.press("escape")
        await dialog(pilot, FormScreen)
        await pilot.press("escape", "escape")
        await no_dialog(pilot)
        await pilot.press("E")
        await dialog(pilot, ChooseScreen)
        await pilot.press("enter")
        editor = await dialog(pilot, DocumentScreen)
        editor.query_one(TextArea).text = MAIN.replace('"tide"', '"camera"')
        await pilot.press("ctrl+s")
        review = await dialog(pilot, ReviewScreen)
        assert warning in str(review.query_one("#warnings").render())
    assert (files / "config.toml").read_text() == MAIN


async def test_a_hub_that_nobody_could_ask_is_no_hub_without_the_module(
    run_console: RunConsole, files: Path
) -> None:
    """Without a connection to the service, what a new module may cost is told all the same."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("e")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-name", Input).value = "camera"
        await pilot.press("ctrl+s")
        review = await dialog(pilot, ReviewScreen)
        told = str(review.query_one("#warnings").render())
        assert "Nobody could ask the hub whether it has a module “camera”" in told
        await pilot.press("escape")
        await dialog(pilot, FormScreen)
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
        assert "Try again" in str(form.query_one("#problems", Static).render())
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
        console_of(pilot).remember = kept.__setitem__
        await pilot.press("f")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-main_file", Input).value = str(other)
        await pilot.press("ctrl+s")
        await no_dialog(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.current and pane.row_id(pane.current) == "buoy")
        assert kept["identityd_config"] == str(other)


async def test_the_files_are_read_once_for_all_that_the_table_asks(
    run_console: RunConsole, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages, counts and filters are of one reading; r makes another."""
    adapter = make_adapter(files)
    assert adapter.principals is not None
    read, readings = adapter.principals.view, 0

    async def counted() -> EffectiveView:
        nonlocal readings
        readings += 1
        return await read()

    monkeypatch.setattr(adapter.principals, "view", counted)
    async with run_console(adapter, pane="principals") as pilot:
        await go_to(pilot, "lamp")
        await pilot.press("slash", *"tide", "enter")
        await wait_for(pilot, lambda: pane_of(pilot).table.length == 1, "the filtered list")
        assert readings == 1
        await pilot.press("r")
        await wait_for(pilot, lambda: readings == 2, "another reading")


async def test_a_broken_file_is_mended_as_text(run_console: RunConsole, files: Path) -> None:
    """Its fields cannot be edited, and it is said how it can be; its fault stands beside it."""
    (files / "config.toml").write_text(WHOLE)
    broken = files / "config.d/broken.toml"
    broken.write_text('[[principal\nuid = 1\nname = "b"\n')
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "broken.toml")
        await pilot.press("e")
        await tells(pilot, "Press E to mend the file as text.")
        assert len(console_of(pilot).screen_stack) == 1
        await pilot.press("E")
        await dialog(pilot, ChooseScreen)
        await pilot.press("enter")
        editor = await dialog(pilot, DocumentScreen)
        assert "line 1" in str(editor.query_one("#problem").render())
        editor.query_one(TextArea).text = '[[principal]]\nuid = 1\nname = "b"\n'
        await pilot.press("ctrl+s")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await tells(pilot, "Wrote broken.toml.")
        await no_dialog(pilot)
    assert broken.read_text() == '[[principal]]\nuid = 1\nname = "b"\n'


WHOLE = """\
hostname = "crane"
homedir = "/var/lib/aziot/identityd"
[provisioning]
source = "manual"
iothub_hostname = "hub.azure-devices.net"
device_id = "d"
authentication = { method = "sas", device_id_pk = "k" }

[[principal]]
uid = 1001
name = "tide"
idtype = ["module"]

[[principal]]
uid = 1001
name = "lamp"
idtype = ["module"]
"""


async def test_a_row_without_effect_says_so_and_why(run_console: RunConsole, files: Path) -> None:
    """In the list by a word, beside it in a sentence."""
    (files / "config.toml").write_text(WHOLE)
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "tide")
        pane = pane_of(pilot)
        assert pane.current is not None
        assert render.role_cell(pane.current)[0] == "○ shadowed"
        shown = {
            line.label: line.value for part in pane.detail(pane.current) for line in part.lines
        }
        assert "“lamp” in config.toml:14 has the same uid" in shown["no effect"]
        assert "1 warning" in pane.title()


async def test_findings_lead_to_their_row(run_console: RunConsole, files: Path) -> None:
    """Worst first; enter goes there."""
    (files / "config.toml").write_text(WHOLE.replace('name = "lamp"\n', 'name = "lamp"\nhue = 3\n'))
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await pilot.press("i")
        window = await dialog(pilot, FindingsScreen)
        assert isinstance(window, FindingsScreen)
        table = window.query_one(RecordTable)
        await wait_for(pilot, lambda: table.current is not None, "the first finding")
        assert table.current is not None
        assert table.current.rule == "duplicate-uid"
        keys = [finding.rule for finding in window._findings]
        for _ in range(keys.index("unknown-key")):
            await pilot.press("down")
        await pilot.press("enter")
        await no_dialog(pilot)
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: pane.row_id(pane.current) == "lamp", "the row")


async def test_the_answers_to_a_user_can_be_read(run_console: RunConsole, files: Path) -> None:
    """Of the row under the cursor at first; of any other by typing."""
    (files / "config.toml").write_text(WHOLE)
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await pilot.press("w")
        window = await dialog(pilot, ExplainScreen)
        assert isinstance(window, ExplainScreen)
        table = window.query_one(RecordTable)
        await wait_for(pilot, lambda: table.length == 10, "ten answers")
        assert [answer.status for answer in window._found][:3] == [200, 200, 401]
        window.query_one("#user", Input).value = "0"
        await wait_for(pilot, lambda: {at.status for at in window._found} == {200, 204}, "root's")
        window.query_one("#user", Input).value = "nobody-of-that-name"
        await wait_for(pilot, lambda: window.query("#wrong.-shown"), "the reason")
        await pilot.press("escape")
        await no_dialog(pilot)


async def test_what_would_stop_the_daemon_is_refused_unless_insisted(
    run_console: RunConsole, files: Path
) -> None:
    """Turning back leads to the form with the reason; insisting leads to the difference."""
    (files / "config.toml").write_text(WHOLE)
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "lamp")
        await pilot.press("e")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-name", Input).value = "tide"
        await pilot.press("ctrl+s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("escape")
        form = await dialog(pilot, FormScreen)
        assert form.query("FieldView.-wrong")
        await pilot.press("ctrl+s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        review = await dialog(pilot, ReviewScreen)
        assert "already the name" in str(review.query_one("#warnings").render())
        assert (files / "config.toml").read_text() == WHOLE
        await pilot.press("y")
        await tells(pilot, "Wrote config.toml.")
        await no_dialog(pilot)
    assert (files / "config.toml").read_text().count('"tide"') == 2


async def test_a_whole_file_is_edited_as_text_with_the_same_checks(
    run_console: RunConsole, files: Path
) -> None:
    """A fault is told and the text kept; what is right is shown first, then written; undone too."""
    (files / "config.toml").write_text(WHOLE)
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await pilot.press("E")
        await dialog(pilot, ChooseScreen)
        await pilot.press("enter")
        editor = await dialog(pilot, DocumentScreen)
        editor.query_one(TextArea).text = WHOLE.replace('"crane"', '"')
        await pilot.press("ctrl+s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("escape")
        editor = await dialog(pilot, DocumentScreen)
        assert "line 1" in str(editor.query_one("#problem").render())
        editor.query_one(TextArea).text = WHOLE.replace('"crane"', '"derrick"')
        await pilot.press("ctrl+s")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await tells(pilot, "Wrote config.toml.")
        await no_dialog(pilot)
        assert (files / "config.toml").read_text() == WHOLE.replace('"crane"', '"derrick"')
        await pilot.press("u")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await no_dialog(pilot)
    assert (files / "config.toml").read_text() == WHOLE


async def test_a_machine_without_a_service_is_told_so_in_one_calm_sentence(
    run_console: RunConsole, tmp_path: Path
) -> None:
    """No errors of a service that is not there; files elsewhere can be opened."""
    async with run_console(make_adapter(tmp_path), pane="principals") as pilot:
        pane = pane_of(pilot)
        await wait_for(pilot, lambda: "configured here" in pane.table.empty_text)
        assert pane.table.border_title == "Principals: none configured here"
        shown = " ".join(pane.table.render_line(y).text for y in range(pane.table.size.height))
        assert "No Identity Service" in shown
        assert "error" not in shown


async def test_a_deletion_looks_as_dangerous_as_it_is(run_console: RunConsole, files: Path) -> None:
    """Its frame and its button are red, and the key is said to delete."""
    async with run_console(make_adapter(files), pane="principals") as pilot:
        await go_to(pilot, "lamp")
        await pilot.press("x")
        review = await dialog(pilot, ReviewScreen)
        box = review.query_one(DialogBox)
        assert box.has_class("-dangerous")
        assert box.border_subtitle == "y delete   esc back"
        assert review.query_one("#write", Button).variant == "error"
        await pilot.press("escape")
        await edit_uid(pilot, "lamp", "7")
        box = (await dialog(pilot, ReviewScreen)).query_one(DialogBox)
        assert not box.has_class("-dangerous")
        assert box.border_subtitle == "y write   esc back"
