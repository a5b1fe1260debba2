"""Every dialog by keys: where the cursor begins, what confirms, and how to leave without a loss."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from console.dialogs.base import Dialog, DialogBox
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.conflict import ConflictScreen
from console.dialogs.document import DocumentScreen
from console.dialogs.form import FieldView, FormScreen
from console.dialogs.help import HelpScreen
from console.dialogs.review import ReviewScreen
from console.dialogs.show import ShowScreen
from console.forms.fields import Field
from console.keys import ACTIONS
from console.render.fields import FieldRow
from console.widgets.difference import DifferenceView
from console.widgets.document_editor import DocumentEditor
from registry_backend.domain.errors import FieldProblem
from tests.console.conftest import type_text
from tests.console.waiting import wait_for

OPEN = object()
"""Stands for the answer of a dialog that is still there."""


class Asking(App[None]):
    """Asks one question and keeps the answer."""

    def __init__(self, dialog: Dialog[Any]) -> None:
        super().__init__()
        self.dialog, self.answer = dialog, OPEN

    def on_mount(self) -> None:
        """Ask at once."""
        self.push_screen(self.dialog, self.keep)

    def keep(self, answer: object) -> None:
        """What the person decided."""
        self.answer = answer


async def answer_to(dialog: Dialog[Any], *keys: str) -> object:
    """The answer after those keys; OPEN when the dialog is still there."""
    app = Asking(dialog)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, dialog)
        await pilot.press(*keys)
        await pilot.pause()
        return app.answer


async def ready(pilot: Pilot[None], dialog: Dialog[Any]) -> None:
    """The dialog is in front and hears keys."""
    await wait_for(pilot, lambda: pilot.app.screen is dialog and dialog.focused, "the dialog")
    await pilot.pause()


def footing(dialog: Dialog[Any]) -> str:
    """The keys in the last line of the frame."""
    return str(dialog.query_one(DialogBox).border_subtitle)


FIELDS = (Field("name", "Name"), Field("note", "Note", value="old"))
CHOICES = (Choice("first", "First", key="f"), Choice("second", "Second", key="s"))
ROWS = (FieldRow("enabled", "true", "true", "false"), FieldRow("ext.site", '"a"', '"b"', '"c"'))


def confirming() -> ConfirmScreen:
    """A question of every day."""
    return ConfirmScreen("Delete lamp?", "It goes.")


def typing() -> ConfirmScreen:
    """A question that asks for a word."""
    return ConfirmScreen("Delete yard?", "All of it goes.", typed="yard")


def form() -> FormScreen:
    """Two fields."""
    return FormScreen("Edit lamp", FIELDS)


def document() -> DocumentScreen:
    """A small document."""
    return DocumentScreen("Edit lamp", "{}\n")


def review() -> ReviewScreen:
    """A change of one line."""
    return ReviewScreen("config.toml", "Changes one uid.", before="uid = 1\n", after="uid = 2\n")


def conflict() -> ConflictScreen:
    """Two fields that differ."""
    return ConflictScreen("device lamp", ROWS)


# confirm


async def test_a_question_begins_at_cancel_and_enter_takes_nothing_away() -> None:
    """A key pressed once too often does no harm."""
    question = confirming()
    async with Asking(question).run_test() as pilot:
        await ready(pilot, question)
        assert question.query_one("#cancel", Button).has_focus
    assert await answer_to(confirming(), "enter") is False


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["y"], True), (["tab", "enter"], True), (["right", "enter"], True), (["n"], False)],
)
async def test_a_question_is_answered_by_its_own_keys(keys: list[str], answer: bool) -> None:
    """The buttons work by the arrows too."""
    assert await answer_to(confirming(), *keys) is answer


async def test_the_key_that_asks_never_confirms() -> None:
    """Held down by mistake, it must not delete: no dangerous action's key is an answer."""
    for action in ACTIONS:
        if action.dangerous:
            assert "y" not in action.keys.replace(",", " ").split(), action.name
    assert await answer_to(confirming(), "x", "x", "x") is OPEN


async def test_a_typed_question_waits_for_the_very_word() -> None:
    """Neither enter nor the button works before; `y` is a letter like others."""
    question = typing()
    app = Asking(question)
    async with app.run_test() as pilot:
        await ready(pilot, question)
        assert question.query_one("#typed", Input).has_focus
        assert "y confirm" not in footing(question)
        await type_text(pilot, "yar")
        await pilot.press("enter")
        assert question.query_one("#confirm", Button).disabled
        assert app.answer is OPEN
        await type_text(pilot, "d")
        await pilot.pause()
        assert not question.query_one("#confirm", Button).disabled
        await pilot.press("enter")
        await pilot.pause()
        assert app.answer is True


async def test_a_typed_question_can_be_left() -> None:
    """Whatever was typed."""
    assert await answer_to(typing(), "y", "a", "escape") is False


# form and document


async def test_a_form_begins_at_its_first_field_and_returns_what_was_typed() -> None:
    """`ctrl+s` from anywhere; enter goes on, and submits in the last field."""
    assert await answer_to(form(), "a", "ctrl+s") == {"name": "a", "note": "old"}
    assert await answer_to(form(), "a", "enter", "b", "enter") == {"name": "a", "note": "oldb"}


async def test_a_form_begins_at_the_first_problem() -> None:
    """That is what must be mended."""
    problems = [FieldProblem("note", "is too old"), FieldProblem("", "Nothing was saved.")]
    screen = FormScreen("Edit lamp", FIELDS, problems=problems)
    async with Asking(screen).run_test() as pilot:
        await ready(pilot, screen)
        assert screen.query_one("#field-note").has_focus
        wrong = [view.spec.name for view in screen.query(FieldView) if view.has_class("-wrong")]
        assert wrong == ["note"]
        assert "Nothing was saved." in str(screen.query_one("#problems").render())


@pytest.mark.parametrize("make", [form, document])
async def test_unsaved_text_is_left_at_the_second_escape_only(make: Any) -> None:
    """The first one says so; typing on takes it back."""
    assert await answer_to(make(), "escape") is None
    screen = make()
    app = Asking(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, screen)
        await pilot.press("a", "escape")
        await pilot.pause()
        assert app.answer is OPEN
        assert screen.holds_text
        assert "esc again to discard" in footing(screen)
        await pilot.press("b")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert app.answer is OPEN
        await pilot.press("escape")
        await pilot.pause()
        assert app.answer is None


@pytest.mark.parametrize("make", [form, document])
async def test_the_footing_tells_what_escape_does_now(make: Any) -> None:
    """Once something was typed after the warning, it asks again, and the frame says so again."""
    screen = make()
    async with Asking(screen).run_test(size=(120, 40)) as pilot:
        await ready(pilot, screen)
        before = footing(screen)
        await pilot.press("a", "escape")
        await pilot.pause()
        await pilot.press("b")
        await pilot.pause()
        assert footing(screen) == before


async def test_a_document_that_does_not_parse_stays_with_its_fault() -> None:
    """Line and column; the text as typed."""
    screen = document()
    app = Asking(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, screen)
        editor = screen.query_one(DocumentEditor)
        assert editor.has_focus
        editor.text = '{"a": [1,'
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.answer is OPEN
        assert "line 1, column" in str(screen.query_one("#problem").render())
        assert editor.text == '{"a": [1,'
        editor.text = '{"a": [1]}'
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.answer == '{"a": [1]}'


# choosing, reading, deciding


async def test_a_menu_begins_at_what_is_in_force() -> None:
    """Enter keeps it."""
    assert await answer_to(ChooseScreen("Order", CHOICES, current="second"), "enter") == "second"
    assert await answer_to(ChooseScreen("Order", CHOICES), "enter") == "first"


@pytest.mark.parametrize(
    ("key", "answer"), [("s", "second"), ("f", "first"), ("escape", None), ("z", OPEN)]
)
async def test_a_line_of_a_menu_is_chosen_by_its_key(key: str, answer: object) -> None:
    """Other keys do nothing."""
    assert await answer_to(ChooseScreen("Order", CHOICES), key) == answer


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], True),
        (["ctrl+s"], True),
        (["escape"], False),
        (["n"], False),
        (["enter"], OPEN),
        (["tab", "enter"], False),
        (["tab", "tab", "enter"], True),
    ],
)
async def test_a_file_is_written_only_on_purpose(keys: list[str], answer: object) -> None:
    """The cursor is in the difference, where enter writes nothing; the first button is Back."""
    assert await answer_to(review(), *keys) is answer


async def test_a_review_begins_in_the_difference() -> None:
    """It is there to be read."""
    screen = review()
    async with Asking(screen).run_test(size=(120, 40)) as pilot:
        await ready(pilot, screen)
        assert screen.query_one(DifferenceView).has_focus


@pytest.mark.parametrize(
    ("key", "answer"),
    [("m", "mine"), ("t", "theirs"), ("b", "merge"), ("e", "edit"), ("escape", None), ("y", OPEN)],
)
async def test_a_conflict_is_decided_by_a_letter(key: str, answer: object) -> None:
    """Nothing else decides it."""
    assert await answer_to(conflict(), key) == answer


@pytest.mark.parametrize(("rows", "answer"), [(ROWS, "edit"), (ROWS[:1], "merge")])
async def test_enter_in_a_conflict_overwrites_nobody(
    rows: tuple[FieldRow, ...], answer: str
) -> None:
    """Who saves and presses enter by habit must not wipe out the other's change of a field."""
    assert await answer_to(ConflictScreen("device lamp", rows), "enter") == answer


@pytest.mark.parametrize("key", ["escape", "q", "enter"])
async def test_a_text_to_read_is_closed_by_any_way_out(key: str) -> None:
    """It has nothing to lose."""
    assert await answer_to(ShowScreen("History", "a line"), key) is None


async def test_a_secret_hides_itself() -> None:
    """When its time is over, without a key; before that the frame says how long."""
    screen = ShowScreen("Key", "c2VjcmV0", seconds=2)
    app = Asking(screen)
    async with app.run_test() as pilot:
        await wait_for(pilot, lambda: app.screen is screen, "the secret")
        assert "hides in" in footing(screen)
        await wait_for(pilot, lambda: app.answer is None, "the end of its time")
        assert app.screen is not screen


async def test_help_begins_at_the_panes_first_key_and_runs_the_line_chosen() -> None:
    """Headings cannot be chosen; leaving runs nothing."""
    screen = HelpScreen("Devices")
    async with Asking(screen).run_test() as pilot:
        await ready(pilot, screen)
        assert screen.query_one(OptionList).highlighted == 1
    chosen = await answer_to(HelpScreen("Devices"), "enter")
    assert chosen == next(action for action in ACTIONS if action.group == "Devices")
    assert await answer_to(HelpScreen("Devices"), "escape") is None
