"""A service that is slow, away or back again, and a caller whom it refuses: said, never silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.adapters.healing import Healing
from console.adapters.identity import IdentityAdapter
from console.adapters.identity_session import Patience
from console.app import ConsoleApp
from console.dialogs.choose import ChooseScreen
from console.dialogs.form import FormScreen
from console.dialogs.waiting import WaitingScreen
from console.panes.identity import IdentityPane
from console.render.identities import IdentityRow, state_cell
from console.widgets.context_bar import ContextBar
from console.widgets.detail_view import DetailView
from registry_backend.domain.errors import Denied, Unreachable
from tests.console.conftest import NOW, RunConsole
from tests.console.waiting import wait_for
from tests.console.yard import console_of, dialog, go_to, no_dialog, pane_of, tells, told
from tests.contract.identity_serving import (
    CALLER,
    CAMERA,
    SOCKET,
    principal,
    serving_identity,
    short_folder,
)

NOBODY = principal("someone", "[]")
"""This process, which may ask for nothing."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the service lives."""
    with short_folder() as found:
        yield found


def healing_soon(folder: Path) -> IdentityAdapter:
    """The adapter, which looks for a lost service all the time."""
    return IdentityAdapter(
        folder / SOCKET,
        main_file=folder / "config.toml",
        config_dir=folder / "config.d",
        patience=Patience(),
        heal_pauses=(0.02,),
    )


@asynccontextmanager
async def starting(
    adapter: IdentityAdapter, *, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Pilot[None]]:
    """A console that has not connected yet."""
    app = ConsoleApp(adapter, clock=lambda: NOW)
    async with app.run_test(size=size, notifications=True) as pilot:
        try:
            yield pilot
        finally:
            await app.saves.drain()
            await adapter.close()


@asynccontextmanager
async def silent(folder: Path) -> AsyncIterator[None]:
    """Somebody who takes every connection and says nothing."""
    connections: set[asyncio.StreamWriter] = set()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(hold, folder / SOCKET)
    try:
        yield
    finally:
        server.close()
        for writer in connections:
            writer.close()
            await writer.wait_closed()
        await server.wait_closed()


def health(pilot: Pilot[Any]) -> str:
    """What the header says."""
    return pilot.app.query_one(ContextBar).health


def pane(pilot: Pilot[Any]) -> IdentityPane:
    """The pane of the service."""
    return console_of(pilot).query_one(IdentityPane)


def rows(pilot: Pilot[Any]) -> dict[str, IdentityRow]:
    """The rows by key."""
    table = pane(pilot).table
    found = [table.row_at(position) for position in range(table.length)]
    return {row.key: row for row in found if row is not None}


# away


async def test_principals_can_be_worked_on_without_the_service(folder: Path) -> None:
    """They are files; when the service comes, it is found and shown."""
    adapter = healing_soon(folder)
    async with AsyncExitStack() as service, starting(adapter) as pilot:
        question = await dialog(pilot, ChooseScreen)
        assert isinstance(question, ChooseScreen)
        assert "there is no socket" in question._intro
        await pilot.press("p")
        await no_dialog_yet(pilot, "principals")
        await pilot.press("6")
        table = pane(pilot).table
        await wait_for(pilot, lambda: table.error is not None, "the reason")
        assert "there is no socket" in table._message()
        await service.enter_async_context(serving_identity(folder))
        await wait_for(pilot, lambda: health(pilot) == "connected", "the service found")
        await wait_for(pilot, lambda: "local camera" in rows(pilot), "its rows")
        await adapter.close()


async def test_a_lost_service_is_found_again_without_a_key(
    run_console: RunConsole, folder: Path
) -> None:
    """And the pane that could not be read is read, also when it comes forward only later."""
    adapter = healing_soon(folder)
    async with AsyncExitStack() as service, AsyncExitStack() as console:
        await service.enter_async_context(serving_identity(folder))
        pilot = await console.enter_async_context(run_console(adapter))
        await service.aclose()
        await pilot.press("r")
        await wait_for(pilot, lambda: health(pilot) == "no socket", "the loss")
        await wait_for(pilot, lambda: pane(pilot).table.error is not None, "the reason")
        await pilot.press("5")
        await service.enter_async_context(serving_identity(folder, CALLER))
        await wait_for(pilot, lambda: health(pilot) == "connected", "the service found")
        await pilot.press("6")
        await wait_for(pilot, lambda: pane(pilot).table.error is None, "no error any more")
        await wait_for(pilot, lambda: "local camera" not in rows(pilot), "the rows of now")
        await console.aclose()


async def test_looking_for_a_service_ends_when_it_answers_or_the_console_is_left() -> None:
    """An answer that refuses is one, too."""
    asked = 0
    answered = asyncio.Event()

    async def ask() -> None:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise Unreachable("gone", layer="file")
        answered.set()
        raise Denied("not you")

    healing = Healing(ask, pauses=(0.0,))
    healing.begin()
    healing.begin()
    async with asyncio.timeout(30):
        await answered.wait()
    task = healing._task
    assert task is not None
    await asyncio.wait({task})
    assert asked == 3
    healing.begin()
    await healing.end()
    assert healing._task is None
    await healing.end()


# slow


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_a_service_that_never_answers_is_waited_for_in_sight(folder: Path, key: str) -> None:
    """With its place, and a key that ends it; what to do instead is asked then."""
    async with silent(folder), starting(healing_soon(folder), size=(80, 24)) as pilot:
        waiting = await dialog(pilot, WaitingScreen)
        assert isinstance(waiting, WaitingScreen)
        assert waiting._title == f"Waiting for {folder / SOCKET}"
        await pilot.press(key)
        question = await dialog(pilot, ChooseScreen)
        assert isinstance(question, ChooseScreen)
        assert "you waited no longer" in question._intro
        await pilot.press("q")
        await wait_for(pilot, lambda: console_of(pilot)._exit, "the end")
        assert pilot.app.return_code == 1


async def test_a_list_that_takes_long_says_so_and_can_be_stopped(folder: Path) -> None:
    """The console goes on meanwhile; the header does not call the service connected."""
    adapter = IdentityAdapter(
        folder / SOCKET,
        main_file=folder / "config.toml",
        config_dir=folder / "config.d",
        patience=Patience(quiet=0.01),
        heal_pauses=(3600.0,),
    )
    async with silent(folder), starting(adapter, size=(80, 24)) as pilot:
        await dialog(pilot, WaitingScreen)
        await pilot.press("escape")
        await dialog(pilot, ChooseScreen)
        await pilot.press("p")
        await no_dialog_yet(pilot, "principals")
        await pilot.press("6")
        table = pane(pilot).table
        await wait_for(pilot, lambda: "waiting for" in table._message(), "that it waits")
        assert f"waiting for {folder / SOCKET}" in table._message()
        assert "esc waits no longer" in table._message()
        assert "esc stop" in str(table.border_subtitle)
        await pilot.press("5", "6")
        await pilot.press("escape")
        await wait_for(pilot, lambda: table.error is not None, "the end of the waiting")
        assert "you waited no longer" in table._message()
        await wait_for(pilot, lambda: health(pilot) == "no answer", "the header")


# refused


async def test_a_refused_caller_is_told_in_the_row_of_what_it_cannot_have(
    run_console: RunConsole, folder: Path
) -> None:
    """The files say so, since asking would make a key."""
    async with (
        serving_identity(folder, NOBODY + CAMERA),
        run_console(healing_soon(folder)) as pilot,
    ):
        row = rows(pilot)["local camera"]
        assert row.refused
        assert state_cell(row, NOW)[0] == "not for this uid"
        await go_to(pilot, "camera")
        detail = pane(pilot).query_one(DetailView)
        await wait_for(pilot, lambda: detail.plain.startswith("camera"), "its detail")
        assert "is none of them" in detail.plain
        assert "press enter" not in detail.plain


async def test_ones_own_is_not_refused(run_console: RunConsole, folder: Path) -> None:
    """Though one may neither list nor have what is another's."""
    mine = principal("mine", '["local"]')
    async with (
        serving_identity(folder, mine + CAMERA),
        run_console(healing_soon(folder)) as pilot,
    ):
        assert not rows(pilot)["local mine"].refused
        assert rows(pilot)["local camera"].refused
        await go_to(pilot, "mine")
        await pilot.press("enter")
        await wait_for(pilot, lambda: rows(pilot)["local mine"].private_key, "its key")


async def test_whoever_may_do_all_is_refused_nothing(run_console: RunConsole, folder: Path) -> None:
    """The daemon's principal fetches any."""
    async with serving_identity(folder), run_console(healing_soon(folder)) as pilot:
        assert not rows(pilot)["local camera"].refused


# errors that stay no longer than they mean something


async def test_an_error_goes_with_what_it_was_about(run_console: RunConsole, folder: Path) -> None:
    """It stands neither over the next dialog nor over another pane."""
    async with (
        serving_identity(folder, NOBODY + CAMERA),
        run_console(healing_soon(folder)) as pilot,
    ):
        for leave in ("i", "5"):
            await go_to(pilot, "camera")
            await pilot.press("enter")
            await tells(pilot, "does not let")
            await pilot.press(leave)
            if leave == "i":
                await dialog(pilot, FormScreen)
            await wait_for(pilot, lambda: "does not let" not in told(pilot), "no error any more")
            if leave == "i":
                await pilot.press("escape")
                await no_dialog(pilot)


async def test_the_reason_of_an_empty_list_is_not_said_twice(folder: Path) -> None:
    """It stands in the list's place."""
    async with starting(healing_soon(folder)) as pilot:
        await dialog(pilot, ChooseScreen)
        await pilot.press("p")
        await no_dialog_yet(pilot, "principals")
        await pilot.press("6")
        await wait_for(pilot, lambda: pane(pilot).table.error is not None, "the reason")
        await pilot.pause()
        assert "there is no socket" not in told(pilot)


# small screens


async def test_a_small_screen_shows_every_column_with_the_detail_below(
    run_console: RunConsole, folder: Path
) -> None:
    """Beside the list the detail would take the columns' room."""
    async with (
        serving_identity(folder),
        run_console(healing_soon(folder), size=(80, 24)) as pilot,
    ):
        table, detail = pane(pilot).table, pane(pilot).query_one(DetailView)
        labels = [place.column.label for place in table._painter.placed]
        assert labels == ["", "Identity", "Kind", "Proof", "Is"]
        assert table.length <= table.page_height
        assert detail.region.y == table.region.bottom
        assert detail.region.height >= 5
        await pilot.resize_terminal(120, 40)
        await wait_for(pilot, lambda: detail.region.x == table.region.right, "the detail beside")
        assert pane(pilot).current is not None


async def no_dialog_yet(pilot: Pilot[Any], name: str) -> None:
    """Wait for a pane in front, whatever it could read."""

    def there() -> bool:
        app = console_of(pilot)
        return len(app.screen_stack) == 1 and app.pane is not None and app.pane.id == name

    await wait_for(pilot, there, f"{name} in front")
    assert pane_of(pilot).is_mounted
