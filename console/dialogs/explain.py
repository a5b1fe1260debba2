"""What an Identity Service would answer to a user, call by call, and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Checkbox, Input, Label, Static

from console.dialogs.base import Dialog, DialogBox
from console.render import answers as render
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.record_table import RecordTable
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Highlighted, StatusChanged
from console.widgets.tick_box import TickBox
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.explanations import Answer
from registry_backend.domain.identities import IdentityKind

Asking = Callable[[str, str, IdentityKind], Awaitable[Sequence[Answer]]]
"""The answers to a user (by number or name) about a module, of one kind."""


class ExplainScreen(Dialog[None]):
    """A user and a module to enter, the ten answers, and the reason of one.

    Args:
        answers: Whom to ask.
        user: Whose calls to begin with.
    """

    BINDINGS = [Binding("escape", "leave", "Close", show=False)]
    DEFAULT_CSS = """
    ExplainScreen DialogBox { width: 96%; max-width: 130; height: 90%; padding: 0 1; }
    ExplainScreen #asked { height: 1; margin-bottom: 1; }
    ExplainScreen Label { width: auto; color: $text-muted; padding: 0 1 0 0; }
    ExplainScreen Input, ExplainScreen Input:focus {
        width: 1fr; height: 1; border: none; padding: 0 1; margin-right: 2; background: $panel; }
    ExplainScreen Checkbox, ExplainScreen Checkbox:focus {
        height: 1; border: none; padding: 0; background: transparent; }
    ExplainScreen #wrong { color: $text-error; height: auto; display: none; }
    ExplainScreen #wrong.-shown { display: block; }
    ExplainScreen RecordTable { height: 11; }
    ExplainScreen DetailView { height: 1fr; border-top: solid $border-blurred; }
    """

    def __init__(self, answers: Asking, user: str) -> None:
        super().__init__()
        self._answers, self._user = answers, user
        self._found: Sequence[Answer] = ()

    def compose(self) -> ComposeResult:
        """The question above, the answers below."""
        with DialogBox() as box:
            box.border_title = "What would the Identity Service answer?"
            box.border_subtitle = "tab next   ↑ ↓ calls   esc close"
            with Horizontal(id="asked"):
                yield Label("User")
                yield Input(self._user, id="user", placeholder="uid or name")
                yield Label("Module")
                yield Input(id="module", placeholder="its own")
                yield TickBox("local", id="local", compact=True)
            yield Static("", id="wrong", markup=False)
            yield RecordTable[Answer](
                (
                    Column("call", "Call", _request, 33, flexible=True, priority=9),
                    Column("verdict", "", render.verdict, 1, priority=8),
                    Column("answer", "Answer", render.status_text, 33, flexible=True, priority=7),
                )
            )
            yield DetailView()

    def on_mount(self) -> None:
        """Begin with the user."""
        self.query_one("#user", Input).focus()
        self._ask()

    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _asked(self) -> None:
        self._ask()

    @on(Input.Submitted)
    def _to_answers(self) -> None:
        self.query_one(RecordTable).focus()

    @work(exclusive=True)
    async def _ask(self) -> None:
        """Read the answers anew; what cannot be asked is told above them."""
        user = self.query_one("#user", Input).value
        module = self.query_one("#module", Input).value
        kind: IdentityKind = "local" if self.query_one("#local", Checkbox).value else "aziot"
        problem = ""
        try:
            self._found = await self._answers(user, module, kind) if user.strip() else ()
        except RegistryError as error:
            self._found, problem = (), str(error)
        wrong = self.query_one("#wrong", Static)
        wrong.update(f"✗ {problem}")
        wrong.set_class(bool(problem), "-shown")
        found = self._found

        async def read() -> Sequence[Answer]:
            return found

        table = self.query_one(RecordTable)
        before = table.current
        table.show(ShortList(read, _key), at=_key(before) if before and found else None)

    @on(Highlighted)
    def _highlighted(self, event: Highlighted[Answer]) -> None:
        event.stop()
        answer = self.query_one(RecordTable).current
        sections = () if answer is None else (render.section(answer, _request(answer)),)
        self.query_one(DetailView).show(sections)

    @on(StatusChanged)
    def _status(self, event: StatusChanged) -> None:
        event.stop()

    def action_leave(self) -> None:
        """Close."""
        if self.is_current:
            self.dismiss(None)


def _key(answer: Answer) -> str:
    return answer.operation.value if answer.operation else ""


def _request(answer: Answer) -> str:
    return render.OPERATIONS[answer.operation][0] if answer.operation else ""
