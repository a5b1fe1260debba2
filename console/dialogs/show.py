"""Shows a text that cannot be changed: raw JSON, history, failed lines, a difference."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from console.dialogs.base import Dialog, DialogBox
from console.render.text import sanitise


class ShowScreen(Dialog[None]):
    """A scrollable text, or a widget that shows something richer.

    Args:
        title: What it is.
        body: Plain text, or a widget.
        seconds: Closes by itself after this time; used for secrets.
    """

    BINDINGS = [
        Binding("escape,q,enter", "leave", "Close", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(15)", "Page down", show=False),
        Binding("pageup", "scroll(-15)", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    ShowScreen DialogBox { width: 96%; max-width: 120; }
    ShowScreen VerticalScroll { height: auto; max-height: 80vh; scrollbar-size-vertical: 1; }
    ShowScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, title: str, body: str | Widget, *, seconds: int | None = None) -> None:
        super().__init__()
        self._title, self._body, self._seconds = title, body, seconds

    def compose(self) -> ComposeResult:
        """The text in its frame."""
        with DialogBox() as box:
            box.border_title = self._title
            box.border_subtitle = self._footing()
            with VerticalScroll():
                if isinstance(self._body, Widget):
                    yield self._body
                else:
                    text = "\n".join(sanitise(line) for line in self._body.split("\n"))
                    yield Static(text, markup=False)

    def on_mount(self) -> None:
        """Start the clock of a text that hides itself."""
        if self._seconds is not None:
            self.set_interval(1.0, self._tick)

    def _footing(self) -> str:
        hides = f"hides in {self._seconds} s   " if self._seconds is not None else ""
        return f"{hides}esc close"

    def _tick(self) -> None:
        assert self._seconds is not None  # noqa: S101 - the timer runs only with a time
        self._seconds -= 1
        self.query_one(DialogBox).border_subtitle = self._footing()
        if self._seconds <= 0:
            self.action_leave()

    def action_scroll(self, lines: int) -> None:
        """Move the text."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Close."""
        if self.is_current:
            self.dismiss(None)
