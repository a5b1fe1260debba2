"""An order by any members of a document as SQL. Paths are bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from registry_backend.domain.query import AttributeSort
from registry_backend.storage.sqlite_attributes import Condition, attribute_value

Path = tuple[str, ...]

ID: Path = ("id",)
DEVICE_COLUMNS: Mapping[Path, str] = {
    ID: "d.device_id",
    ("enabled",): "d.enabled",
    ("status", "created"): "d.created_at",
    ("status", "updated"): "d.updated_at",
}
"""Members that have a column of their own; the id must be one of them."""
TENANT_COLUMNS: Mapping[Path, str] = {ID: "tenant_id", ("enabled",): "enabled"}


def only_by_id(sorts: Sequence[AttributeSort]) -> bool:
    """Whether the order is the one that lists have anyway, or its reverse."""
    return not sorts or sorts[0].path == ID


def sort_order(
    sorts: Sequence[AttributeSort], columns: Mapping[Path, str], *, document: str
) -> Condition:
    """The ORDER BY list; ties go by id upward."""
    terms: list[Condition] = []
    for sort in sorts:
        column = columns.get(sort.path)
        value = Condition(column) if column else attribute_value(document, sort.path)
        direction = "DESC" if sort.descending else "ASC"
        terms.append(Condition(f"{value.sql} {direction}", value.parameters))
    terms.append(Condition(columns[ID]))
    return Condition(
        ", ".join(term.sql for term in terms),
        tuple(bound for term in terms for bound in term.parameters),
    )
