"""The command palette over the table of actions, guarded against keys that come too fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Button, Input

from console.keys import EVERYWHERE, PANES, TABLE, Action, actions_of

ELSEWHERE = 0.001
"""What a match in another pane weighs: it stands below all those of the pane in front."""
Offer = tuple[str, str, Callable[[], object]]
"""Title, sentence with the keys, and what runs it."""


class ActionProvider(Provider):
    """Offers every action with its key: those where the person is, below them those elsewhere."""

    def _here(self) -> Iterable[Offer]:
        group = str(getattr(self.app, "pane_group", ""))
        for action in (*actions_of(group), *actions_of(TABLE), *actions_of(EVERYWHERE)):
            if action.name != "palette":
                yield self._offer(action, action.keys)

    def _elsewhere(self) -> Iterable[Offer]:
        groups: Iterable[str] = getattr(self.app, "other_groups", ())
        for group in groups:
            for action in actions_of(group):
                yield self._offer(action, f"{PANES.index(group) + 1} {action.keys}")

    def _offer(self, action: Action, keys: str) -> Offer:
        run: Callable[[Action], object] = getattr(self.app, "run_listed", lambda _action: None)
        title = f"{action.group}: {action.label}"
        return title, f"{action.help}  ({keys})", partial(run, action)

    async def discover(self) -> Hits:
        """Those where the person is, before anything is typed."""
        for title, help_text, run in self._here():
            yield DiscoveryHit(title, run, help=help_text)

    async def search(self, query: str) -> Hits:
        """Those that match, by title or help; elsewhere the help must hold the very words."""
        matcher = self.matcher(query)
        for title, help_text, run in self._here():
            score = max(matcher.match(title), matcher.match(help_text) * 0.6)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=help_text)
        for title, help_text, run in self._elsewhere():
            said = query.lower() in help_text.lower()
            score = max(matcher.match(title), matcher.match(help_text) * 0.6 if said else 0)
            if score > 0:
                yield Hit(score * ELSEWHERE, matcher.highlight(title), run, help=help_text)


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
