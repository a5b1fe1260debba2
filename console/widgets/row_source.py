"""Where a record table's rows come from."""

from __future__ import annotations

from typing import Protocol, TypeVar

from registry_backend.domain.query import Count, Cursor, Page, PageRequest

RowT = TypeVar("RowT")


class RowSource(Protocol[RowT]):
    """One ordered list of a registry: a query and an order, fixed when the source is made."""

    async def page(self, request: PageRequest) -> Page[RowT]:
        """A stretch of the list. Raises RegistryError."""

    async def count(self) -> Count:
        """How many rows the list has. Raises RegistryError."""

    def key(self, row: RowT) -> str:
        """What names the row in this list, whatever becomes of its other members."""

    async def position(self, key: str) -> int | None:
        """How many rows stand before this one; None when it is not in the list or not known."""


async def read_stretch(
    source: RowSource[RowT], request: PageRequest
) -> tuple[list[RowT], list[Cursor], bool, Count | None]:
    """Read until the wanted rows are there or the list ends; registries may send short pages.

    Returns:
        Rows in list order, their cursors, whether the list goes on in the direction walked, and how
        long all of it is, where the source told without being asked.

    Raises:
        RegistryError: as the source does.
    """
    page = await source.page(request)
    rows, cursors = list(page.rows), list(page.cursors)
    while page.more and page.rows and len(rows) < request.limit:
        edge = cursors[0] if request.backward else cursors[-1]
        left = request.limit - len(rows)
        page = await source.page(PageRequest(start=edge, backward=request.backward, limit=left))
        if request.backward:
            rows[:0], cursors[:0] = page.rows, page.cursors
        else:
            rows.extend(page.rows)
            cursors.extend(page.cursors)
    more = page.more and bool(page.rows)  # nothing at all cannot go on
    return rows, cursors, more, page.count
