"""Every change of a configuration is shown before it is written, and can be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.ports.principals import PrincipalsPort
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.review import ReviewScreen
from console.panes.asking import one_at_a_time
from console.panes.base import RecordPane
from console.panes.editing import LeftOpen
from console.render.principals import PrincipalRow
from console.saving import Saves
from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.errors import FieldProblem, Invalid, RegistryError, VersionMismatch
from registry_backend.domain.findings import Finding
from registry_backend.domain.principals import FileChange

UNDO_STEPS = 50
"""Changes that can be taken back."""
_ON_HUB = (
    "The hub has a module “{}” already: unless the daemon made it, it is deleted and made anew, "
    "and its twin and tags are lost."
)
_UNKNOWN_TO_HUB = (
    "Nobody could ask the hub whether it has a module “{}”: one that the daemon did not make is "
    "deleted and made anew, and its twin and tags are lost."
)


class ReviewingPane(RecordPane[PrincipalRow]):
    """A list of principals with one reading of the files, and one way from a plan to a file."""

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self._done: list[FileChange] = []
        self._view: EffectiveView | None = None
        self._readings_wanted, self._readings_done = 1, 0
        self._reading = asyncio.Lock()

    @property
    def port(self) -> PrincipalsPort:
        """The registry's principals; the pane exists only where they do."""
        assert self.adapter.principals is not None  # noqa: S101 - no port, no pane
        return self.adapter.principals

    async def view(self) -> EffectiveView:
        """The configuration as it was last read; the files are read when that is asked for anew.

        A table asks many times for what one reading tells.
        """
        async with self._reading:
            wanted = self._readings_wanted
            if self._view is None or self._readings_done != wanted:
                self._view = await self.port.view()
                self._readings_done = wanted
            return self._view

    def read_again(self, at: str | None = None) -> None:
        """Show the files as they are now; `at` is the key of the row to go to."""
        self._readings_wanted += 1
        self.table.reload(at=at)

    async def review(
        self,
        plan: Callable[[], Awaitable[FileChange]],
        *,
        write: str = "Write",
        destroys: bool = False,
    ) -> FileChange:
        """Write a plan once a person has seen what it does.

        Args:
            plan: What is to be written.
            write: The word on the button.
            destroys: Whether something goes that was there.

        Raises:
            LeftOpen: when the person went back.
            RegistryError: when it cannot be planned or written.
        """
        change = await plan()
        if change.before == change.after:
            raise Invalid("Nothing is different, so there is nothing to write.")
        change = await self._insisted(await self._with_hub(change))
        review = ReviewScreen(
            str(change.path),
            change.summary,
            before=_text(change.before),
            after=_text(change.after),
            warnings=(*map(_stop, change.stops), *change.warnings),
            write=write,
            destroys=destroys,
        )
        if not await self.ask(review):
            raise LeftOpen("Nothing has been written yet.")
        await self.saves.run(str(change.path), lambda: self.port.apply(change))
        return change

    async def _insisted(self, change: FileChange) -> FileChange:
        """What would stop the daemon is refused, unless the person insists."""
        if not change.stops:
            return change
        listed = "\n".join(f"• {_stop(found)}" for found in change.stops)
        question = ConfirmScreen(
            "The daemon would refuse to start",
            f"{listed}\n\nIt would go on until its next start, and then serve nobody.",
            confirm="Go on all the same",
        )
        if not await self.ask(question):
            fields = [
                FieldProblem(found.key.removeprefix("principal."), found.message)
                for found in change.stops
            ]
            raise Invalid("The daemon would refuse to start", problems=fields)
        return change.model_copy(update={"forced": True})

    async def _with_hub(self, change: FileChange) -> FileChange:
        """The change, with a warning for each new module that the hub has already, or may have."""
        if not change.new_modules:
            return change
        names = await self._names_on_hub()
        if names is None:
            warnings = [_UNKNOWN_TO_HUB.format(name) for name in change.new_modules]
        else:
            warnings = [_ON_HUB.format(name) for name in change.new_modules if name in names]
        return change.model_copy(update={"warnings": (*change.warnings, *warnings)})

    async def _names_on_hub(self) -> set[str | None] | None:
        """The modules of the hub; None where nobody here can ask for them."""
        modules = self.adapter.modules
        if modules is None:
            return None
        try:
            return {module.module_id for module in await modules.list()}
        except RegistryError:
            return None

    async def edit_text(self, file: Path, before: str, problem: str = "") -> FileChange | None:
        """Let the person edit a file's text until it is written, or they leave.

        Args:
            file: Which one.
            before: What it holds.
            problem: What is wrong with it as it stands.
        """
        from console.dialogs.document import DocumentScreen  # noqa: PLC0415 - the first rows need none

        text = before
        while True:
            screen = DocumentScreen(
                str(file), text, language="toml", problem=problem, changed=text != before
            )
            answer = await self.ask(screen)
            if answer is None:
                return None
            text = answer
            try:
                return await self.review(partial(self.port.plan_text, file, before, text))
            except LeftOpen as left:
                problem = str(left)
            except RegistryError as error:
                problem = str(error)

    async def attempt(self, write: Callable[[], Awaitable[FileChange]]) -> None:
        """Write, and tell why where that fails."""
        try:
            self.written(await write())
        except LeftOpen:
            return
        except RegistryError as error:
            self.complain(error)
            self.read_again()

    @one_at_a_time
    async def action_undo(self) -> None:
        """Take back the last change made here; one that nobody can take back is given up."""
        if not self._done:
            self.warn("There is nothing to undo.")
            return
        last = self._done[-1]
        try:
            change = await self.review(partial(self.port.plan_undo, last), write="Undo")
        except LeftOpen:
            return
        except VersionMismatch as error:
            self._done.pop()
            self.complain(VersionMismatch(error.message, hint=self._given_up(last)))
            self.read_again()
        except RegistryError as error:
            self.complain(error)
            self.read_again()
        else:
            self._done.pop()
            self.written(change, undone=True)

    def _given_up(self, change: FileChange) -> str:
        """That a change stays, and what can be undone instead."""
        further = "u takes back the change before it" if self._done else "no other is left to undo"
        return f"This cannot be undone any more, {further}: {change.summary}"

    def written(
        self, change: FileChange | None, *, undone: bool = False, at: str | None = None
    ) -> None:
        """Tell what was written, remember it for undo, and read the files again.

        Args:
            change: What was written; None when the person left.
            undone: Whether it took back another.
            at: The key of the row to go to; None stays.
        """
        if change is None:
            return
        if not undone:
            self._done = [*self._done, change][-UNDO_STEPS:]
        self.tell(
            f"Wrote {change.path.name}."
            if change.after is not None
            else f"Removed {change.path.name}."
        )
        self.read_again(at)


def _stop(found: Finding) -> str:
    """Where it is, what it is, and the remedy."""
    place = f"{found.file.name}:{found.line}" if found.line else found.file.name
    return f"{place}: {found.message} {found.remedy}"


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
