"""Writing all rows of a list that is too long to be held."""

from __future__ import annotations

import dataclasses

import pytest

from console.panes import bulk
from console.panes.bulk import MarkedRows, Outcome
from console.widgets.marks import Marks
from registry_backend.domain.errors import Invalid, NotFound
from registry_backend.domain.query import Count, Cursor, Page, PageRequest

ROWS = 57


@dataclasses.dataclass
class NumberedList:
    """Rows named by numbers, in an order that writing may change; its cursors count rows."""

    rows: list[str] = dataclasses.field(
        default_factory=lambda: [f"row-{number:02}" for number in range(ROWS)]
    )

    async def page(self, request: PageRequest) -> Page[str]:
        begin = int(request.start) + 1 if request.start else 0
        rows = self.rows[begin : begin + request.limit]
        cursors = [Cursor(str(begin + at)) for at in range(len(rows))]
        return Page(rows, cursors, more=begin + len(rows) < len(self.rows))

    async def count(self) -> Count:
        return Count(len(self.rows))

    def key(self, row: str) -> str:
        return row

    async def position(self, key: str) -> int | None:
        return self.rows.index(key)

    async def fetch(self, key: str) -> str:
        if key not in self.rows:
            raise NotFound(f"There is no {key}.")
        return key


@pytest.fixture(autouse=True)
def _short_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "FIXED_AT_MOST", 10)
    monkeypatch.setattr(bulk, "READ_AT_ONCE", 8)
    monkeypatch.setattr(bulk, "AT_ONCE", 5)


@pytest.fixture
def rows() -> NumberedList:
    """A list longer than what is held."""
    return NumberedList()


async def marked(rows: NumberedList, *, left_out: frozenset[str] = frozenset()) -> MarkedRows[str]:
    """All of the list, as a person is asked about it."""
    marks = Marks(all_matching=True, keys=left_out)
    found = await MarkedRows(marks, rows, rows.fetch).fixed(await rows.count())
    assert found.held is None
    return found


def quiet(_outcome: Outcome) -> None:
    """Nobody watches."""


async def test_rows_that_leave_the_list_take_no_others_with_them(rows: NumberedList) -> None:
    """Each is written, although a cursor counts rows."""

    async def delete(row: str) -> None:
        rows.rows.remove(row)

    outcome = await (await marked(rows, left_out=frozenset({"row-03"}))).write(delete, quiet)
    assert (outcome.written, outcome.refused, rows.rows) == (ROWS - 1, 0, ["row-03"])


async def test_rows_that_move_to_the_end_are_written_once(rows: NumberedList) -> None:
    """A list ordered by its last change does not run on before the writer."""
    written: list[str] = []

    async def change(row: str) -> None:
        written.append(row)
        rows.rows.remove(row)
        rows.rows.append(row)

    await (await marked(rows)).write(change, quiet)
    assert sorted(written) == sorted(rows.rows)
    assert len(written) == ROWS


async def test_what_somebody_else_removed_is_counted(rows: NumberedList) -> None:
    """So is what the registry refuses; the first reason is kept."""

    async def write(row: str) -> None:
        if row == "row-00":
            rows.rows.remove("row-56")
        if row == "row-07":
            raise Invalid("row-07 is not to be touched.")

    outcome = await (await marked(rows)).write(write, quiet)
    assert (outcome.written, outcome.refused) == (ROWS - 2, 2)
    assert str(outcome.first) == "row-07 is not to be touched."


async def test_how_far_it_is_is_told_from_the_beginning_row_by_row(rows: NumberedList) -> None:
    """A registry that is slow, or asks to slow down, keeps a person waiting for a hundred rows."""
    told: list[int] = []

    async def write(row: str) -> None:
        rows.rows.remove(row)

    await (await marked(rows)).write(write, lambda outcome: told.append(outcome.seen))
    assert told == list(range(ROWS + 1))
