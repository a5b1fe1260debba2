"""A text that went through an editor has every line end that nobody touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import TextArea

from console.widgets.line_ends import with_old_ends

ENDS = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]
LINES = st.lists(
    st.tuples(st.text("ab#=", max_size=4), st.sampled_from(ENDS)), min_size=1, max_size=12
)


def typed(before: str, line: int, text: str) -> str:
    """What an editor gives back when a text was typed at the beginning of a line."""
    editor = TextArea(before)
    editor.insert(text, (line, 0))
    return editor.text


@given(LINES, st.text("ab", max_size=2))
def test_a_text_that_nobody_changed_comes_back_to_the_character(
    lines: list[tuple[str, str]], last: str
) -> None:
    """Whatever its lines end in."""
    before = "".join(line + end for line, end in lines) + last
    assert with_old_ends(before, TextArea(before).text) == before


@given(LINES, st.integers(0, 11))
def test_what_is_typed_into_a_line_changes_that_line_alone(
    lines: list[tuple[str, str]], number: int
) -> None:
    """Its end stays, too."""
    before = "".join(line + end for line, end in lines)
    parts = before.splitlines(keepends=True)
    number %= len(parts)
    expected = "".join(f"new{part}" if at == number else part for at, part in enumerate(parts))
    assert with_old_ends(before, typed(before, number, "new")) == expected


@pytest.mark.parametrize(
    ("before", "line", "text", "after"),
    [
        ("a\r\nb\nc\r\n", 1, "x\ny", "a\r\nx\r\nyb\r\nc\r\n"),
        ("a\u2028b\nc", 1, "new\n", "a\u2028new\nb\nc"),
        ("a\r\nb\nc", 2, "z\n", "a\r\nb\nz\r\nc"),
        ("a\nb\n", 1, "x\n", "a\nx\nb\n"),
        ("", 0, "x\ny", "x\ny"),
    ],
)
def test_new_lines_end_as_the_editor_ends_them(
    before: str, line: int, text: str, after: str
) -> None:
    """Those around them keep their own."""
    assert with_old_ends(before, typed(before, line, text)) == after


def test_long_texts_take_no_longer_than_typing_does() -> None:
    """Thousands of equal lines, changed at both ends."""
    before = "a\r\n" + "[[principal]]\nuid = 1\n" * 5000 + "b\r\n"
    after = "x" + before.replace("\r\n", "\n").replace("\n", "\r\n")[:-2] + "y\r\n"
    assert with_old_ends(before, after) == f"x{before[:-2]}y\r\n"
