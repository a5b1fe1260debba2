"""Edit a document as text. What was typed survives every error."""

from __future__ import annotations

import re

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Static, TextArea

from console.dialogs.base import DialogBox, TypingDialog
from console.widgets.document_editor import DocumentEditor
from console.widgets.line_ends import with_old_ends
from console.widgets.syntax import Format
from registry_backend.domain.document import parse_json
from registry_backend.domain.errors import Invalid

_PLACE = re.compile(r"line (\d+), column (\d+)")


class DocumentScreen(TypingDialog[str]):
    """Returns the text, or None. JSON that does not parse cannot be saved.

    Args:
        title: What is being edited.
        text: What the editor holds at first.
        language: `json` or `toml`.
        problem: Why the last attempt was refused.
        changed: Whether the text is worth a second question before it is dropped.
    """

    DEFAULT_CSS = """
    DocumentScreen DialogBox { width: 96%; height: 90%; max-width: 130; padding: 0 1; }
    DocumentScreen DocumentEditor { height: 1fr; }
    DocumentScreen DocumentEditor, DocumentScreen DocumentEditor:focus { border: none; }
    DocumentScreen #problem { height: auto; min-height: 1; max-height: 5; }
    """

    def __init__(
        self,
        title: str,
        text: str,
        *,
        language: Format = "json",
        problem: str = "",
        changed: bool = False,
    ) -> None:
        super().__init__(submit="Save", changed=changed)
        self._title, self._text, self._language = title, text, language
        self._problem = problem

    def compose(self) -> ComposeResult:
        """The editor, the problem below it, and two buttons."""
        with DialogBox() as box:
            box.border_title = self._title
            box.border_subtitle = self.footing()
            yield DocumentEditor(self._text, form=self._language)
            yield Static(
                self._mark(self._problem), id="problem", classes="dialog--problem", markup=False
            )
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self._submit, id="submit", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Begin in the text."""
        self.query_one(DocumentEditor).focus()

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        self.note_typing(changed=event.text_area.text != self._text)

    @on(Button.Pressed, "#submit")
    def action_submit(self) -> None:
        """Return the text if it can be parsed; else show where it cannot."""
        if not self.is_current:
            return
        text = with_old_ends(self._text, self.query_one(DocumentEditor).text)
        if self._language == "json":
            try:
                parse_json(text)
            except Invalid as error:
                self.query_one("#problem", Static).update(self._mark(error.message))
                place = _PLACE.search(error.message)
                if place:
                    self.query_one(DocumentEditor).mark_problem(int(place[1]), int(place[2]))
                return
        self.dismiss(text)

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.action_leave()

    @staticmethod
    def _mark(problem: str) -> str:
        return f"✗ {problem}" if problem else ""
