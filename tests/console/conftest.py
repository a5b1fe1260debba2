"""A real registry in a file of its own, and the console on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from textual import _wait
from textual.pilot import Pilot

from console.adapters.base import RegistryAdapter
from console.adapters.local import LocalAdapter
from console.app import ConsoleApp
from tests.console.waiting import wait_for

# A frame and a fifth, as Textual itself has it for 60 frames a second; see `tests/conftest.py`.
_wait.SLEEP_GRANULARITY = 1 / 125
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 20

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
"""The present in every test of the console."""


@pytest.fixture
def adapter(tmp_path: Path) -> LocalAdapter:
    """The bundled registry in a new file; a console opens and closes it."""
    return make_adapter(tmp_path)


def make_adapter(folder: Path, *, read_only: bool = False) -> LocalAdapter:
    """The bundled registry in `registry.sqlite` of a folder."""
    return LocalAdapter(
        folder / "registry.sqlite",
        main_file=folder / "config.toml",
        config_dir=folder / "config.d",
        actor_name="tester",
        read_only=read_only,
    )


class RunConsole(Protocol):
    """How `run_console` is called."""

    def __call__(
        self,
        adapter: RegistryAdapter,
        *,
        pane: str = ...,
        tenant_id: str | None = ...,
        size: tuple[int, int] = ...,
    ) -> AbstractAsyncContextManager[Pilot[None]]:
        """Run the console with a pane in front."""


@pytest.fixture
def run_console() -> RunConsole:
    """The console on an adapter; leaves when its block ends, after every save has finished."""
    return console_on


@asynccontextmanager
async def console_on(
    adapter: RegistryAdapter,
    *,
    pane: str = "",
    tenant_id: str | None = None,
    size: tuple[int, int] = (120, 40),
) -> AsyncIterator[Pilot[None]]:
    """A running console that has connected and read its first rows."""
    app = ConsoleApp(adapter, tenant_id=tenant_id, clock=lambda: NOW)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await wait_for(pilot, lambda: app.pane is not None, "the first pane")
        if pane:
            await app.show_pane(pane)
        await settled(pilot)
        try:
            yield pilot
        finally:
            await app.saves.drain()
            await adapter.close()


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until the pane in front has read its list."""
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    await wait_for(
        pilot,
        lambda: app.pane is not None and app.pane.is_mounted and app.pane.table.total is not None,
        "the list of the pane in front",
    )
    await pilot.pause()


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Press the keys of a text."""
    for character in text:
        await pilot.press(_KEYS.get(character, character))


_KEYS = {
    " ": "space",
    "-": "minus",
    "+": "plus",
    ".": "full_stop",
    ":": "colon",
    "/": "slash",
    "_": "underscore",
    "=": "equals_sign",
    "\n": "enter",
}
