"""Help, drawn from the table of actions: every line can also be run."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from console.dialogs.base import Dialog, DialogBox, inner_width
from console.keys import EVERYWHERE, MOVING, TABLE, Action, actions_of
from console.render.detail_lines import hanging

WIDTH = 84
"""Cells of the box, as its style has it."""
KEYS_WIDTH = 12
"""Cells of the column of keys."""


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
        self._moving = range(0)

    def compose(self) -> ComposeResult:
        """One list: the pane's own keys first."""
        options: list[Option] = []
        for group in (self._pane, TABLE, EVERYWHERE):
            heading = Content.assemble((group, "bold $text-accent"))
            options.append(Option(heading, disabled=True))
            self._lines.append(None)
            if group == TABLE:
                options += [Option(self._told(*line), disabled=True) for line in MOVING]
                self._moving = range(len(self._lines), len(self._lines) + len(MOVING))
                self._lines += [None] * len(MOVING)
            for action in actions_of(group):
                options.append(Option(self._line(action)))
                self._lines.append(action)
        with DialogBox() as box:
            box.border_title = "Keys"
            box.border_subtitle = "enter run   esc close"
            yield OptionList(*options)

    def _told(self, keys: str, text: str, *, writes: bool = False) -> Content:
        key = f"  {keys:<{KEYS_WIDTH}}"
        room = inner_width(self.app.size, WIDTH)
        help_text = hanging(text + ("  writes" if writes else ""), indent=len(key), width=room)
        told, mark, _ = help_text.rpartition("writes") if writes else (help_text, "", "")
        return Content.assemble(
            (key, "bold $foreground"), (told, "$foreground"), (mark, "$text-warning")
        )

    def _line(self, action: Action) -> Content:
        return self._told(action.keys, action.help, writes=action.dangerous)

    def on_resize(self) -> None:
        """Wrap the sentences anew."""
        options = self.query_one(OptionList)
        moving = iter(MOVING)
        for index, action in enumerate(self._lines):
            if action is not None:
                options.replace_option_prompt_at_index(index, self._line(action))
            elif index in self._moving:
                options.replace_option_prompt_at_index(index, self._told(*next(moving)))

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
