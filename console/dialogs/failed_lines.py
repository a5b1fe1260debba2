"""The lines that a job could not apply: filtered, copied, saved, and the device of one opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from console.dialogs.base import Dialog, DialogBox
from console.dialogs.line_list import LineList, Place
from console.render.job_errors import one_line
from console.widgets.table_messages import Opened
from registry_backend.domain.jobs import JobError

AROUND_LINES = 9
"""Cells above and below the lines: frame, heading, filter, reason, place."""


@dataclass(frozen=True, slots=True)
class LinesAnswer:
    """What a person wants of the lines, and where they were."""

    wish: Literal["device", "save"]
    error: JobError | None
    place: Place


class FailedLinesScreen(Dialog[LinesAnswer | None]):
    """Returns what is wanted of which line, or None.

    Args:
        title: Of which job.
        lines: In the order of the file.
        more: How many there are beyond these.
        place: Where to begin.
        devices: Whether a device can be opened from here.
    """

    BINDINGS = [
        Binding("escape", "leave", "Close", show=False),
        Binding("q,l", "close", "Close", show=False),
        Binding("slash", "filter", "Filter", show=False),
        Binding("c", "copy", "Copy", show=False),
        Binding("s", "save", "Save", show=False),
    ]
    DEFAULT_CSS = """
    FailedLinesScreen DialogBox { width: 96%; max-width: 150; max-height: 86%; padding: 0 1; }
    """

    def __init__(
        self,
        title: str,
        lines: Sequence[JobError],
        *,
        more: int = 0,
        place: Place | None = None,
        devices: bool = True,
    ) -> None:
        super().__init__()
        self._title, self._lines, self._more = title, tuple(lines), more
        self._place, self._devices = place, devices

    def compose(self) -> ComposeResult:
        """The lines in a frame."""
        with DialogBox() as box:
            box.styles.height = len(self._lines) + AROUND_LINES
            box.border_title = self._title
            opens = "enter device   " if self._devices else ""
            box.border_subtitle = f"{opens}c copy   s save   / filter   esc close"
            yield LineList(self._lines, place=self._place, more=self._more)

    @property
    def _list(self) -> LineList:
        return self.query_one(LineList)

    def action_filter(self) -> None:
        """Narrow the lines."""
        self._list.open_filter()

    def action_copy(self) -> None:
        """Copy the line under the cursor as text."""
        error = self._list.current
        if error is not None:
            self.app.copy_to_clipboard(one_line(error))
            self.app.notify("Copied the line.", markup=False, timeout=4)

    def action_save(self) -> None:
        """Ask for the lines as a file."""
        self._answer("save")

    @on(Opened)
    def _open(self, event: Opened[object]) -> None:
        event.stop()
        if self._devices:
            self._answer("device")

    def _answer(self, wish: Literal["device", "save"]) -> None:
        if self.is_current:
            self.dismiss(LinesAnswer(wish, self._list.current, self._list.place))

    def action_leave(self) -> None:
        """Drop the filter, then close."""
        if self.is_current and not self._list.close_filter():
            self.dismiss(None)

    def action_close(self) -> None:
        """Close."""
        if self.is_current:
            self.dismiss(None)
