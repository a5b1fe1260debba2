"""Keys typed ahead: kept for the question they were meant for, and given to it in order."""

from __future__ import annotations

from collections import deque

from textual import events, on
from textual.app import App
from textual.message_pump import MessagePump

from console.dialogs.base import KeysAwaited, KeysMeaningless
from console.keys import EVERYWHERE, actions_of
from console.panes.asking import AskingPane

HARMLESS = frozenset({"up", "down", "j", "k", "pageup", "pagedown", "home", "end"}) | {
    key for action in actions_of(EVERYWHERE) for key in action.key.split(",")
}
"""Keys that only move the cursor, or have nothing to do with the pane in front."""
LEAVING = frozenset({"ctrl+q", "ctrl+c"})
"""Keys that are heard at any time."""
MOST_TYPED_AHEAD = 256
"""Keys; whoever types more ahead sleeps on the keyboard."""


class PatientApp(App[None]):
    """An app whose panes may be on their way to a question.

    Keys that are meant for it would act on whatever is under the cursor until it is there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed_ahead: deque[events.Key] = deque(maxlen=MOST_TYPED_AHEAD)

    @property
    def pane(self) -> AskingPane | None:
        """The pane in front; None while there is none."""
        return None

    async def on_event(self, event: events.Event) -> None:
        """Keep keys that are meant for something still on its way."""
        if isinstance(event, events.Key) and not event.is_forwarded and self._keeps(event.key):
            event.stop()
            self._typed_ahead.append(events.Key(event.key, event.character))
            return
        await super().on_event(event)

    def _keeps(self, key: str) -> bool:
        pane = self.pane if self._running and key not in LEAVING else None
        if pane is None:
            return False
        return bool(self._typed_ahead) or pane.held or (pane.saving and key not in HARMLESS)

    @on(KeysAwaited)
    async def _deliver(self, event: KeysAwaited) -> None:
        """Pass on the next key typed ahead; the one after it when that has been dealt with."""
        event.stop()
        pane = self.pane
        if not self._typed_ahead or pane is None or pane.held or pane.saving:
            return
        await super().on_event(self._typed_ahead.popleft())
        self._follow(self.focused or self.screen)

    def _follow(self, node: MessagePump | None) -> None:
        """Go the way of a key, from what has the focus up to the app: it arrives there before."""
        if node is None or node is self:
            self.call_later(self.post_message, KeysAwaited())
        else:
            node.call_later(self._follow, node._parent)  # noqa: SLF001 - of messages, not of widgets

    @on(KeysMeaningless)
    def _forget_keys(self, event: KeysMeaningless) -> None:
        event.stop()
        self._typed_ahead.clear()
