"""What an import would do, before it does it."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from console.dialogs.base import Dialog, DialogBox
from console.dialogs.line_list import LineList, Place
from console.render import dry_run as render
from console.render.detail import Tone
from console.render.job_errors import one_line
from console.render.text import sanitise
from registry_backend.domain.dry_run import DryRun

_COLOURS: dict[Tone, str] = {
    "": "$foreground",
    "good": "$text-success",
    "warning": "$text-warning",
    "bad": "$text-error",
    "accent": "$text-accent",
    "muted": "$text-muted",
}


LOW = 32
"""Below so many rows of the screen, what is not a figure takes less room."""
WARNINGS = ((LOW, 6), (22, 4), (0, 2))
"""From so many rows of the screen on, so many lines of warnings at most."""


class DryRunScreen(Dialog[Literal["import", "save"] | None]):
    """Returns `import` to do it, `save` for the refused lines as a file, None for the form.

    Args:
        title: Which file, into which tenant.
        run: What was found out.
        place: Where in the refused lines to begin.
    """

    leads_on = True
    takes_typed_ahead: ClassVar[bool] = False
    BINDINGS = [
        Binding("y,ctrl+s", "go", "Import now", show=False),
        Binding("escape", "leave", "Back", show=False),
        Binding("n,q", "close", "Back", show=False),
        Binding("slash", "filter", "Filter", show=False),
        Binding("c", "copy", "Copy", show=False),
        Binding("s", "save", "Save", show=False),
    ]
    DEFAULT_CSS = """
    DryRunScreen DialogBox { width: 96%; max-width: 120; max-height: 96%; }
    DryRunScreen DialogBox.-lines { height: 90%; }
    DryRunScreen Static { height: auto; }
    DryRunScreen #effects { margin: 1 0; }
    DryRunScreen #modes, DryRunScreen #warnings { margin-bottom: 1; }
    DryRunScreen #modes { max-height: 6; }
    DryRunScreen #warnings { max-height: 8; color: $text-warning; }
    DryRunScreen .-low {
        padding: 0 1;
        & #effects, & #modes, & #warnings { margin: 0; }
        & #modes { max-height: 2; }
        & #warnings { max-height: 5; }
        & #reason { height: 1; }
        & .dialog--buttons { margin: 0; }
    }
    """

    def __init__(self, title: str, run: DryRun, *, place: Place | None = None) -> None:
        super().__init__()
        self._title, self._run, self.place = title, run, place or Place()

    def compose(self) -> ComposeResult:
        """Verdict, counts, modes, warnings, refused lines, buttons."""
        run = self._run
        with DialogBox(classes="-lines" if run.refused else "") as box:
            box.border_title = self._title
            keys = "s save   / filter   " if run.refused else ""
            box.border_subtitle = f"y import now   {keys}esc back to the form"
            verdict, tone = render.verdict(run)
            yield Static(Content.styled(verdict, f"bold {_COLOURS[tone]}"))
            yield Static(render.headline(run), classes="dialog--hint", markup=False)
            yield Static(self._effects(), id="effects")
            modes = render.mode_section(run)
            if modes is not None:
                width = max(len(line.label) for line in modes.lines)
                rows = (f"{sanitise(line.label):<{width}}  {line.value}" for line in modes.lines)
                yield Static("\n".join(rows), id="modes", classes="dialog--hint", markup=False)
            if run.warnings:
                most = next(most for rows, most in WARNINGS if self.app.size.height >= rows)
                text = "\n".join(render.warning_lines(run, most))
                yield Static(text, id="warnings", markup=False)
            if run.refused:
                more = max(0, run.count("refuse") - len(run.refused))
                yield LineList(run.refused, place=self.place, more=more)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Back", id="back", compact=True)
                yield Button("Import now", id="go", variant="primary", compact=True)

    def _effects(self) -> Content:
        parts: list[tuple[str, str]] = []
        for text, tone in render.effect_runs(self._run):
            parts += [(text, _COLOURS[tone]), ("    ", "")]
        return Content.assemble(*parts[:-1])

    def on_mount(self) -> None:
        """Begin in the refused lines, or on the button that changes nothing."""
        self.query_one(DialogBox).set_class(self.app.size.height < LOW, "-low")
        if not self._run.refused:
            self.query_one("#back").focus()

    def again(self) -> DryRunScreen:
        """The same once more, where the person was."""
        return DryRunScreen(self._title, self._run, place=self.place)

    @property
    def _list(self) -> LineList | None:
        return next(iter(self.query(LineList)), None)

    @on(Button.Pressed, "#go")
    def action_go(self) -> None:
        """Import it."""
        if self.is_current:
            self.dismiss("import")

    def action_save(self) -> None:
        """Ask for the refused lines as a file."""
        if self.is_current and self._list is not None:
            self.place = self._list.place
            self.dismiss("save")

    def action_filter(self) -> None:
        """Narrow the refused lines."""
        if self._list is not None:
            self._list.open_filter()

    def action_copy(self) -> None:
        """Copy the refused line under the cursor."""
        error = None if self._list is None else self._list.current
        if error is not None:
            self.app.copy_to_clipboard(one_line(error))
            self.app.notify("Copied the line.", markup=False, timeout=4)

    def action_leave(self) -> None:
        """Drop the filter, then go back to the form."""
        if self.is_current and not (self._list is not None and self._list.close_filter()):
            self.dismiss(None)

    @on(Button.Pressed, "#back")
    def action_close(self) -> None:
        """Back to the form."""
        if self.is_current:
            self.dismiss(None)
