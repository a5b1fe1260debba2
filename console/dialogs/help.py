"""Help, drawn from the table of actions: every line can also be run."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from console.dialogs.base import Dialog, DialogBox
from console.keys import EVERYWHERE, MOVING, TABLE, Action, actions_of


class HelpScreen(Dialog[Action | None]):
    """All keys that work in a pane; enter runs the line chosen.

    Args:
        pane: The group of the pane in front.
    """

    BINDINGS = [Binding("escape,q,question_mark", "leave", "Close", show=False)]
    DEFAULT_CSS = """
    HelpScreen DialogBox { width: 84; }
    HelpScreen OptionList { height: auto; max-height: 80vh; scrollbar-size-vertical: 1; }
    """

    def __init__(self, pane: str) -> None:
        super().__init__()
        self._pane = pane
        self._lines: list[Action | None] = []

    def compose(self) -> ComposeResult:
        """One list: the pane's own keys first."""
        options: list[Option] = []
        for group in (self._pane, TABLE, EVERYWHERE):
            heading = Content.assemble((group, "bold $text-accent"))
            options.append(Option(heading, disabled=True))
            self._lines.append(None)
            if group == TABLE:
                options += [Option(_told(*line), disabled=True) for line in MOVING]
                self._lines += [None] * len(MOVING)
            for action in actions_of(group):
                options.append(Option(_line(action)))
                self._lines.append(action)
        with DialogBox() as box:
            box.border_title = "Keys"
            box.border_subtitle = "enter run   esc close"
            yield OptionList(*options)

    def on_mount(self) -> None:
        """Begin at the first key."""
        options = self.query_one(OptionList)
        options.highlighted = 1
        options.focus()

    @on(OptionList.OptionSelected)
    def _run(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.is_current:
            self.dismiss(self._lines[event.option_index])

    def action_leave(self) -> None:
        """Close."""
        if self.is_current:
            self.dismiss(None)


def _told(keys: str, help_text: str) -> Content:
    return Content.assemble((f"  {keys:<12}", "bold $foreground"), (help_text, "$foreground"))


def _line(action: Action) -> Content:
    writes = "  writes" if action.dangerous else ""
    return Content.assemble(
        (f"  {action.keys:<12}", "bold $foreground"),
        (action.help, "$foreground"),
        (writes, "$text-warning"),
    )
