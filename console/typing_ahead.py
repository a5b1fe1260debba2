"""Keys typed ahead: kept for what they were meant for, and given to it in order, one by one.

A terminal may hand over many keys at once. Each is heard only when the one before has done all that
it does: `/` has the filter take those after it, and `ctrl+s` saves what was typed before it.
"""

from __future__ import annotations

from collections import deque
from time import monotonic

from textual import events, on
from textual.app import App
from textual.message_pump import MessagePump

from console.dialogs.base import KeysAwaited, KeysMeaningless, takes_keys
from console.keys import EVERYWHERE, actions_of
from console.panes.asking import AskingPane

HARMLESS = frozenset({"up", "down", "j", "k", "pageup", "pagedown", "home", "end"}) | {
    key for action in actions_of(EVERYWHERE) for key in action.key.split(",")
}
"""Keys that only move the cursor, or have nothing to do with the pane in front."""
WITHOUT_PANE = frozenset(
    key
    for action in actions_of(EVERYWHERE)
    if not action.name.startswith("show_pane")
    for key in action.key.split(",")
)
"""Keys that need no pane."""
LEAVING = frozenset({"ctrl+q", "ctrl+c"})
"""Keys that are heard at any time."""
MOST_TYPED_AHEAD = 256
"""Keys; whoever types more ahead sleeps on the keyboard."""
LONGEST_WAY_SECONDS = 3.0
"""A key that has not arrived by then went to something that is gone: it holds up no other."""


class PatientApp(App[None]):
    """An app whose panes may be on their way to a question.

    Keys that are meant for it would act on whatever is under the cursor until it is there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed_ahead: deque[events.Key] = deque(maxlen=MOST_TYPED_AHEAD)
        self._under_way = False
        """Whether a key has not yet done all that it does."""
        self._set_out = 0.0
        """When it began to."""

    @property
    def pane(self) -> AskingPane | None:
        """The pane in front; None while there is none."""
        return None

    async def on_event(self, event: events.Event) -> None:
        """Keep keys that are meant for something still on its way."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._under_way and monotonic() - self._set_out > LONGEST_WAY_SECONDS:
            self._arrived()
        if self._keeps(event.key):
            event.stop()
            self._typed_ahead.append(events.Key(event.key, event.character))
        else:
            await self._pass_on(event)

    def _keeps(self, key: str) -> bool:
        if not self._running or key in LEAVING:
            return False
        if self._typed_ahead or self._under_way or not takes_keys(self.screen):
            return True
        pane = self.pane
        if pane is None:  # the first is on its way; what concerns none is heard meanwhile
            return len(self.screen_stack) == 1 and key not in WITHOUT_PANE
        return pane.held or (pane.saving and key not in HARMLESS)

    async def _pass_on(self, key: events.Key) -> None:
        self._under_way, self._set_out = True, monotonic()
        await super().on_event(key)
        self._follow(self.focused or self.screen)

    def _follow(self, node: MessagePump | None) -> None:
        """Go the way of a key, from what has the focus up to the app: it arrives there before."""
        if node is None or node is self or not node.call_later(self._follow, node._parent):  # noqa: SLF001 - of messages, not of widgets
            self.call_later(self._arrived)

    def _arrived(self) -> None:
        self._under_way = False
        if self._typed_ahead:
            self.post_message(KeysAwaited())

    @on(KeysAwaited)
    async def _deliver(self, event: KeysAwaited) -> None:
        """Pass on the next key typed ahead; the one after it when that has been dealt with."""
        event.stop()
        if not self._typed_ahead or self._under_way or not takes_keys(self.screen):
            return
        pane = self.pane
        if pane is None and len(self.screen_stack) == 1:
            return  # the first is on its way
        if pane is None or not (pane.held or pane.saving):
            await self._pass_on(self._typed_ahead.popleft())

    @on(KeysMeaningless)
    def _forget_keys(self, event: KeysMeaningless) -> None:
        event.stop()
        self._typed_ahead.clear()
