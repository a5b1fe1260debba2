"""All that is amiss with a configuration, worst first; enter goes to the place."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from console.dialogs.base import DialogBox
from console.dialogs.row_choice import RowChoice
from console.render import findings as render
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.record_table import RecordTable
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Highlighted
from registry_backend.domain.findings import Finding, worst_first


class FindingsScreen(RowChoice[Finding]):
    """Returns the finding to go to, or None.

    Args:
        findings: All of them.
        starts: Whether the daemon would start nonetheless.
    """

    BINDINGS = [Binding("escape,q,i", "leave", "Close", show=False)]
    DEFAULT_CSS = """
    FindingsScreen DialogBox { width: 96%; max-width: 140; height: 86%; padding: 0 1; }
    FindingsScreen RecordTable { height: 1fr; }
    FindingsScreen DetailView { height: 9; border-top: solid $border-blurred; }
    """

    def __init__(self, findings: Sequence[Finding], *, starts: bool) -> None:
        super().__init__()
        self._findings, self._starts = worst_first(tuple(findings)), starts

    def compose(self) -> ComposeResult:
        """A list, and the one under the cursor in whole sentences."""
        with DialogBox() as box:
            ends = "" if self._starts else ": the daemon would not start"
            box.border_title = f"{render.tally(self._findings)}{ends}".capitalize()
            box.border_subtitle = "enter go there   esc close"
            yield RecordTable[Finding](
                (
                    Column("severity", "", lambda row: render.GLYPHS[row.severity], 2, priority=9),
                    Column(
                        "where",
                        "Where",
                        lambda row: render.place(row, short=True),
                        22,
                        priority=5,
                        cut="middle",
                    ),
                    Column("what", "What", lambda row: row.message, 30, flexible=True, priority=8),
                ),
                empty_text="Nothing is amiss.",
            )
            yield DetailView()

    def on_mount(self) -> None:
        """Begin at the worst."""
        table = self.query_one(RecordTable)
        keys = {id(finding): str(number) for number, finding in enumerate(self._findings)}

        async def read() -> Sequence[Finding]:
            return self._findings

        table.show(ShortList(read, lambda finding: keys[id(finding)]))
        table.focus()

    @on(Highlighted)
    def _highlighted(self, event: Highlighted[Finding]) -> None:
        event.stop()
        finding = self.query_one(RecordTable).current
        self.query_one(DetailView).show((render.section(finding),) if finding else ())
