"""What may be asked of a list: filters, order, and pages by key.

A page is asked for from a cursor (or an end of the list), in a direction, after skipping some
rows. A cursor is opaque: only the registry that made it can read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, NewType, TypeVar

Cursor = NewType("Cursor", str)
"""The place of one row in an ordered list."""

RowT_co = TypeVar("RowT_co", covariant=True)


class DeviceSort(StrEnum):
    """Columns a device list can be ordered by; each has an index in the bundled registry."""

    ID = "id"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """A condition on one member of the document.

    Args:
        path: Names from the top, such as ("ext", "site").
        value: The wanted value; strings may hold the wildcards `*` and `?`.
        or_text: A text that fits as well, as it stands; None for none.
    """

    path: tuple[str, ...]
    value: str | float | bool
    or_text: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeSort:
    """One step of an order by members of the document; what lacks the member comes first.

    Args:
        path: Names from the top; ("id",), ("status", "created") and ("status", "updated") are
            members too.
        descending: From the greatest to the least.
    """

    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """Which devices; every condition given must hold."""

    id_prefix: str = ""
    id_contains: tuple[str, ...] = ()
    """Parts of the id; it must hold each."""
    id_patterns: tuple[str, ...] = ()
    """Whole ids, which may hold the wildcards `*` and `?`; the id must fit each."""
    enabled: bool | None = None
    via: str | None = None
    """Only devices that connect through this gateway."""
    is_gateway: bool | None = None
    credential_type: str | None = None
    expires_before: datetime | None = None
    """Only devices with a credential whose last secret ends before this."""
    attributes: tuple[AttributeFilter, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether no condition is given."""
        return self == DeviceQuery()


@dataclass(frozen=True, slots=True)
class TenantQuery:
    """Which tenants."""

    id_contains: tuple[str, ...] = ()
    """Parts of the id; it must hold each."""
    id_patterns: tuple[str, ...] = ()
    """Whole ids, which may hold the wildcards `*` and `?`; the id must fit each."""
    enabled: bool | None = None
    attributes: tuple[AttributeFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list; ties are broken by id in the same direction."""

    by: DeviceSort = DeviceSort.ID
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A stretch of an ordered list.

    Args:
        start: Begin next to this row, exclusive; None: at the end of the list the walk begins at.
        backward: Walk toward the beginning; the rows still come in list order.
        skip: Rows to pass over first.
        limit: Rows wanted.
    """

    start: Cursor | None = None
    backward: bool = False
    skip: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT_co]):
    """Rows in list order, each with its cursor.

    `more` says whether the list goes on in the direction walked.
    """

    rows: Sequence[RowT_co]
    cursors: Sequence[Cursor]
    more: bool
    count: Count | None = None
    """How long the whole list is, where the page tells; who reads it need not ask."""


@dataclass(frozen=True, slots=True)
class Found(Generic[RowT_co]):
    """A stretch of what a search found, and how many there are in all."""

    rows: Sequence[RowT_co]
    total: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a query has; `exact` is False for a lower bound or a lagging figure."""

    value: int
    exact: bool = True
    of: int | None = None
    """How many there are altogether, where the list ends before them; 0 when nobody knows."""
    among: tuple[int, int] | None = None
    """Where not everything was looked at: how many rows were, of how many there are."""

    def __str__(self) -> str:
        """As people read it.

        >>> str(Count(5_000, of=20_000))
        'the first 5,000 of 20,000'
        >>> str(Count(11, of=0, among=(5_000, 20_000)))
        '11 among the first 5,000 of 20,000'
        """
        if self.among is not None:
            read, there = self.among
            return f"{self.value:,} among the first {read:,} of {there:,}"
        if self.of is not None:
            return f"the first {self.value:,} of {f'{self.of:,}' if self.of else 'more'}"
        return f"{self.value:,}" if self.exact else f"~{self.value:,}"
