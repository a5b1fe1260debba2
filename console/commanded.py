"""Actions that work everywhere, and any action by its name instead of its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events, work
from textual.app import App

from console.dialogs.choose import Choice, ChooseScreen
from console.keys import EVERYWHERE, PANES, TABLE, Action, actions_of
from console.panes.base import RecordPane
from console.panes.complaints import warn_once
from console.typing_ahead import PatientApp
from console.widgets.palette import ActionProvider, GuardedPalette


class CommandedApp(PatientApp):
    """An app whose actions are listed, found by name, and explained where they are dimmed.

    Args:
        remember: Told what the person chose for next time.
    """

    def __init__(self, remember: Callable[[str, str], None]) -> None:
        super().__init__()
        self.remember = remember

    @property
    def pane(self) -> RecordPane[Any] | None:
        """The pane in front; None while there is none."""
        return None

    @property
    def pane_group(self) -> str:
        """The group of the pane in front in the table of actions."""
        return self.pane.group if self.pane is not None else ""

    @property
    def pane_names(self) -> list[str]:
        """Of the panes there are."""
        return []

    @property
    def other_groups(self) -> list[str]:
        """The groups of the panes that are not in front."""
        names = self.pane_names if self.pane is not None else []
        return [each for each in PANES if each.lower() in names and each != self.pane_group]

    @work(exit_on_error=False)
    async def action_help(self) -> None:
        """Show all keys; run the one chosen."""
        if len(self.screen_stack) > 1:
            return
        from console.dialogs.help import HelpScreen  # noqa: PLC0415 - not on the way to the first rows

        action = await self.push_screen_wait(HelpScreen(self.pane_group))
        if action is not None:
            await self.run_listed(action)

    def action_palette(self) -> None:
        """Find any action by name."""
        if len(self.screen_stack) == 1:
            self.push_screen(GuardedPalette(providers=[ActionProvider], placeholder="Action…"))

    async def run_listed(self, action: Action) -> None:
        """Run an action as if its key had been pressed; say why when it cannot."""
        if action.group in self.other_groups:
            self._run_elsewhere(action)
            return
        target: App[None] | RecordPane[Any] = self
        if action.group != EVERYWHERE and self.pane is not None:
            target = self.pane
            if why := self.pane.why_not(action.name):
                warn_once(self, why)
                return
        await self.run_action(action.name, target)

    @work(exclusive=True, group="elsewhere", exit_on_error=False)
    async def _run_elsewhere(self, action: Action) -> None:
        """Go to the pane of an action, and run it there once its row is under the cursor."""
        await self.run_action(f"show_pane('{action.group.lower()}')")
        pane = self.pane
        if pane is None:
            return
        await pane.table.at_rest()
        if pane is self.pane and not pane.covered and action.group == pane.group:
            await self.run_listed(action)

    @work(exit_on_error=False)
    async def action_themes(self) -> None:
        """Choose a theme."""
        if len(self.screen_stack) > 1:
            return
        choices = [Choice(name, name) for name in sorted(self.available_themes)]
        chosen = await self.push_screen_wait(ChooseScreen("Theme", choices, current=self.theme))
        if chosen is not None:
            self.theme = chosen
            self.remember("theme", chosen)

    def on_key(self, event: events.Key) -> None:
        """A key whose action is dimmed says why."""
        if self.pane is None or len(self.screen_stack) > 1:
            return
        for action in (*actions_of(self.pane.group), *actions_of(TABLE)):
            if event.key in action.key.split(",") or event.character == action.key:
                if why := self.pane.why_not(action.name):
                    warn_once(self, why)
                return
