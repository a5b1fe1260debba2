"""Differences of texts by line."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from console.widgets.difference import (
    DifferenceLine,
    DifferenceView,
    difference_lines,
)
from tests.console.waiting import wait_for
from tests.console.widgets.hostile import HOSTILE

LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30)
LONG = [str(number % 120) for number in range(150)]


@given(LINES, LINES, st.integers(0, 150), st.integers(0, 150))
def test_both_texts_can_be_read_back_from_the_difference(
    old: list[str], new: list[str], above: int, below: int
) -> None:
    """Nothing is lost, nothing invented; numbers are those of the texts, however long they are."""
    old = [*LONG[:above], *old, *LONG[:below]]
    new = [*LONG[:above], *new, *LONG[:below]]
    before, after = "\n".join(old), "\n".join(new)
    assume(before != after)
    lines = difference_lines(before, after, context=200)
    assert [line.text for line in lines if line.kind != "added"] == before.splitlines()
    assert [line.text for line in lines if line.kind != "removed"] == after.splitlines()
    befores = [line.before for line in lines if line.before is not None]
    assert befores == list(range(1, len(befores) + 1))


def test_a_change_of_line_ends_alone_is_told() -> None:
    """No two texts that differ are shown as if they were alike."""
    assert difference_lines("a\nb", "a\nb\n") == [
        DifferenceLine("equal", "a", 1, 1),
        DifferenceLine("removed", "b", before=2, end="no line feed"),
        DifferenceLine("added", "b", after=2),
    ]
    assert difference_lines("a\n", "a\r\n") == [
        DifferenceLine("removed", "a", before=1),
        DifferenceLine("added", "a", after=1, end="carriage return"),
    ]


def test_lines_are_counted_as_toml_counts_them() -> None:
    """A separator that only Unicode knows starts no line, so the numbers agree with the checks."""
    lines = difference_lines("a\u2028b\nc\n", "a\u2028b\nd\n")
    assert [(line.kind, line.before, line.after) for line in lines] == [
        ("equal", 1, 1),
        ("removed", 2, None),
        ("added", None, 2),
    ]


def test_long_equal_runs_are_folded() -> None:
    """Three lines on each side of a change stay."""
    old = "\n".join(str(number) for number in range(30))
    lines = difference_lines(old, old.replace("15", "fifteen"))
    assert [(line.kind, line.text) for line in lines] == [
        ("fold", "12 equal lines"),
        ("equal", "12"),
        ("equal", "13"),
        ("equal", "14"),
        ("removed", "15"),
        ("added", "fifteen"),
        ("equal", "16"),
        ("equal", "17"),
        ("equal", "18"),
        ("fold", "11 equal lines"),
    ]
    assert lines[5] == DifferenceLine("added", "fifteen", after=16)


def test_a_change_far_down_a_long_text_is_shown_with_what_is_near() -> None:
    """What is alike above and below is one fold each, counted to the line."""
    old = "\n".join(str(number) for number in range(1000))
    lines = difference_lines(old, old.replace("\n500\n", "\n"))
    assert [(line.kind, line.text) for line in lines if line.kind != "equal"] == [
        ("fold", "497 equal lines"),
        ("removed", "500"),
        ("fold", "496 equal lines"),
    ]


def test_equal_texts_are_one_fold() -> None:
    """There is nothing to look at."""
    assert [line.kind for line in difference_lines("a\nb\nc\nd", "a\nb\nc\nd")] == ["fold"]
    assert difference_lines("", "") == []


class DifferenceApp(App[None]):
    """A view alone."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__()
        self.texts = before, after

    def compose(self) -> ComposeResult:
        """The view."""
        yield DifferenceView(*self.texts)


async def test_the_view_shows_signs_beside_colours() -> None:
    """Added and removed can be told apart without colour."""
    app = DifferenceApp("one\ntwo", "one\nthree")
    async with app.run_test(size=(30, 10), notifications=True, tooltips=True) as pilot:
        view = app.query_one(DifferenceView)
        shown = [view.render_line(y).text.rstrip() for y in range(3)]
        assert shown == ["1   one", "2 - two", "2 + three"]
        view.show("", "new")
        await wait_for(pilot, lambda: view.render_line(0).text.rstrip() == "1 + new")


async def test_hostile_lines_are_harmless_in_the_view() -> None:
    """Every line keeps the width of the view and holds printable characters only."""
    app = DifferenceApp("\n".join(HOSTILE[:9]), "\n".join(HOSTILE[9:]))
    async with app.run_test(size=(30, 40), notifications=True, tooltips=True):
        view = app.query_one(DifferenceView)
        room = view.scrollable_content_region.width
        for y in range(view.scrollable_content_region.height):
            strip = view.render_line(y)
            assert strip.cell_length == room
            assert strip.text.isprintable()
