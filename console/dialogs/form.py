"""A form: labelled fields with an explanation under each, problems shown where they belong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, Select, Static, TextArea

from console.dialogs.base import DialogBox, TypingDialog
from console.dialogs.suggesting import suggester_of
from console.forms.fields import OTHER_WAY, Field, OtherWay, Values
from console.render.text import sanitise
from console.widgets.tick_box import TickBox
from registry_backend.domain.errors import FieldProblem


class FieldView(Vertical):
    """One field of a form with its label, help and problem."""

    DEFAULT_CSS = """
    FieldView {
        height: auto;
        margin-bottom: 1;
        & Label { color: $foreground; text-style: bold; }
        &:focus-within Label { color: $text-accent; }
        & .field--help { color: $text-muted; height: auto; }
        & .field--problem { color: $text-error; height: auto; display: none; }
        & Input, & TextArea { border: none; background: $panel; }
        & Input:focus, & TextArea:focus { border: none; background: $block-cursor-background 60%; }
        & Input { height: 1; padding: 0 1; }
        & TextArea { height: 5; padding: 0 1; }
        & Select { height: 1; }
        & SelectCurrent { border: none; background: $panel; padding: 0 1; }
        & Checkbox { border: none; padding: 0; background: $surface; text-style: bold; }
        & Checkbox:focus { background: $surface; color: $text-accent; }
        &.-wrong .field--problem { display: block; }
        &.-wrong .field--help { display: none; }
        &.-wrong Label { color: $text-error; }
    }
    """

    def __init__(self, spec: Field) -> None:
        super().__init__()
        self.spec = spec

    def compose(self) -> ComposeResult:
        """Label, input, help and room for a problem."""
        entry = self._entry()
        if not isinstance(entry, Checkbox):
            yield Label(self.spec.label, markup=False)
        yield entry
        if self.spec.help:
            yield Static(self.spec.help, classes="field--help", markup=False)
        yield Static("", classes="field--problem", markup=False)

    def on_descendant_focus(self) -> None:
        """Keep label and help in sight with the input."""
        self.call_after_refresh(self._come_into_sight)

    def _come_into_sight(self) -> None:
        fields = self.parent
        if isinstance(fields, VerticalScroll) and fields.children[0] is self:
            fields.scroll_home(animate=False)  # its place is not known before the first layout
        else:
            self.scroll_visible(animate=False)

    def _entry(self) -> Widget:
        spec, name = self.spec, f"field-{self.spec.name}"
        if spec.kind == "switch":
            label = Content(spec.label)
            return TickBox(label, bool(spec.value), id=name, disabled=spec.read_only, compact=True)
        if spec.kind == "choice":
            return self._menu(name)
        if spec.kind == "lines":
            area = TextArea(str(spec.value), id=name, tab_behavior="focus", soft_wrap=True)
            area.read_only = spec.read_only
            return area
        return Input(
            str(spec.value),
            id=name,
            password=spec.kind == "secret",
            suggester=suggester_of(spec.suggestions),
            disabled=spec.read_only,
            select_on_focus=False,
        )

    def _menu(self, name: str) -> Widget:
        labels = dict(self.spec.options)
        chosen = str(self.spec.value)
        if chosen:
            labels.setdefault(chosen, chosen)  # what the record holds, even if nobody offers it
        return Select(
            [(Content(sanitise(label)), value) for value, label in labels.items()],
            value=chosen or Select.NULL,
            id=name,
            allow_blank=not chosen,
            compact=True,
        )

    def value(self) -> str | bool:
        """What the field holds now."""
        entry = self.query_one(f"#field-{self.spec.name}")
        if isinstance(entry, Checkbox):
            return entry.value
        if isinstance(entry, TextArea):
            return entry.text
        if isinstance(entry, Select):
            return entry.value if isinstance(entry.value, str) else ""
        assert isinstance(entry, Input)  # noqa: S101 - the four kinds are all there is
        return entry.value

    def show_problem(self, text: str) -> None:
        """Mark the field, or clear the mark with an empty text."""
        self.set_class(bool(text), "-wrong")
        self.query_one(".field--problem", Static).update(f"✗ {text}" if text else "")


class FormScreen(TypingDialog[Values]):
    """Asks for several values; returns them as typed, or None.

    Args:
        title: What is being done, to what.
        fields: In order.
        problems: Shown at their fields, or at the top when they name none.
        submit: The word on the button.
        intro: A sentence above the fields.
        other: A second way to go on with the values, which are then marked with `OTHER_WAY`.
    """

    BINDINGS = [Binding("ctrl+t", "go_other_way", "Other", show=False)]
    DEFAULT_CSS = """
    FormScreen VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    FormScreen #fields { height: auto; max-height: 70vh; }
    FormScreen FieldView { padding-right: 1; }
    FormScreen #problems { display: none; margin-bottom: 1; }
    FormScreen #problems.-shown { display: block; }
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        *,
        problems: Sequence[FieldProblem] = (),
        submit: str = "Save",
        intro: str = "",
        changed: bool = False,
        other: OtherWay | None = None,
    ) -> None:
        super().__init__(submit=submit, changed=changed)
        self._title = title
        self._fields = tuple(fields)
        self._problems = tuple(problems)
        self._intro = intro
        self._other = other
        self.more_keys = f"ctrl+t {other.label.lower()}   " if other and not other.refused else ""

    def compose(self) -> ComposeResult:
        """The box with its fields and two buttons."""
        with DialogBox() as box:
            box.border_title = self._title
            box.border_subtitle = self.footing()
            if self._intro:
                yield Static(self._intro, classes="dialog--hint", markup=False)
            yield Static("", id="problems", classes="dialog--problem", markup=False)
            with VerticalScroll(id="fields", can_focus=False):
                for spec in self._fields:
                    yield FieldView(spec)
            if self._other is not None and self._other.refused:
                yield Static(self._other.refused, classes="dialog--hint", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                if self._other is not None:
                    refused = bool(self._other.refused)
                    yield Button(self._other.label, id="other", disabled=refused, compact=True)
                yield Button(self._submit, id="submit", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Show the problems of the last attempt and put the cursor at the first."""
        self.show_problems(self._problems)

    def show_problems(self, problems: Sequence[FieldProblem]) -> None:
        """Show each problem at its field; those without a field stand at the top."""
        views = {view.spec.name: view for view in self.query(FieldView)}
        texts: dict[str, list[str]] = {}
        for problem in problems:
            name = owner_of(problem.field, views)
            text = problem.problem if name == problem.field or not name else str(problem)
            texts.setdefault(name, []).append(text if name else str(problem))
        top = self.query_one("#problems", Static)
        top.update("\n".join(f"✗ {text}" for text in texts.pop("", [])))
        top.set_class(any(not owner_of(p.field, views) for p in problems), "-shown")
        for name, found in texts.items():
            views[name].show_problem("; ".join(found))
        first = next((views[spec.name] for spec in self._fields if spec.name in texts), None)
        target = first or next(
            (views[spec.name] for spec in self._fields if not spec.read_only), None
        )
        if target is not None:
            target.query_one(f"#field-{target.spec.name}").focus(scroll_visible=False)

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Checkbox.Changed)
    @on(Select.Changed)
    def _entered(self) -> None:
        self._move_secrets()
        current = self.values()
        self.note_typing(changed=any(current[spec.name] != spec.value for spec in self._fields))

    def _move_secrets(self) -> None:
        """What follows the `?` of an address goes where it cannot be read."""
        for spec in self._fields:
            if not spec.spills_into:
                continue
            entry = self.query_one(f"#field-{spec.name}", Input)
            place, mark, secret = entry.value.partition("?")
            if mark and "://" in place:
                entry.value = place
                self.query_one(f"#field-{spec.spills_into}", Input).value = secret

    @on(Input.Submitted)
    def _next_field(self, event: Input.Submitted) -> None:
        event.stop()
        editable = [view for view in self.query(FieldView) if not view.spec.read_only]
        if editable and editable[-1].spec.name == (event.input.id or "").removeprefix("field-"):
            self.action_submit()
        else:
            self.focus_next()

    @on(Button.Pressed, "#submit")
    def action_submit(self) -> None:
        """Return what was entered."""
        if self.is_current:
            self.dismiss(self.values())

    @on(Button.Pressed, "#other")
    def action_go_other_way(self) -> None:
        """Return what was entered, to go on with it the other way."""
        if self.is_current and self._other is not None and not self._other.refused:
            self.dismiss({**self.values(), OTHER_WAY: True})

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.action_leave()

    def values(self) -> Values:
        """What the form holds now."""
        return {view.spec.name: view.value() for view in self.query(FieldView)}


def owner_of(path: str, names: Mapping[str, object]) -> str:
    """The field a problem's path belongs to: the longest name that begins it, or ''.

    >>> owner_of("registration-limits.max-devices", {"registration-limits": 1})
    'registration-limits'
    """
    candidates = [
        name for name in names if path == name or path.startswith((f"{name}.", f"{name}["))
    ]
    return max(candidates, key=len, default="")
