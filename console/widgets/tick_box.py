"""A box to tick whose state can be read without colours."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox

ON, OFF = "X", " "


class TickBox(Checkbox):
    """A Checkbox that is empty when it is off, where Textual's has a paler mark."""

    def render(self) -> Content:
        """The box as its value says."""
        self.BUTTON_INNER = ON if self.value else OFF
        return super().render()
