"""The pane of an Identity Service by keys, on our own service over a real socket."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from console.adapters.identity import IdentityAdapter
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.form import FormScreen
from console.dialogs.show import ShowScreen
from console.dialogs.waiting import WaitingScreen
from console.panes.identity import IdentityPane
from console.render.identities import IdentityRow
from console.widgets.detail_view import DetailView
from registry_backend.domain.identities import Identity
from registry_backend.domain.secrets import MASK
from tests.console.conftest import RunConsole
from tests.console.waiting import wait_for
from tests.console.yard import console_of, dialog, go_to, no_dialog, pane_of, tells
from tests.contract.adapter_help import need
from tests.contract.identity_serving import (
    CALLER,
    CAMERA,
    STRANGER,
    on_socket,
    principal,
    serving_identity,
    short_folder,
)

TIDE = principal("tide", '["module"]', STRANGER + 1)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the service lives."""
    with short_folder() as found:
        yield found


def identity_pane(pilot: Pilot[Any]) -> IdentityPane:
    """The pane in front."""
    pane = pane_of(pilot)
    assert isinstance(pane, IdentityPane)
    return pane


def rows(pilot: Pilot[Any]) -> list[tuple[str, str]]:
    """Kind and name of each row."""
    table = identity_pane(pilot).table
    found = [table.row_at(position) for position in range(table.length)]
    return [(row.kind, row.name) for row in found if row is not None]


def current(pilot: Pilot[Any]) -> IdentityRow:
    """The row under the cursor."""
    row = identity_pane(pilot).current
    assert row is not None
    return row


def shown(pilot: Pilot[Any]) -> str:
    """The text of the detail."""
    return identity_pane(pilot).query_one(DetailView).plain


async def issued(pilot: Pilot[Any], name: str = "camera") -> Identity:
    """Fetch the local identity of a principal."""
    await go_to(pilot, name)
    await pilot.press("enter")
    await wait_for(pilot, lambda: current(pilot).private_key, "a key")
    identity = current(pilot).identity
    assert identity is not None
    return identity


async def module_ids(adapter: IdentityAdapter) -> list[str | None]:
    """What the hub has."""
    return [each.module_id for each in await need(adapter.modules).list()]


async def test_it_shows_all_that_the_caller_may_have(run_console: RunConsole, folder: Path) -> None:
    """And only panes that there is something for."""
    async with (
        serving_identity(folder, CALLER + CAMERA + TIDE),
        run_console(on_socket(folder)) as pilot,
    ):
        assert rows(pilot) == [
            ("own", "(this console)"),
            ("device", "(the device)"),
            ("provisioning", "(provisioning)"),
            ("module", "tide"),
            ("local", "camera"),
        ]
        tabs = [str(tab.label) for tab in console_of(pilot).query("Tab").results()]  # type: ignore[attr-defined]
        assert tabs == ["5 Principals", "6 Identity"]
        assert "quay.azure-devices.net" in shown(pilot)
        await pilot.press("slash", "t", "i", "d", "enter")
        await wait_for(pilot, lambda: rows(pilot) == [("module", "tide")], "the filter")


async def test_the_principals_say_which_of_them_the_caller_is(
    run_console: RunConsole, folder: Path
) -> None:
    """So that nobody need look up the own uid."""
    async with (
        serving_identity(folder, CALLER + TIDE),
        run_console(on_socket(folder), pane="principals") as pilot,
    ):
        detail = pane_of(pilot).query_one(DetailView)
        await go_to(pilot, "console")
        await wait_for(pilot, lambda: detail.plain.startswith("console"), "the caller's detail")
        assert "this console calls the service" in detail.plain
        await go_to(pilot, "tide")
        await wait_for(pilot, lambda: detail.plain.startswith("tide"), "another's detail")
        assert "this console calls" not in detail.plain


async def test_a_refusal_stands_in_its_row_and_explains_itself(
    run_console: RunConsole, folder: Path
) -> None:
    """The other rows are there all the same."""
    async with (
        serving_identity(folder, principal("someone", "[]") + CAMERA),
        run_console(on_socket(folder)) as pilot,
    ):
        assert ("modules", "(modules)") in rows(pilot)
        assert ("provisioning", "(provisioning)") in rows(pilot)
        assert "is “someone” in" in shown(pilot)
        assert "What next" in shown(pilot)


async def test_a_module_is_made_fetched_and_deleted(run_console: RunConsole, folder: Path) -> None:
    """The list says no keys; fetched, it has a handle, which stays covered."""
    async with serving_identity(folder):
        adapter = on_socket(folder)
        async with run_console(adapter) as pilot:
            await pilot.press("n")
            form = await dialog(pilot, FormScreen)
            form.query_one("#field-module_id", Input).value = "lamp"
            await pilot.press("ctrl+s")
            await tells(pilot, "Created lamp.")
            await no_dialog(pilot)
            await go_to(pilot, "lamp")
            assert current(pilot).key_handle == ""
            await pilot.press("enter")
            await wait_for(pilot, lambda: current(pilot).key_handle, "the handle")
            assert current(pilot).key_handle not in shown(pilot)
            assert MASK in shown(pilot)
            await pilot.press("x")
            await dialog(pilot, ConfirmScreen)
            await pilot.press("y")
            await tells(pilot, "Deleted lamp.")
            await no_dialog(pilot)
            assert await module_ids(adapter) == []
            assert ("module", "lamp") not in rows(pilot)


async def test_a_name_that_is_taken_leads_back_to_the_form(
    run_console: RunConsole, folder: Path
) -> None:
    """With what was typed."""
    async with (
        serving_identity(folder, CALLER + TIDE),
        run_console(on_socket(folder)) as pilot,
    ):
        await pilot.press("n")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-module_id", Input).value = "tide"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen is not form, "the answer")
        again = await dialog(pilot, FormScreen)
        assert again.query_one("#field-module_id", Input).value == "tide"


async def test_pushing_keys_asks_first(run_console: RunConsole, folder: Path) -> None:
    """Since it may shut somebody out; the module stays the one it was."""
    async with (
        serving_identity(folder, CALLER + TIDE),
        run_console(on_socket(folder)) as pilot,
    ):
        await go_to(pilot, "tide")
        before = current(pilot).identity
        await pilot.press("u")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await tells(pilot, "Pushed the keys of tide.")
        after = current(pilot).identity
        assert before
        assert after
        assert after.generation_id == before.generation_id
        assert after.key_handle


async def test_a_certificate_is_decoded_and_its_key_covered(
    run_console: RunConsole, folder: Path
) -> None:
    """In the detail and in the JSON; a peek shows it, and closes."""
    async with serving_identity(folder), _run(run_console, folder) as pilot:
        identity = await issued(pilot)
        assert identity.certificate_facts
        assert "CN=camera.gate.example.com" in shown(pilot)
        assert identity.certificate_facts.fingerprint in shown(pilot)
        assert "PRIVATE KEY" not in shown(pilot)
        assert "PRIVATE KEY" not in str(identity_pane(pilot).document(current(pilot)))
        await pilot.press("p")
        window = await dialog(pilot, ShowScreen)
        assert isinstance(window, ShowScreen)
        assert "BEGIN PRIVATE KEY" in str(window._body)
        await pilot.press("escape")
        await no_dialog(pilot)


async def test_a_key_on_the_clipboard_is_taken_off_again(
    run_console: RunConsole, folder: Path
) -> None:
    """At the latest when the console is left."""
    async with serving_identity(folder), _run(run_console, folder) as pilot:
        identity = await issued(pilot)
        await pilot.press("C")
        await dialog(pilot, ChooseScreen)
        await pilot.press("k")
        await tells(pilot, "the clipboard is cleared")
        assert pilot.app.clipboard == identity.private_key
        identity_pane(pilot).on_unmount()
        assert pilot.app.clipboard.strip() == ""


async def test_a_local_identity_is_saved_for_this_user_only(
    run_console: RunConsole, folder: Path, tmp_path: Path
) -> None:
    """Never over a file that is there: then neither is written."""
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    async with serving_identity(folder), _run(run_console, folder) as pilot:
        identity = await issued(pilot)
        key.write_text("precious")
        await pilot.press("s")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-certificate", Input).value = str(certificate)
        form.query_one("#field-private_key", Input).value = str(key)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen is not form, "the answer")
        await dialog(pilot, FormScreen)
        assert key.read_text() == "precious"
        assert not certificate.exists()
        key.unlink()
        await pilot.press("ctrl+s")
        await tells(pilot, f"Saved c.pem and k.pem in {tmp_path}.")
        assert (certificate.read_text(), key.read_text()) == (
            identity.certificate,
            identity.private_key,
        )
        assert [stat.S_IMODE(each.stat().st_mode) for each in (certificate, key)] == [0o600] * 2


async def test_an_identity_is_issued_under_any_name(run_console: RunConsole, folder: Path) -> None:
    """It stays in the list through a reload, since nobody else keeps it."""
    async with serving_identity(folder), _run(run_console, folder) as pilot:
        await pilot.press("i")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-module_id", Input).value = "probe"
        form.query_one("#field-use", Select).value = "server"
        await pilot.press("ctrl+s")
        await tells(pilot, "Issued probe.")
        await no_dialog(pilot)
        await wait_for(pilot, lambda: ("local", "probe") in rows(pilot), "its row")
        await pilot.press("r")
        await no_dialog(pilot)
        await go_to(pilot, "probe")
        facts = need(current(pilot).identity).certificate_facts
        assert facts is not None
        assert set(facts.extended_usages) == {"clientAuth", "serverAuth"}


async def test_reprovisioning_wants_the_word_and_names_what_is_lost(
    run_console: RunConsole, folder: Path
) -> None:
    """`y` is not enough; afterwards the principal's module is another."""
    async with serving_identity(folder, CALLER + TIDE):
        adapter = on_socket(folder)
        async with run_console(adapter) as pilot:
            before = (await need(adapter.modules).get("tide", "aziot")).generation_id
            await pilot.press("R")
            question = await dialog(pilot, ConfirmScreen)
            assert isinstance(question, ConfirmScreen)
            assert "tide" in question._text
            await pilot.press("y")
            assert pilot.app.screen is question
            question.query_one("#typed", Input).value = "reprovision"
            await pilot.press("enter")
            await tells(pilot, "provisioned anew")
            await no_dialog(pilot)
            assert (await need(adapter.modules).get("tide", "aziot")).generation_id != before


async def test_questions_name_principals_that_were_added_since_the_list_was_read(
    run_console: RunConsole, folder: Path
) -> None:
    """The files may be edited in the next pane, or by a package; what they say now is lost."""
    async with serving_identity(folder, CALLER):
        adapter = on_socket(folder)
        async with run_console(adapter) as pilot:
            await need(adapter.modules).create("late", "aziot")
            await pilot.press("r")
            await wait_for(pilot, lambda: ("module", "late") in rows(pilot), "the module")
            await go_to(pilot, "late")
            (folder / "config.d" / "late.toml").write_text(
                principal("late", '["module"]', STRANGER + 2)
            )
            for key, said in (("R", "Modules of principals: late."), ("x", "has this name")):
                await pilot.press(key)
                question = await dialog(pilot, ConfirmScreen)
                assert isinstance(question, ConfirmScreen)
                assert said in question._text
                await pilot.press("escape")
                await no_dialog(pilot)


async def test_whoever_waits_too_long_may_stop(
    run_console: RunConsole, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The console says so, and goes on."""
    async with serving_identity(folder), _run(run_console, folder) as pilot:
        modules = need(identity_pane(pilot).adapter.modules)
        never = asyncio.Event()

        async def hang(_module_id: str, _kind: str) -> Identity:
            await never.wait()
            raise AssertionError("nobody waits any more")

        monkeypatch.setattr(modules, "get", hang)
        await go_to(pilot, "camera")
        await pilot.press("enter")
        await dialog(pilot, WaitingScreen)
        await pilot.press("escape")
        await tells(pilot, "Waiting no longer.")
        await no_dialog(pilot)


async def test_a_service_that_goes_is_told_and_found_again(
    run_console: RunConsole, folder: Path
) -> None:
    """The reason stands in place of the rows; r asks again."""
    async with AsyncExitStack() as service, AsyncExitStack() as console:
        await service.enter_async_context(serving_identity(folder))
        pilot = await console.enter_async_context(_run(run_console, folder))
        await service.aclose()
        await pilot.press("r")
        table = identity_pane(pilot).table
        await wait_for(pilot, lambda: table.error is not None, "the error")
        assert "there is no socket" in str(table.error)
        await service.enter_async_context(serving_identity(folder))
        await pilot.press("r")
        await wait_for(pilot, lambda: table.error is None and len(rows(pilot)) > 3, "the rows")
        await console.aclose()


def _run(run_console: RunConsole, folder: Path) -> AbstractAsyncContextManager[Pilot[None]]:
    return run_console(on_socket(folder), size=(140, 45))
