"""Private keys that only the console has: nothing lets go of one without a question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.form import FormScreen
from console.panes.identity import IdentityPane
from console.render.identities import IdentityRow, state_cell
from console.widgets.detail_view import DetailView
from tests.console.conftest import NOW, RunConsole
from tests.console.waiting import wait_for
from tests.console.yard import console_of, dialog, go_to, no_dialog, pane_of, tells, told
from tests.contract.adapter_help import need
from tests.contract.identity_serving import (
    CALLER,
    CAMERA,
    on_socket,
    serving_identity,
    short_folder,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the service lives."""
    with short_folder() as found:
        yield found


def pane(pilot: Pilot[Any]) -> IdentityPane:
    """The pane of the service, in front or not."""
    return console_of(pilot).query_one(IdentityPane)


def current(pilot: Pilot[Any]) -> IdentityRow:
    """The row under the cursor."""
    return need(pane(pilot).current)


async def issue(pilot: Pilot[Any], name: str) -> str:
    """Have a local identity issued; its private key."""
    await pilot.press("i")
    form = await dialog(pilot, FormScreen)
    form.query_one("#field-module_id", Input).value = name
    await pilot.press("ctrl+s")
    await tells(pilot, f"Issued {name}.")
    await no_dialog(pilot)
    await go_to(pilot, name)
    return current(pilot).private_key


async def ended(pilot: Pilot[Any]) -> None:
    """Wait until the console is left."""
    app = console_of(pilot)
    await wait_for(pilot, lambda: app._exit, "the end of the console")


async def test_an_unsaved_key_is_not_left_without_a_question(
    run_console: RunConsole, folder: Path
) -> None:
    """From whatever pane; whoever turns away stays, and the key with them."""
    async with serving_identity(folder), run_console(on_socket(folder)) as pilot:
        key = await issue(pilot, "probe")
        assert state_cell(current(pilot), NOW)[0] == "▲ key not saved: s"
        assert "until that is left" in pane(pilot).query_one(DetailView).plain
        await pilot.press("5")
        await wait_for(pilot, lambda: pane_of(pilot).id == "principals", "the principals")
        for leave in ("q", "ctrl+q"):
            await pilot.press(leave)
            question = await dialog(pilot, ChooseScreen)
            assert isinstance(question, ChooseScreen)
            assert "The private key of probe is in no file yet" in question._intro
            await pilot.press("ctrl+q")
            await pilot.press("escape")
            await no_dialog(pilot)
        assert not console_of(pilot)._exit
        await pilot.press("6")
        assert current(pilot).private_key == key


async def test_a_key_may_be_let_go_of(run_console: RunConsole, folder: Path) -> None:
    """By its own word; one that was only fetched is not asked for, since it can be had again."""
    async with serving_identity(folder), run_console(on_socket(folder)) as pilot:
        await issue(pilot, "probe")
        await pilot.press("q")
        await dialog(pilot, ChooseScreen)
        await pilot.press("d")
        await ended(pilot)


async def test_a_key_can_be_saved_on_the_way_out(
    run_console: RunConsole, folder: Path, tmp_path: Path
) -> None:
    """Every unsaved one in turn; turning away from a form keeps the console open."""
    async with serving_identity(folder), run_console(on_socket(folder)) as pilot:
        keys = {name: await issue(pilot, name) for name in ("probe", "spare")}
        await pilot.press("q")
        await dialog(pilot, ChooseScreen)
        await pilot.press("s")
        await dialog(pilot, FormScreen)
        await pilot.press("escape")
        await no_dialog(pilot)
        assert pane(pilot).holds == "probe, spare"
        await pilot.press("q")
        await dialog(pilot, ChooseScreen)
        await pilot.press("s")
        for name in keys:
            form = await dialog(pilot, FormScreen)
            form.query_one("#field-certificate", Input).value = str(tmp_path / f"{name}.crt")
            form.query_one("#field-private_key", Input).value = str(tmp_path / f"{name}.key")
            await pilot.press("ctrl+s")
            await tells(pilot, f"Saved {name}.crt and {name}.key in {tmp_path}.")
            await wait_for(pilot, lambda form=form: pilot.app.screen is not form, "the next")  # type: ignore[misc]
        await ended(pilot)
    assert {name: (tmp_path / f"{name}.key").read_text() for name in keys} == keys


async def test_what_was_only_fetched_or_is_saved_is_left_at_once(
    run_console: RunConsole, folder: Path, tmp_path: Path
) -> None:
    """A principal's can be had again by its name."""
    async with serving_identity(folder), run_console(on_socket(folder)) as pilot:
        await go_to(pilot, "camera")
        await pilot.press("enter")
        await wait_for(pilot, lambda: current(pilot).private_key, "a key")
        assert pane(pilot).holds == ""
        await issue(pilot, "camera")
        assert pane(pilot).holds == "camera"
        await pilot.press("s")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-certificate", Input).value = str(tmp_path / "c.crt")
        form.query_one("#field-private_key", Input).value = str(tmp_path / "c.key")
        await pilot.press("ctrl+s")
        await tells(pilot, f"Saved c.crt and c.key in {tmp_path}.")
        await no_dialog(pilot)
        assert state_cell(current(pilot), NOW)[0].startswith("until")
        await pilot.press("q")
        await ended(pilot)


@pytest.mark.parametrize("key", ["enter", "o"])
async def test_what_the_service_does_not_keep_is_not_asked_for(
    run_console: RunConsole, folder: Path, key: str
) -> None:
    """It would answer that there is none; what is here stays."""
    async with serving_identity(folder), run_console(on_socket(folder)) as pilot:
        before = await issue(pilot, "probe")
        await pilot.press(key)
        await tells(pilot, "The service keeps no certificates: probe is what was issued here")
        assert "i issues a new one" in told(pilot)
        assert "Not found" not in told(pilot)
        assert current(pilot).private_key == before


@pytest.mark.parametrize("name", ["probe", "camera"])
async def test_a_second_key_takes_no_unsaved_ones_place_unasked(
    run_console: RunConsole, folder: Path, name: str
) -> None:
    """Refused, the first stays; agreed to, there is another."""
    async with serving_identity(folder), run_console(on_socket(folder)) as pilot:
        before = await issue(pilot, name)
        await pilot.press("i")
        form = await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        question = await dialog(pilot, ConfirmScreen)
        assert isinstance(question, ConfirmScreen)
        assert f"The private key of {name} that was issued before" in question._text
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen not in (form, question), "the form again")
        await dialog(pilot, FormScreen)
        assert pane(pilot).rows.local_row(name).private_key == before
        await pilot.press("ctrl+s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await no_dialog(pilot)
        await wait_for(pilot, lambda: current(pilot).private_key != before, "another key")


async def test_a_principal_that_cannot_be_read_here_is_fetched_by_its_name(
    run_console: RunConsole, folder: Path
) -> None:
    """The service says that it is one; its files need not be readable here."""
    async with serving_identity(folder, CALLER + CAMERA):
        elsewhere = on_socket(folder)
        await need(elsewhere.principals).use(folder / "none.toml", folder / "none.d")
        async with run_console(elsewhere) as pilot:
            assert await issue(pilot, "camera")
