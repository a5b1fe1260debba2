"""What every dialog shares: a framed box in the middle, a title, keys in its last line."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen, Screen

from console.widgets.plain_frame import PlainFrame

ResultT = TypeVar("ResultT")


class KeysAwaited(Message):
    """Somebody can take keys now that were typed ahead."""


class KeysMeaningless(Message):
    """What the keys typed ahead were meant for will not come."""


def takes_keys(screen: Screen[object]) -> bool:
    """Whether keys that are typed now reach something on that screen."""
    return screen.takes_keys if isinstance(screen, Dialog) else True


BOX_WIDTH = 72
"""Cells of a box where the screen has them."""


class DialogBox(PlainFrame, Vertical):
    """The frame of a dialog; grows with its content up to the screen."""

    DEFAULT_CSS = """
    DialogBox {
        width: 72;
        max-width: 96%;
        height: auto;
        max-height: 96%;
        background: $surface;
        border: round $accent;
        border-title-color: $text-accent;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        padding: 1 2;
        &.-dangerous { border: round $error; border-title-color: $text-error; }
        &.-wide { width: 110; }
        & .dialog--text { color: $foreground; width: 1fr; height: auto; }
        & .dialog--hint { color: $text-muted; width: 1fr; height: auto; }
        & .dialog--problem { color: $text-error; width: 1fr; height: auto; }
        & .dialog--buttons { height: auto; align-horizontal: right; margin-top: 1; }
        & .dialog--buttons Button { margin-left: 2; min-width: 12; }
        & OptionList, & OptionList:focus {
            border: none; padding: 0; background: $surface; background-tint: $surface 0%; }
    }
    """


def inner_width(screen: Size, width: int = BOX_WIDTH) -> int:
    """Cells that a line of a list has in a box of that width, beside a scrollbar."""
    return min(width, int(screen.width * 0.96)) - 7


class Dialog(ModalScreen[ResultT]):
    """A modal that returns what the person decided and does nothing itself."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    """

    leads_on: ClassVar[bool] = False
    """Whether an answer leads to a further question."""
    takes_typed_ahead: ClassVar[bool] = True
    """Whether keys count that were typed before it could be seen."""

    takes_keys: bool = False
    """Whether it can be seen, and something in it can take keys."""
    _closing_with: tuple[ResultT | None] | None = None
    """What it returns as soon as nothing is in front of it any more."""

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close with a result; behind another dialog, as soon as that has gone.

        Textual takes the screen in front off, whichever was asked to go, and counts those that
        shine through it as current.
        """
        if self.is_active:
            return super().dismiss(result)
        self._closing_with = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Go, if it was dismissed behind another."""
        if self._closing_with is not None:
            self.dismiss(*self._closing_with)

    def on_mount(self) -> None:
        """Take the keys that were typed while it was on its way."""
        self.call_after_refresh(self._take_keys)

    def _take_keys(self) -> None:
        self.takes_keys = True
        if not self.takes_typed_ahead:
            self.post_message(KeysMeaningless())
        self.post_message(KeysAwaited())

    def on_unmount(self) -> None:
        """Leave what is typed now to what comes forward."""
        self.app.post_message(KeysAwaited())

    @property
    def holds_text(self) -> bool:
        """Whether leaving now would lose something that was typed."""
        return False


class TypingDialog(Dialog[ResultT | None]):
    """A dialog that something is typed into: what was typed is left only at the second request.

    Args:
        submit: The word on the button that returns it.
        changed: Whether it holds something at once that is worth the second request.
    """

    BINDINGS = [
        Binding("ctrl+s", "submit", "Save", tooltip="Save what was entered."),
        Binding("escape", "leave", "Cancel", tooltip="Leave; asks again when text would be lost."),
    ]
    more_keys: str = ""
    """Keys of a dialog's own, for its last line."""

    def __init__(self, *, submit: str, changed: bool) -> None:
        super().__init__()
        self._submit, self._changed, self._leaving = submit, changed, False

    @property
    def holds_text(self) -> bool:
        """Whether something was entered that is not saved."""
        return self._changed

    def note_typing(self, *, changed: bool) -> None:
        """Something was typed; after the warning that takes the leaving back."""
        self._changed = self._changed or changed
        if self._leaving:
            self._leaving = False
            self.query_one(DialogBox).border_subtitle = self.footing()

    def footing(self) -> str:
        """The keys in the last line of the frame."""
        return f"ctrl+s {self._submit.lower()}   {self.more_keys}esc cancel"

    def action_leave(self) -> None:
        """Leave; when something was typed, only at the second request."""
        if not self.is_current:
            return
        if self._changed and not self._leaving:
            self._leaving = True
            self.query_one(DialogBox).border_subtitle = "esc again to discard what you entered"
            return
        self.dismiss(None)
