"""What every dialog shares: a framed box in the middle, a title, keys in its last line."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.widgets.plain_frame import PlainFrame

ResultT = TypeVar("ResultT")


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


class Dialog(ModalScreen[ResultT]):
    """A modal that returns what the person decided and does nothing itself."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    """

    leads_on: ClassVar[bool] = False
    """Whether an answer leads to a further question."""

    @property
    def holds_text(self) -> bool:
        """Whether leaving now would lose something that was typed."""
        return False
