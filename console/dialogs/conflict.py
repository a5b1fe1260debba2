"""Somebody else saved first: both changes field by field, and the choice what to do."""

from __future__ import annotations

from typing import ClassVar, Literal

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from console.dialogs.base import Dialog, DialogBox
from console.render.fields import FieldRow
from console.render.text import sanitise

Decision = Literal["mine", "theirs", "merge", "edit"]


class ConflictScreen(Dialog[Decision | None]):
    """Returns whose change is to stand; None keeps the form open.

    Args:
        subject: What both changed, such as `device sensor-1`.
        rows: The members that differ.
    """

    takes_typed_ahead: ClassVar[bool] = False
    BINDINGS = [
        Binding("m", "decide('mine')", "Mine"),
        Binding("t", "decide('theirs')", "Theirs"),
        Binding("b", "decide('merge')", "Both"),
        Binding("e", "decide('edit')", "Edit"),
        Binding("escape", "decide('')", "Back"),
    ]
    COMPONENT_CLASSES = {"conflict--path", "conflict--muted", "conflict--clash", "conflict--change"}
    DEFAULT_CSS = """
    ConflictScreen DialogBox { width: 96%; max-width: 130; }
    ConflictScreen VerticalScroll { height: auto; max-height: 60vh; margin: 1 0; }
    ConflictScreen #rows { width: 1fr; height: auto; }
    ConflictScreen .conflict--path { color: $foreground; text-style: bold; }
    ConflictScreen .conflict--muted { color: $text-muted; }
    ConflictScreen .conflict--clash { color: $text-error; }
    ConflictScreen .conflict--change { color: $text-success; }
    """

    def __init__(self, subject: str, rows: tuple[FieldRow, ...]) -> None:
        super().__init__()
        self._subject, self._rows = subject, rows

    def compose(self) -> ComposeResult:
        """A sentence, the table, and four buttons."""
        clashes = self._clashes
        with DialogBox(classes="-dangerous") as box:
            box.border_title = f"{sanitise(self._subject)} was changed elsewhere"
            box.border_subtitle = "esc back to what you typed"
            yield Static(
                "Someone saved it after you opened it. Nothing has been written yet. "
                + (
                    f"Both sides changed {clashes} of these fields (✗); there Both keeps yours."
                    if clashes
                    else "The two changes do not touch the same field."
                ),
                classes="dialog--text",
                markup=False,
            )
            with VerticalScroll():
                yield Static(id="rows", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Keep mine (m)", id="mine", compact=True)
                yield Button("Take theirs (t)", id="theirs", compact=True)
                yield Button("Both (b)", id="merge", variant="primary", compact=True)
                yield Button("Edit (e)", id="edit", compact=True)

    def on_mount(self) -> None:
        """Fill the table and stand on the choice that overwrites nothing unseen."""
        self.query_one("#rows", Static).update(self._table())
        self.query_one("#edit" if self._clashes else "#merge").focus()

    @property
    def _clashes(self) -> int:
        return sum(row.clash for row in self._rows)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for ratio in (3, 3, 3, 3):
            table.add_column(ratio=ratio, overflow="fold")
        muted = self.get_component_rich_style("conflict--muted", partial=True)
        table.add_row(*(Text(name, muted) for name in ("field", "before", "yours", "theirs")))
        for row in self._rows:
            tone = "clash" if row.clash else "change"
            changed = self.get_component_rich_style(f"conflict--{tone}", partial=True)
            path = self.get_component_rich_style("conflict--path", partial=True)
            table.add_row(
                Text(("✗ " if row.clash else "  ") + sanitise(row.path), path),
                Text(sanitise(row.base) or "–", muted),
                Text(sanitise(row.mine) or "–", changed if row.mine != row.base else muted),
                Text(sanitise(row.theirs) or "–", changed if row.theirs != row.base else muted),
            )
        return table

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Decide by button."""
        self.action_decide(event.button.id or "")

    def action_decide(self, decision: str) -> None:
        """Return the decision."""
        known: dict[str, Decision] = {
            "mine": "mine",
            "theirs": "theirs",
            "merge": "merge",
            "edit": "edit",
        }
        if self.is_current:
            self.dismiss(known.get(decision))
