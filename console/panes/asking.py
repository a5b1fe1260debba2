"""How a pane asks and tells: one question at a time, and nothing typed or failed gets lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import wraps
from typing import Any, TypeVar

from textual.containers import Vertical
from textual.worker import Worker, WorkerState, get_current_worker

from console.dialogs.base import Dialog, KeysAwaited, KeysMeaningless
from console.forms.fields import Field, OtherWay, Values, refilled
from console.panes.complaints import Complaints, warn_once
from console.panes.editing import LeftOpen
from registry_backend.domain.errors import FieldProblem, Invalid, RegistryError

SavedT = TypeVar("SavedT")
AnswerT = TypeVar("AnswerT")


UNASKING = frozenset({"action_switch", "action_sample"})
"""Actions that save at once: nobody types ahead for a question that never comes."""


class AskingPane(Vertical):
    """A pane whose actions may ask something; they run as workers of the pane."""

    _beginning: Worker[None] | None = None
    _saving = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._complaints = Complaints()

    def begin(self, action: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run an action as a worker; another that has not asked anything yet goes first."""
        before = self._beginning
        if self.covered or (before is not None and not before.is_finished):
            action.close()
            return
        self._complaints.drop(self.app)
        self._beginning = self.run_worker(action, name=name, exit_on_error=False)

    @property
    def held(self) -> bool:
        """Whether an action is on its way to its next question: keys are meant for that."""
        worker = self._beginning
        if worker is None or worker.is_finished or worker.name in UNASKING:
            return False
        return not self.covered

    @property
    def saving(self) -> bool:
        """Whether a form is being saved that may come back: only the cursor may move meanwhile."""
        return self._saving and not self.covered

    @property
    def covered(self) -> bool:
        """Whether a dialog is in front: keys that were read before it opened mean nothing now."""
        return self.app.screen is not self.screen

    async def ask(self, dialog: Dialog[AnswerT]) -> AnswerT | None:
        """Show a dialog and wait for the answer; None when it was left."""
        worker: Worker[None] = get_current_worker()
        self._beginning = None
        answer = await self.app.push_screen_wait(dialog)
        if dialog.leads_on and answer is not None:
            self._beginning = worker
        return answer

    def show_window(self, window: Dialog[None]) -> None:
        """Show something to read, unless a dialog is in front by now."""
        if not self.covered:
            self._complaints.drop(self.app)
            self.app.push_screen(window)

    def on_hide(self) -> None:
        """Another pane is in front: it has errors of its own."""
        self._complaints.drop(self.app)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What an action did not catch is told, or is a fault of the console and surfaces."""
        error = event.worker.error
        if event.worker.is_finished:
            self.post_message(KeysAwaited())
        if event.state is WorkerState.ERROR and error is not None:
            if not isinstance(error, RegistryError):
                raise error
            self.complain(error)

    async def fill_form(
        self,
        title: str,
        fields: Sequence[Field],
        save: Callable[[Values], Awaitable[SavedT]],
        *,
        submit: str = "Save",
        intro: str = "",
        other: OtherWay | None = None,
    ) -> SavedT | None:
        """Ask until the values could be saved or the person leaves; what was typed is kept.

        Returns:
            What `save` returned, or None when the person left.
        """
        from console.dialogs.form import FormScreen  # noqa: PLC0415 - the first rows need no form

        values: Values | None = None
        problems: Sequence[FieldProblem] = ()
        while True:
            form = FormScreen(
                title,
                refilled(fields, values),
                problems=problems,
                submit=submit,
                intro=intro,
                changed=values is not None,
                other=other,
            )
            values = await self.ask(form)
            if values is None:
                return None
            self._saving = True
            try:
                return await save(values)
            except Invalid as error:
                problems = error.problems or (FieldProblem("", str(error)),)
            except (LeftOpen, RegistryError) as error:
                problems = (FieldProblem("", str(error)),) if str(error) else ()
            finally:
                self._saving = False
            self.post_message(KeysMeaningless())

    def tell(self, text: str) -> None:
        """Say briefly what was done."""
        self.app.notify(text, markup=False, timeout=4)

    def complain(self, error: RegistryError) -> None:
        """Say what went wrong and what to do next."""
        self.post_message(KeysMeaningless())
        self._complaints.tell(self.app, error)

    def warn(self, text: str, *, title: str = "") -> None:
        """Say why a key did nothing."""
        self.post_message(KeysMeaningless())
        warn_once(self.app, text, title=title)


PaneT = TypeVar("PaneT", bound=AskingPane)


def one_at_a_time(
    method: Callable[[PaneT], Coroutine[Any, Any, None]],
) -> Callable[[PaneT], None]:
    """Run a pane's action as a worker, unless an action of the pane is already on its way.

    Two keys in one read would otherwise open two dialogs for one row, or save it twice. From its
    first question on, an action no longer stands in the way: the dialog does.
    """

    @wraps(method)
    def begin(pane: PaneT) -> None:
        pane.begin(method(pane), name=method.__name__)

    return begin
