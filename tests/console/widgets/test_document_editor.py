"""The editor for JSON and TOML."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.widgets import Input

from console.widgets.document_editor import MOST_LINES, DocumentEditor
from console.widgets.syntax import highlight
from tests.console.waiting import wait_for
from tests.console.widgets.hostile import HOSTILE


class EditorApp(App[None]):
    """An editor and something to tab to."""

    def __init__(self, text: str, form: Literal["json", "toml"] = "json") -> None:
        super().__init__()
        self.text = text
        self.form = form

    def compose(self) -> ComposeResult:
        """Editor above, input below."""
        yield DocumentEditor(self.text, form=self.form)
        yield Input()

    @property
    def editor(self) -> DocumentEditor:
        """The editor."""
        return self.query_one(DocumentEditor)


def kinds(line: str, form: Literal["json", "toml"]) -> list[tuple[str, str]]:
    """The tokens of one line with their text."""
    return [(line[start:end], kind) for start, end, kind in highlight([line], form)[0]]


def test_json_is_told_apart() -> None:
    """Keys, strings, numbers and constants."""
    assert kinds('"a": "b\\"c", "n" : -1.5e3, "t": [true, null]', "json") == [
        ('"a"', "key"),
        ('"b\\"c"', "string"),
        ('"n"', "key"),
        ("-1.5e3", "number"),
        ('"t"', "key"),
        ("true", "constant"),
        ("null", "constant"),
    ]


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("# note [x]", [("# note [x]", "comment")]),
        ("[[principal]]", [("[[principal]]", "heading")]),
        ("name = 'a#b' # c", [("name", "key"), ("'a#b'", "string"), ("# c", "comment")]),
        ("uid = 1000", [("uid", "key"), ("1000", "number")]),
        ("on = true", [("on", "key"), ("true", "constant")]),
        ('t = """one""" # c', [("t", "key"), ('"""one"""', "string"), ("# c", "comment")]),
    ],
)
def test_toml_is_told_apart(line: str, tokens: list[tuple[str, str]]) -> None:
    """Comments, tables, keys and values; a hash in a string is no comment."""
    assert kinds(line, "toml") == tokens


def test_a_toml_string_over_several_lines_is_one_string() -> None:
    """What looks like a table inside it is text."""
    lines = ['a = """', "[not a table]", 'end""" # c', "b = 1"]
    found = [[token.kind for token in tokens] for tokens in highlight(lines, "toml")]
    assert found == [["key", "string"], ["string"], ["string", "comment"], ["key", "number"]]


@given(st.lists(st.text(alphabet="\"\\'[]{}#=:, \tax1.-\n", max_size=60), max_size=8))
def test_any_text_can_be_highlighted(lines: list[str]) -> None:
    """Tokens stay within their line and in order, in both formats."""
    for form in ("json", "toml"):
        for line, tokens in zip(lines, highlight(lines, form), strict=True):
            end = 0
            for token in tokens:
                assert end <= token.start <= token.end <= len(line)
                end = token.end


async def test_colours_are_painted_and_follow_the_typing() -> None:
    """A key is not coloured like a string, also after an edit."""
    app = EditorApp('{"name": "value"}')
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        editor = app.editor

        def colours() -> dict[str, object]:
            strip = editor.render_line(0)
            return {piece.text: piece.style.color for piece in strip if piece.style is not None}

        first = colours()
        assert first['"name"'] != first['"value"']
        editor.load_text('{"other": 12}')
        await wait_for(pilot, lambda: '"other"' in colours())
        assert colours()["12"] != colours()['"other"']


async def test_tab_leaves_the_editor() -> None:
    """Nobody is caught in it."""
    app = EditorApp("{}")
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        app.editor.focus()
        await pilot.press("tab")
        await wait_for(pilot, lambda: app.query_one(Input).has_focus)
        assert app.editor.text == "{}"


async def test_a_problem_is_pointed_at_until_the_text_changes() -> None:
    """The cursor goes there; a new text has no old problem."""
    text = '{\n  "a": 1,\n  "b" 2\n}'
    app = EditorApp(text)
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        editor = app.editor
        editor.focus()
        editor.mark_problem(3, 7)
        assert editor.cursor_location == (2, 6)
        assert editor.problem_at == (3, 7)
        await pilot.pause()
        marked = [piece for piece in editor.render_line(2) if piece.style and piece.style.underline]
        assert marked
        await pilot.press(":")
        await wait_for(pilot, lambda: editor.problem_at is None)
        assert editor.document.get_line(2) == '  "b" :2'


@pytest.mark.parametrize(("line", "column"), [(99, 99), (0, 0), (1, 500)])
async def test_a_problem_outside_the_text_is_shown_at_its_edge(line: int, column: int) -> None:
    """Parsers report the end of the text as one line too far."""
    app = EditorApp("{\n")
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        app.editor.mark_problem(line, column)
        await pilot.pause()
        assert app.editor.problem_at in {(2, 1), (1, 1), (1, 2)}


async def test_long_documents_are_plain_and_whole() -> None:
    """Beyond a couple of thousand lines nothing is coloured, and nothing is lost."""
    text = "\n".join(f'"k{number}": {number},' for number in range(MOST_LINES + 1))
    app = EditorApp(text)
    async with app.run_test(notifications=True, tooltips=True):
        assert app.editor.text == text
        assert not app.editor.get_line(0).spans


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_documents_do_not_break_it(text: str) -> None:
    """Whatever a registry holds can be opened and typed into."""
    app = EditorApp(text)
    async with app.run_test(size=(40, 10), notifications=True, tooltips=True) as pilot:
        app.editor.focus()
        await pilot.press("end", "x", "enter", "up", "backspace")
        for y in range(8):
            app.editor.render_line(y)


async def test_a_change_of_theme_recolours() -> None:
    """No stale colours."""
    app = EditorApp('{"name": 1}')
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        before = [piece.style for piece in app.editor.render_line(0)]
        app.theme = "textual-light"
        await wait_for(
            pilot, lambda: [piece.style for piece in app.editor.render_line(0)] != before
        )
