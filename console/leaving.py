"""The way out: saves are finished, and what was typed but not saved asks once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from weakref import WeakSet

from textual.app import App

from console.dialogs.base import Dialog
from console.panes.base import RecordPane
from console.saving import Saves
from registry_backend.domain.errors import RegistryError


class Leaving:
    """Ends an app when nothing would be lost with it.

    Args:
        app: What ends.
        saves: What is being written.
        panes: Its panes, as far as they are made.
        close: Ends the connection.
    """

    def __init__(
        self,
        app: App[Any],
        saves: Saves,
        panes: Callable[[], Iterable[RecordPane[Any]]],
        close: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._app, self._saves, self._panes, self._close = app, saves, panes, close
        self._leaving = False
        self._warned_of: WeakSet[Dialog[Any]] = WeakSet()

    def ask(self) -> None:
        """Leave when every save has finished; a text typed but not saved asks once."""
        if self._leaving:
            return
        in_hand = self._text_in_hand()
        if not in_hand <= self._warned_of:
            self._warned_of = in_hand
            self._app.notify(
                "What you typed is not saved. ctrl+q again leaves without it.",
                severity="warning",
                markup=False,
            )
            return
        holder = next((pane for pane in self._panes() if pane.holds), None)
        if holder is not None:
            self._settle(holder)
            return
        if self._saves.pending:
            self._app.notify("Finishing what is being saved…", markup=False)
        self.at_once()

    def at_once(self) -> None:
        """Leave when every save has finished, whatever was typed: nobody is there to be asked."""
        if self._leaving:
            return
        self._leaving = True
        self._app.workers.cancel_group(self._app, "connect")
        self._app.run_worker(self._leave(), group="quit", exit_on_error=False)

    def _text_in_hand(self) -> WeakSet[Dialog[Any]]:
        """The dialogs that hold something typed; each is warned of, though another was before."""
        dialogs = (each for each in self._app.screen_stack if isinstance(each, Dialog))
        return WeakSet(each for each in dialogs if each.holds_text)

    def _settle(self, holder: RecordPane[Any]) -> None:
        """Let a pane ask about what would be lost with it; one question at a time."""
        workers = self._app.workers
        if not any(each.group == "settle" and not each.is_finished for each in workers):
            self._app.run_worker(self._ask_holder(holder), group="settle", exit_on_error=False)

    async def _ask_holder(self, holder: RecordPane[Any]) -> None:
        if await holder.settle():
            self.at_once()

    async def _leave(self) -> None:
        await self._saves.drain()
        try:
            await self._close()
        except RegistryError as error:
            self._app.exit(return_code=1, message=str(error))
        else:
            self._app.exit()
