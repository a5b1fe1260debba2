"""The line above a table that narrows what it shows."""

from __future__ import annotations

from textual.binding import Binding
from textual.widgets import Input, Static

from console.render.text import sanitise


class FilterLine(Input):
    """Hidden until it is opened; the pane hears `Input.Changed` and `Input.Submitted`.

    Args:
        help_text: What may be typed.
    """

    DEFAULT_CSS = """
    FilterLine, FilterLine:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $panel;
        &.-shown { display: block; }
        &.-wrong { color: $text-error; }
    }
    """
    BINDINGS = [Binding("down", "submit", "To the rows", show=False, id="filter.leave")]

    def __init__(self, help_text: str) -> None:
        super().__init__(id="filter", placeholder=help_text, select_on_focus=False)

    @property
    def shown(self) -> bool:
        """Whether it can be seen."""
        return self.has_class("-shown")

    def open(self) -> None:
        """Show it and put the cursor in it."""
        self.add_class("-shown")
        self.focus()

    def fill(self, text: str) -> None:
        """Hold a text as if it had been typed."""
        self.value = text
        self.set_class(bool(text), "-shown")

    def close(self) -> None:
        """Empty and hide it without a word to the pane."""
        with self.prevent(Input.Changed):
            self.value = ""
        self.remove_class("-shown", "-wrong")

    def mark_wrong(self, *, wrong: bool) -> None:
        """Show whether the text can be understood."""
        self.set_class(wrong, "-wrong")


class FilterProblem(Static):
    """Why a filter cannot be understood, whole, below it; hidden while there is nothing to say."""

    DEFAULT_CSS = """
    FilterProblem {
        display: none; height: auto; max-height: 4; padding: 0 1;
        background: $panel; color: $text-error;
        &.-shown { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="filter-problem", markup=False)

    def tell(self, problem: str) -> None:
        """Show it; nothing for an empty one."""
        self.update(sanitise(problem))
        self.set_class(bool(problem), "-shown")
