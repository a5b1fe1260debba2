"""A configuration edited as text: what was not typed stays as it was, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import TextArea

from console.dialogs.base import DialogBox
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.document import DocumentScreen
from console.dialogs.review import ReviewScreen
from console.widgets.difference import DifferenceView
from tests.console.conftest import RunConsole, make_adapter
from tests.console.waiting import wait_for
from tests.console.yard import dialog, go_to, no_dialog, tells

MAIN = (
    'hostname = "crane"\r\n'
    'homedir = "/var/lib/aziot/identityd"\n'
    "# a form feed\f and a line separator\u2028 within a comment\r\n"
    '[provisioning]\nsource = "none"\r\n'
    "\r\n"
    '[[principal]]\r\nuid = 1001\nname = "tide"\r\nidtype = []'
).replace("\f", "\u0085")
"""Line ends of every kind, none of which TOML minds."""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """The main file, beside an empty folder."""
    (tmp_path / "config.d").mkdir()
    main = tmp_path / "config.toml"
    main.write_bytes(MAIN.encode())
    return main


async def test_a_number_typed_into_the_text_changes_no_other_byte(
    run_console: RunConsole, main: Path
) -> None:
    """Whatever the lines of the file end in."""
    async with run_console(make_adapter(main.parent), pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("E")
        await dialog(pilot, ChooseScreen)
        await pilot.press("enter")
        editor = (await dialog(pilot, DocumentScreen)).query_one(TextArea)
        row = editor.text.split("\r\n").index("uid = 1001")
        editor.replace("2", (row, 6), (row, 7))
        await pilot.press("ctrl+s")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await tells(pilot, "Wrote config.toml.")
        await no_dialog(pilot)
        assert main.read_bytes() == MAIN.replace("1001", "2001").encode()
        await pilot.press("u")
        await dialog(pilot, ReviewScreen)
        await pilot.press("y")
        await wait_for(pilot, lambda: main.read_bytes() == MAIN.encode(), "the text as it was")
        await no_dialog(pilot)


async def test_settings_typed_as_text_are_held_against_the_same_checks(
    run_console: RunConsole, main: Path
) -> None:
    """What would stop the daemon is told before anything is written, and can be mended."""
    async with run_console(make_adapter(main.parent), pane="principals") as pilot:
        await go_to(pilot, "tide")
        await pilot.press("E")
        await dialog(pilot, ChooseScreen)
        await pilot.press("enter")
        editor = (await dialog(pilot, DocumentScreen)).query_one(TextArea)
        row = editor.text.split("\r\n").index('source = "none"')
        editor.replace("nowhere", (row, 10), (row, 14))
        await pilot.press("ctrl+s")
        question = await dialog(pilot, ConfirmScreen)
        assert isinstance(question, ConfirmScreen)
        assert "provisioning.source" in question._text
        await pilot.press("escape")
        again = await dialog(pilot, DocumentScreen)
        assert "nowhere" in again.query_one(TextArea).text
        assert "provisioning.source" in str(again.query_one("#problem").render())
    assert main.read_bytes() == MAIN.encode()


async def test_many_warnings_leave_room_for_the_change_and_the_question(
    run_console: RunConsole, main: Path
) -> None:
    """On a small screen, too; the warnings can be scrolled."""
    odd = "".join(
        f'[[principal]]\nuid = {number}\nname = "n{number}"\nidtype = []\nmax_requests = 1\n'
        for number in range(9)
    )
    async with run_console(make_adapter(main.parent), pane="principals", size=(80, 24)) as pilot:
        await go_to(pilot, "tide")
        await pilot.press("E")
        await dialog(pilot, ChooseScreen)
        await pilot.press("enter")
        editor = (await dialog(pilot, DocumentScreen)).query_one(TextArea)
        editor.insert(f"\n{odd}", editor.document.end)
        await pilot.press("ctrl+s")
        review = await dialog(pilot, ReviewScreen)
        await wait_for(pilot, lambda: review.query_one(DifferenceView).size.height >= 3, "room")
        box = review.query_one(DialogBox)
        assert box.content_region.contains_region(review.query_one("#write").region)
        assert review.query_one("#amiss").max_scroll_y > 0
    assert main.read_bytes() == MAIN.encode()
