"""A secret on demand: covered until peeked at, copied to a clipboard that clears itself."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Button, Static

from console.dialogs.base import Dialog, DialogBox
from console.render.text import sanitise


class SecretScreen(Dialog[None]):
    """Shows what may be seen of a secret.

    Args:
        title: What it is.
        text: What it is for, how long it is valid.
        secret: All of it.
        covered: What may be seen of it.
        copy: Copies it; tells how long it stays on the clipboard.
        seconds: How long a peek lasts.
    """

    BINDINGS = [
        Binding("escape,q", "leave", "Close", show=False),
        Binding("p", "peek", "Peek", show=False),
        Binding("c", "copy", "Copy", show=False),
    ]
    DEFAULT_CSS = """
    SecretScreen DialogBox { width: 90; }
    SecretScreen #secret { background: $panel; padding: 0 1; margin-top: 1; height: auto;
        color: $foreground; }
    """

    def __init__(
        self,
        title: str,
        text: str,
        *,
        secret: str,
        covered: str,
        copy: Callable[[str], None],
        seconds: int,
    ) -> None:
        super().__init__()
        self._title, self._text, self._seconds = title, text, seconds
        self._secret, self._covered, self._copy = secret, covered, copy
        self._hiding: Timer | None = None

    def compose(self) -> ComposeResult:
        """What it is, what may be seen of it, buttons."""
        with DialogBox() as box:
            box.border_title = self._title
            box.border_subtitle = "p peek   c copy   esc close"
            yield Static(self._text, classes="dialog--text", markup=False)
            yield Static(sanitise(self._covered), id="secret", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Close", id="close", compact=True)
                yield Button("Peek", id="peek", compact=True)
                yield Button("Copy", id="copy", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Stand on what one comes for."""
        self.query_one("#copy").focus()

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """Copy it."""
        self._copy(self._secret)

    @on(Button.Pressed, "#peek")
    def action_peek(self) -> None:
        """Show it for a while, or cover it again."""
        if self._hiding is not None:
            self._hide()
            return
        self.query_one("#secret", Static).update(sanitise(self._secret))
        self._hiding = self.set_timer(self._seconds, self._hide)

    def _hide(self) -> None:
        if self._hiding is not None:
            self._hiding.stop()
            self._hiding = None
        self.query_one("#secret", Static).update(sanitise(self._covered))

    @on(Button.Pressed, "#close")
    def action_leave(self) -> None:
        """Close."""
        if self.is_current:
            self.dismiss(None)
