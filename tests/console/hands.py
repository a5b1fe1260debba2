"""What a person does at the console: press keys, type, paste, read the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from console.app import ConsoleApp
from console.dialogs.document import DocumentScreen
from console.dialogs.form import FieldView, FormScreen
from console.panes.base import RecordPane
from console.panes.filtering import FilterProblem
from console.widgets.detail_view import DetailView
from registry_backend.open import open_registry
from registry_backend.registry import Registry, RegistrySettings
from tests.console.waiting import wait_for

ScreenT = TypeVar("ScreenT", bound=Screen[Any])
QUICK = RegistrySettings(bcrypt_cost=4)
"""Hashing at the lowest cost, for what a test puts into a registry beforehand."""


def pane_of(pilot: Pilot[None]) -> RecordPane[Any]:
    """The pane in front."""
    assert isinstance(pilot.app, ConsoleApp)
    assert pilot.app.pane is not None
    return pilot.app.pane


async def dialog(pilot: Pilot[None], kind: type[ScreenT]) -> ScreenT:
    """Wait until a dialog of that kind is in front and ready for keys."""
    await wait_for(
        pilot,
        lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.focused is not None,
        f"a {kind.__name__}",
    )
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, kind)
    return screen


async def at_rest(pilot: Pilot[None]) -> None:
    """Wait until no dialog is open and every save has finished."""
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    await wait_for(
        pilot, lambda: len(app.screen_stack) == 1 and not app.saves.pending, "the pane, at rest"
    )
    await pilot.pause()


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste a text where the cursor is."""
    pilot.app.screen.post_message(events.Paste(text))
    await pilot.pause()


async def fill(pilot: Pilot[None], name: str, text: str) -> None:
    """Put a text into a field of the form in front, in place of what it holds."""
    form = await dialog(pilot, FormScreen)
    entry = form.query_one(f"#field-{name}")
    entry.focus()
    await pilot.pause()
    if isinstance(entry, TextArea):
        entry.select_all()
        await pilot.press("delete")
    else:
        assert isinstance(entry, Input)
        await pilot.press("end", "ctrl+u")
    await paste(pilot, text)


async def toggle(pilot: Pilot[None], name: str) -> None:
    """Turn a switch of the form in front."""
    form = await dialog(pilot, FormScreen)
    form.query_one(f"#field-{name}").focus()
    await pilot.press("space")


async def type_document(pilot: Pilot[None], text: str) -> DocumentScreen:
    """Put a text into the editor in front, in place of what it holds."""
    screen = await dialog(pilot, DocumentScreen)
    screen.query_one(TextArea).select_all()
    await pilot.press("delete")
    await paste(pilot, text)
    return screen


async def refused(pilot: Pilot[None]) -> dict[str, str]:
    """Submit the form in front, and its problems by field when it is asked again.

    Problems of the whole form stand under the empty name.
    """
    before = await dialog(pilot, FormScreen)
    await pilot.press("ctrl+s")
    await wait_for(
        pilot,
        lambda: isinstance(pilot.app.screen, FormScreen) and pilot.app.screen is not before,
        "the form asked again",
    )
    again = await dialog(pilot, FormScreen)
    problems = {
        view.spec.name: str(view.query_one(".field--problem").render())
        for view in again.query(FieldView)
        if view.has_class("-wrong")
    }
    if again.query_one("#problems").has_class("-shown"):
        problems[""] = str(again.query_one("#problems").render())
    return problems


def entered(pilot: Pilot[None]) -> dict[str, str | bool]:
    """What the form in front holds."""
    assert isinstance(pilot.app.screen, FormScreen)
    return pilot.app.screen.values()


def detail_text(pilot: Pilot[None]) -> str:
    """What stands beside the table."""
    return pane_of(pilot).query_one(DetailView).plain


def filter_problem(pilot: Pilot[None]) -> str:
    """Why the filter of the pane in front cannot be understood, as shown below it."""
    problem = pane_of(pilot).query_one(FilterProblem)
    return str(problem.content) if problem.display else ""


def table_lines(pilot: Pilot[None]) -> list[str]:
    """The lines of the table of the pane in front."""
    table = pane_of(pilot).table
    return [table.render_line(line).text.rstrip() for line in range(table.size.height)]


def told(pilot: Pilot[None]) -> str:
    """Every notification of this session, in one text."""
    return "\n".join(f"{each.title} {each.message}" for each in pilot.app._notifications)


async def until_told(pilot: Pilot[None], text: str) -> None:
    """Wait until a notification says so."""
    await wait_for(pilot, lambda: text in told(pilot), f"a notification: {text}")


async def in_registry(folder: Path) -> Registry:
    """The registry's file opened beside the console; close it after use."""
    return await open_registry(folder / "registry.sqlite", settings=QUICK)


async def until_count(pilot: Pilot[None], rows: int) -> None:
    """Wait until the table of the pane in front has so many rows."""

    def there() -> bool:
        total = pane_of(pilot).table.total
        return total is not None and total.value == rows

    await wait_for(pilot, there, f"{rows} rows")


class Gate:
    """Holds every write of a port back until it is opened.

    Args:
        port: The port behind it.
        held: Names of the methods to hold.
    """

    def __init__(self, port: object, *held: str) -> None:
        self._port, self._held = port, held
        self.open = asyncio.Event()
        self.waiting = 0

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._port, name)
        if name not in self._held:
            return method

        async def later(*args: object, **named: object) -> object:
            self.waiting += 1
            await self.open.wait()
            return await method(*args, **named)

        return later
