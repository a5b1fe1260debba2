"""Shows what a file will look like before it is written."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from console.dialogs.base import Dialog, DialogBox
from console.widgets.difference import DifferenceView


class ReviewScreen(Dialog[bool]):
    """A difference, warnings below it, and the question whether to write.

    Args:
        title: Which file.
        summary: What the change does, in a sentence.
        warnings: What few would expect of it.
        before: The file as it is; empty when it is new.
        after: The file as it will be; empty when it goes.
        write: The word on the button.
        destroys: Whether something goes that was there; frame and button say so.
    """

    takes_typed_ahead: ClassVar[bool] = False
    BINDINGS = [
        Binding("y,ctrl+s", "confirm", "Write", show=False),
        Binding("escape,n", "refuse", "Back", show=False),
    ]
    DEFAULT_CSS = """
    ReviewScreen DialogBox { width: 96%; max-width: 120; height: 84%; }
    ReviewScreen DifferenceView { height: 1fr; min-height: 3; margin: 1 0; }
    ReviewScreen #amiss { height: auto; max-height: 35%; }
    ReviewScreen #warnings { color: $text-warning; height: auto; }
    """

    def __init__(
        self,
        title: str,
        summary: str,
        *,
        before: str,
        after: str,
        warnings: tuple[str, ...] = (),
        write: str = "Write",
        destroys: bool = False,
    ) -> None:
        super().__init__()
        self._title, self._summary, self._warnings = title, summary, warnings
        self._before, self._after, self._write = before, after, write
        self._destroys = destroys

    def compose(self) -> ComposeResult:
        """Summary, difference, warnings, two buttons."""
        with DialogBox(classes="-dangerous" if self._destroys else "") as box:
            box.border_title = self._title
            box.border_subtitle = f"y {self._write.lower()}   esc back"
            yield Static(self._summary, classes="dialog--text", markup=False)
            yield DifferenceView(self._before, self._after)
            if self._warnings:
                text = "\n".join(f"! {warning}" for warning in self._warnings)
                with VerticalScroll(id="amiss"):  # however many, what is written stays in sight
                    yield Static(text, id="warnings", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Back", id="back", compact=True)
                variant: Literal["error", "primary"] = "error" if self._destroys else "primary"
                yield Button(self._write, id="write", variant=variant, compact=True)

    def on_mount(self) -> None:
        """Begin in the difference, so that it can be read."""
        self.query_one(DifferenceView).focus()

    @on(Button.Pressed, "#write")
    def action_confirm(self) -> None:
        """Write it."""
        if self.is_current:
            self.dismiss(result=True)

    @on(Button.Pressed, "#back")
    def action_refuse(self) -> None:
        """Write nothing."""
        if self.is_current:
            self.dismiss(result=False)
