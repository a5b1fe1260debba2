"""Reaching a registry at the start: waiting that can be ended, and what to do without it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, ClassVar, Literal

from textual.app import App

from console.adapters.base import RegistryAdapter
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.waiting import WaitingScreen
from registry_backend.domain.errors import RegistryError, Unreachable

QUIET_SECONDS = 1.0
"""Waiting that takes longer is shown, with a way to end it."""
Next = Literal["retry", "apart", "quit"]
"""Try again, work on what needs no connection, or leave."""
_WAITING = (
    "No answer yet. After a while the wait is given up; esc or q gives it up now, and asks what to "
    "do instead."
)

_ELSEWHERE = (
    "Another registry: quit, then idconsole --context NAME.\nidconsole context list has the names."
)


class NextScreen(ChooseScreen):
    """Asks what to do about a registry that cannot be reached."""

    takes_typed_ahead: ClassVar[bool] = False
    leaving: ClassVar[str] = "quit"


async def reach(app: App[Any], adapter: RegistryAdapter) -> None:
    """Open the adapter; a wait for another program can be ended by the person.

    Raises:
        RegistryError: as opening does; Unreachable when the person waits no longer.
    """
    if adapter.kind == "local":
        await adapter.open()  # a file that is being brought up to date is not to be left halfway
        return
    began = monotonic()
    call = asyncio.ensure_future(adapter.open())
    try:
        await asyncio.wait({call}, timeout=QUIET_SECONDS)
        if not call.done():
            title = f"Waiting for {adapter.address}"
            await app.push_screen_wait(WaitingScreen(title, _WAITING, call))
    finally:
        call.cancel()
        await asyncio.wait({call})
    if call.cancelled():
        raise Unreachable(
            f"{adapter.address}: no answer within {monotonic() - began:.0f} s, and you waited no "
            "longer.",
            layer="timeout",
        )
    call.result()


async def what_next(app: App[Any], adapter: RegistryAdapter, error: RegistryError) -> Next:
    """Ask what to do about a registry that cannot be reached; leaving the question is quitting."""
    choices = [Choice("retry", "Try again", key="r")]
    if adapter.usable_apart:
        pane = adapter.usable_apart.capitalize()
        choices.append(Choice("apart", f"{pane} only", "work on files, without the service", "p"))
    choices.append(Choice("quit", "Quit", key="q"))
    intro = f"{error}\n\n{_ELSEWHERE}"
    screen = NextScreen(f"{error.title}: {adapter.title}", choices, intro=intro)
    chosen = await app.push_screen_wait(screen)
    return "retry" if chosen == "retry" else "apart" if chosen == "apart" else "quit"
