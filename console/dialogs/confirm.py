"""Asks before something that cannot be taken back. Cancel has the focus; `y` confirms."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from console.dialogs.base import Dialog, DialogBox


class ConfirmScreen(Dialog[bool]):
    """A question with a safe default.

    Args:
        title: The question.
        text: What will happen, to what, and what will not.
        confirm: The word on the dangerous button.
        typed: When given, this very text must be typed before the button works.
    """

    takes_typed_ahead: ClassVar[bool] = False
    BINDINGS = [
        Binding("y", "confirm", "Yes", show=False),
        Binding("escape,n", "refuse", "Cancel", show=False),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]

    DEFAULT_CSS = """
    ConfirmScreen Input, ConfirmScreen Input:focus {
        height: 1; border: none; padding: 0 1; background: $panel; }
    """

    def __init__(self, title: str, text: str, *, confirm: str = "Delete", typed: str = "") -> None:
        super().__init__()
        self._title, self._text, self._confirm, self._typed = title, text, confirm, typed

    def compose(self) -> ComposeResult:
        """The question, the word to type if one is asked for, and two buttons."""
        with DialogBox(classes="-dangerous") as box:
            box.border_title = self._title
            box.border_subtitle = "esc cancel" if self._typed else "y confirm   esc cancel"
            yield Static(self._text, classes="dialog--text", markup=False)
            if self._typed:
                yield Static(
                    f"\nType {self._typed} to confirm:", classes="dialog--hint", markup=False
                )
                yield Input(id="typed")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(
                    self._confirm,
                    id="confirm",
                    variant="error",
                    disabled=bool(self._typed),
                    compact=True,
                )

    def on_mount(self) -> None:
        """Put the cursor where nothing can go wrong."""
        self.query_one("#typed" if self._typed else "#cancel").focus()

    @on(Input.Changed)
    def _compare(self, event: Input.Changed) -> None:
        self.query_one("#confirm", Button).disabled = event.value != self._typed

    @on(Input.Submitted)
    @on(Button.Pressed, "#confirm")
    def action_confirm(self) -> None:
        """Confirm, if the word is right."""
        if self.is_current and not self.query_one("#confirm", Button).disabled:
            self.dismiss(result=True)

    @on(Button.Pressed, "#cancel")
    def action_refuse(self) -> None:
        """Leave everything as it is."""
        if self.is_current:
            self.dismiss(result=False)
