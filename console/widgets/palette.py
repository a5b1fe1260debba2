"""The command palette over the table of actions, guarded against keys that come too fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Button, Input

from console.keys import EVERYWHERE, TABLE, Action, actions_of


class ActionProvider(Provider):
    """Offers every action that works where the person is, with its key."""

    def _actions(self) -> Iterable[tuple[str, str, Callable[[], object]]]:
        group = str(getattr(self.app, "pane_group", ""))
        run: Callable[[Action], object] = getattr(self.app, "run_listed", lambda _action: None)
        for action in (*actions_of(group), *actions_of(TABLE), *actions_of(EVERYWHERE)):
            if action.name == "palette":
                continue
            place = group if action.group == group else action.group
            title = f"{place}: {action.label}"
            yield title, f"{action.help}  ({action.keys})", partial(run, action)

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for title, help_text, run in self._actions():
            yield DiscoveryHit(title, run, help=help_text)

    async def search(self, query: str) -> Hits:
        """Those that match, by title or help."""
        matcher = self.matcher(query)
        for title, help_text, run in self._actions():
            score = max(matcher.match(title), matcher.match(help_text) * 0.6)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=help_text)


class GuardedPalette(CommandPalette):
    """Textual's palette crashes on a second Enter and on page keys before its first layout."""

    DEFAULT_CSS = """
    GuardedPalette > Vertical { width: 90; max-width: 96%; }
    GuardedPalette { align-horizontal: center; }
    """

    def _select_or_command(self, event: Input.Submitted | Button.Pressed | None = None) -> None:
        if self.is_current:
            super()._select_or_command(event)

    def _action_escape(self) -> None:
        if self.is_current:
            super()._action_escape()

    def _action_command_list(self, action: str) -> None:
        laid_out = self.query_one(CommandList).scrollable_content_region.height > 0
        if self.is_current and (laid_out or not action.startswith("page")):
            super()._action_command_list(action)
