"""How columns share the width."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from console.widgets.columns import (
    GUTTER,
    MOST_NEEDED,
    Column,
    lay_out,
    line_width,
    needs_of,
)


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


PAIR = (
    _column("id", 20, flexible=True, priority=9),
    _column("state", 12, priority=8),
    _column("via", 18, flexible=True, priority=3),
)
"""Two that share what is left, and one of its own width."""


def _widths(width: int, **needs: int) -> list[int]:
    return [place.width for place in lay_out(PAIR, width, needs=needs)]


def test_room_is_shared_alike_while_nobody_is_cut() -> None:
    """So columns stay where they are when the rows change."""
    assert _widths(74) == _widths(74, id=20, state=12, via=28) == [30, 12, 28]


def test_who_has_room_to_spare_gives_it_to_who_is_cut() -> None:
    """The id needs 20 of its 30 cells, so via gets what it lacks."""
    assert _widths(74, id=20, state=12, via=34) == [22, 12, 36]


def test_blank_cells_of_a_fixed_column_go_to_who_is_cut() -> None:
    """A state of five cells needs no twelve while a name beside it is cut."""
    assert _widths(64, id=30, state=5, via=25) == [30, 5, 25]


def test_what_is_lacking_where_all_are_cut_is_shared() -> None:
    """Each keeps its least, and small wishes are met first."""
    assert _widths(64, id=90, state=12, via=90) == [25, 12, 23]


def test_a_fixed_column_grows_once_the_flexible_ones_are_whole() -> None:
    """Its value would be cut beside blank cells otherwise."""
    assert _widths(74, id=10, state=15, via=18) == [24, 15, 31]


def test_a_heading_counts_like_a_value() -> None:
    """With its arrow, where the list can be ordered by it."""
    columns = (
        Column[str]("a", "Identities", str, 4, flexible=True, sort="a"),
        Column[str]("b", "B", str, 20),
    )
    assert [place.width for place in lay_out(columns, 27, needs={"a": 2, "b": 3})] == [12, 12]


def test_a_wide_line_shows_flexible_columns_whole() -> None:
    """That is what one scrolls sideways for."""
    placed = lay_out(PAIR, 30, wide=True, needs={"id": 70, "state": 3, "via": 4})
    assert [place.width for place in placed] == [70, 12, 18]


def test_figures_in_the_last_column_keep_clear_of_the_border() -> None:
    """A blank cell stands behind them."""
    figures = Column[str]("n", "N", str, 5, align="right")
    assert line_width(lay_out((_column("id", 10, flexible=True, priority=9), figures), 40)) == 39
    assert line_width(lay_out((figures,), 4)) == 3


def test_values_of_the_last_column_keep_clear_of_the_border_too() -> None:
    """Where its own width was enough for that but others were cut."""
    columns = (_column("id", 10, flexible=True, priority=9), _column("age", 12, priority=5))
    widths = [place.width for place in lay_out(columns, 40, needs={"id": 40, "age": 9})]
    assert widths == [27, 10]


def test_a_column_with_a_glyph_shrinks_to_it_before_it_goes() -> None:
    """What it says in the worst case stays in sight when other columns are gone already."""
    columns = (
        _column("id", 10, flexible=True, priority=9),
        Column[str]("state", "State", str, 10, priority=5, glyph=True),
        _column("count", 6, priority=7),
    )

    def names(width: int) -> list[tuple[str, int]]:
        return [(place.column.name, place.width) for place in lay_out(columns, width)]

    assert names(30) == [("id", 10), ("state", 10), ("count", 6)]
    assert names(29) == [("id", 18), ("state", 1), ("count", 6)]
    assert names(20) == [("id", 15), ("state", 1)]
    assert names(14) == [("id", 12)]


def test_what_values_need_is_counted_in_cells() -> None:
    """A wide character takes two, a glyph one; a giant counts no more than the limit."""
    columns = (
        Column[str]("a", "A", lambda row: row),
        Column[str]("b", "B", lambda row: (row * 1000, "muted")),
    )
    assert needs_of(columns, ["ab", "潮位", "◆ x"]) == {"a": 4, "b": MOST_NEEDED}
    assert needs_of(columns, []) == {"a": 0, "b": 0}


@given(
    st.lists(
        st.builds(
            Column[str],
            st.sampled_from("abcd"),
            st.just("label"),
            st.just(str),
            st.integers(1, 30),
            flexible=st.booleans(),
            priority=st.integers(0, 3),
            align=st.sampled_from(["left", "right"]),
            glyph=st.booleans(),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 200),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 120)),
)
def test_columns_never_overlap_nor_pass_the_edge(
    columns: list[Column[str]], width: int, needs: dict[str, int]
) -> None:
    """Each begins after the one before it, with a blank between, whatever the values need."""
    placed = lay_out(columns, width, needs=needs)
    assert placed
    for left, right in pairwise(placed):
        assert right.start == left.end + 1
    assert line_width(placed) <= max(width, GUTTER)
