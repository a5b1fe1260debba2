"""The table of actions is whole: every key does something, and no key does two things."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.binding import Binding

from console.adapters.base import RegistryAdapter
from console.app import ConsoleApp
from console.keys import ACTIONS, EVERYWHERE, GROUPS, PANES, TABLE, Action, actions_of
from console.panes.base import RecordPane
from console.panes.catalog import PANE_NAMES, load_pane
from console.widgets.record_table import RecordTable
from tests.console.conftest import RunConsole, make_adapter
from tests.console.waiting import wait_for
from tests.contract.identity_serving import on_socket, serving_identity, short_folder

TABLE_KEYS = {
    key
    for binding in RecordTable.BINDINGS
    if isinstance(binding, Binding) and binding.action != "cancel_range"
    for key in binding.key.split(",")
}


@asynccontextmanager
async def having(
    pane: str, folder: Path, *, read_only: bool = False
) -> AsyncIterator[RegistryAdapter]:
    """A registry that has the pane: the bundled one, or a running Identity Service."""
    if pane != "identity":
        yield make_adapter(folder, read_only=read_only)
        return
    with short_folder() as place:
        async with serving_identity(place):
            yield on_socket(place, read_only=read_only)


def keys_of(actions: tuple[Action, ...]) -> list[str]:
    """Every single key of some actions."""
    return [key for action in actions for key in action.key.split(",")]


def test_every_action_belongs_to_a_known_group() -> None:
    """Help and palette list groups by these names."""
    assert {action.group for action in ACTIONS} == set(GROUPS)


def test_ids_are_unique() -> None:
    """A keymap names each action once."""
    counted = Counter(action.id for action in ACTIONS)
    assert [name for name, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("pane", PANES)
def test_no_two_actions_of_a_pane_share_a_key(pane: str) -> None:
    """Neither with each other nor with the table's own keys nor with those of the whole console."""
    keys = keys_of((*actions_of(pane), *actions_of(TABLE), *actions_of(EVERYWHERE)))
    counted = Counter([*keys, *TABLE_KEYS])
    assert [key for key, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("pane", PANES)
def test_every_action_of_a_pane_has_a_method(pane: str) -> None:
    """A key without a method would do nothing."""
    kind = load_pane(pane.lower())
    names = [action.name for action in actions_of(pane)]
    assert [name for name in names if not hasattr(kind, f"action_{name}")] == []


def test_every_action_of_tables_and_of_the_console_has_a_method() -> None:
    """History is each pane's own; the rest stands in the base."""
    shared = [action.name for action in actions_of(TABLE) if action.name != "history"]
    assert [name for name in shared if not hasattr(RecordPane, f"action_{name}")] == []
    everywhere = [action.name.split("(")[0] for action in actions_of(EVERYWHERE)]
    assert [name for name in everywhere if not hasattr(ConsoleApp, f"action_{name}")] == []


@pytest.mark.parametrize("pane", PANE_NAMES)
async def test_history_is_refused_with_a_reason_where_there_is_none(
    run_console: RunConsole, tmp_path: Path, pane: str
) -> None:
    """Every pane either shows a history or says why the key is dimmed."""
    async with having(pane, tmp_path) as adapter, run_console(adapter, pane=pane) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        assert app.pane is not None
        assert app.pane.id == pane
        assert hasattr(app.pane, "action_history") or app.pane.why_not("history")


@pytest.mark.parametrize("pane", PANES)
async def test_a_read_only_session_refuses_what_writes_and_says_why(
    run_console: RunConsole, tmp_path: Path, pane: str
) -> None:
    """The key is dimmed; pressing it tells how to get out of the read-only session."""
    name = pane.lower()
    async with make_adapter(tmp_path):
        pass
    async with (
        having(name, tmp_path, read_only=True) as adapter,
        run_console(adapter, pane=name) as pilot,
    ):
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        assert app.pane is not None
        assert app.pane.id == name
        dangerous = [action for action in actions_of(pane) if action.dangerous]
        assert dangerous
        for action in dangerous:
            assert app.pane.check_action(action.name, ()) is None, action.id
            app._notifications.clear()
            await pilot.press(action.key.split(",")[0])
            await wait_for(pilot, lambda: list(app._notifications), action.id)
            (told,) = app._notifications
            assert "read-only" in told.message or action.name == "sample"
            assert len(app.screen_stack) == 1
