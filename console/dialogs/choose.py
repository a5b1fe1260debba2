"""A short menu: each line with a key of its own, a label and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.dialogs.base import Dialog, DialogBox, inner_width
from console.render.detail_lines import hanging
from console.render.text import sanitise


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu; `key` picks it at once."""

    value: str
    label: str
    help: str = ""
    key: str = ""


class ChooseScreen(Dialog[str | None]):
    """Returns the value of the line chosen, or None.

    Args:
        title: What is to be chosen.
        choices: The lines.
        intro: A sentence above them.
        current: The value of the line to begin at.
        dangerous: Whether what follows destroys something; the frame says so.
    """

    leads_on: ClassVar[bool] = True
    leaving: ClassVar[str] = "cancel"
    """What leaving it without a choice means, in a word."""
    BINDINGS = [Binding("escape", "leave", "Cancel", show=False)]
    DEFAULT_CSS = """
    ChooseScreen OptionList { height: auto; max-height: 60vh; }
    ChooseScreen #intro { margin-bottom: 1; }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        intro: str = "",
        current: str = "",
        dangerous: bool = False,
    ) -> None:
        super().__init__()
        self._title, self._choices, self._intro = title, tuple(choices), intro
        self._current, self._dangerous = current, dangerous

    def compose(self) -> ComposeResult:
        """The menu."""
        with DialogBox(classes="-dangerous" if self._dangerous else "") as box:
            box.border_title = self._title
            box.border_subtitle = f"enter choose   esc {self.leaving}"
            if self._intro:
                yield Static(self._intro, id="intro", classes="dialog--hint", markup=False)
            yield OptionList(*(Option(self._prompt(choice)) for choice in self._choices))

    def _prompt(self, choice: Choice) -> Content:
        width = max(len(each.label) for each in self._choices)
        key = f" {choice.key or ' '}  " if any(each.key for each in self._choices) else " "
        help_text = hanging(
            sanitise(choice.help), indent=len(key) + width + 2, width=inner_width(self.app.size)
        )
        return Content.assemble(
            (key, "bold $text-accent"),
            (sanitise(choice.label).ljust(width), "$foreground"),
            (f"  {help_text}" if choice.help else "", "$text-muted"),
        )

    def on_resize(self) -> None:
        """Wrap the sentences anew."""
        options = self.query_one(OptionList)
        for index, choice in enumerate(self._choices):
            options.replace_option_prompt_at_index(index, self._prompt(choice))

    def on_mount(self) -> None:
        """Begin at the line in force."""
        values = [choice.value for choice in self._choices]
        index = values.index(self._current) if self._current in values else 0
        options = self.query_one(OptionList)
        options.highlighted = index if values else None
        options.focus()

    def on_key(self, event: events.Key) -> None:
        """Choose by a line's own key."""
        for choice in self._choices:
            if choice.key and event.character == choice.key and self.is_current:
                event.stop()
                self.dismiss(choice.value)
                return

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.is_current:
            self.dismiss(self._choices[event.option_index].value)

    def action_leave(self) -> None:
        """Choose nothing."""
        if self.is_current:
            self.dismiss(None)
