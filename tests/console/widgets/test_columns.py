"""How columns share the width."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from console.widgets.columns import GUTTER, Column, lay_out, line_width


def _column(name: str, width: int, *, flexible: bool = False, priority: int = 0) -> Column[str]:
    return Column(name, name, str, width, flexible=flexible, priority=priority)


THREE = (
    _column("id", 10, flexible=True, priority=9),
    _column("note", 10, priority=1),
    _column("state", 8, priority=5),
)


def test_a_flexible_column_takes_the_room_that_is_left() -> None:
    """The line is filled to its last cell."""
    placed = lay_out(THREE, 60)
    assert [place.width for place in placed] == [38, 10, 8]
    assert line_width(placed) == 60


def test_the_least_important_column_goes_first() -> None:
    """On a narrow screen the order of the rest stays."""
    assert [place.column.name for place in lay_out(THREE, 24)] == ["id", "state"]
    assert [place.column.name for place in lay_out(THREE, 20)] == ["id"]


def test_the_most_important_column_is_cut_to_the_room_there_is() -> None:
    """Even a sliver shows something."""
    assert [place.width for place in lay_out(THREE, 8)] == [8 - GUTTER]


def test_when_wide_all_columns_stay() -> None:
    """The line is then longer than the view."""
    placed = lay_out(THREE, 20, wide=True)
    assert len(placed) == 3
    assert line_width(placed) == 2 + 10 + 1 + 10 + 1 + 8


@given(
    st.lists(
        st.builds(
            _column,
            st.just("c"),
            st.integers(1, 30),
            flexible=st.booleans(),
            priority=st.integers(0, 3),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 200),
)
def test_columns_never_overlap_nor_pass_the_edge(columns: list[Column[str]], width: int) -> None:
    """Each begins after the one before it, with a blank between."""
    placed = lay_out(columns, width)
    assert placed
    for left, right in pairwise(placed):
        assert right.start == left.end + 1
    assert line_width(placed) <= max(width, GUTTER)
