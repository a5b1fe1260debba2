"""Which members a JSON object of Hono's has, as data, and what follows from it.

A shape says what a client may send and what it is shown. What it may not see is carried over when
it replaces an object, so that one view of a record never destroys what only another can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid


class Unknown(Enum):
    """What becomes of a member that no shape names."""

    REFUSE = "refuse"
    DROP = "drop"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Shape:
    """The members of an object, or of each object in a list."""

    members: Mapping[str, Shape | None]
    """By name; None where the value is plain or free-form."""
    unknown: Unknown = Unknown.REFUSE
    ignored: frozenset[str] = frozenset()
    """Accepted from clients and left out."""
    null_matters: frozenset[str] = frozenset()
    """Members whose null is judged; any other null says no more than leaving the member out."""
    same_by: tuple[str, ...] = field(default=())
    """In a list: the members that tell two elements apart."""


def members(*names: str, **shapes: Shape) -> dict[str, Shape | None]:
    """Plain members by name, and members with a shape of their own (`_` stands for `-`)."""
    plain: dict[str, Shape | None] = dict.fromkeys(names)
    return plain | {name.replace("_", "-"): shape for name, shape in shapes.items()}


def admit(value: Any, shape: Shape, *, path: str = "") -> Any:
    """What a client sent, without what says nothing; what is no object is left to be judged.

    Raises:
        Invalid: with the path of every member that the shape does not allow.
    """
    problems: list[FieldProblem] = []
    admitted = _admit(value, shape, path, problems)
    if problems:
        raise Invalid(problems=problems)
    return admitted


def _admit(value: Any, shape: Shape, path: str, problems: list[FieldProblem]) -> Any:
    if isinstance(value, list):
        return [
            _admit(each, shape, f"{path}[{index}]", problems) for index, each in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    admitted = {}
    for name, content in value.items():
        where = f"{path}.{name}" if path else name
        if name in shape.ignored:
            continue
        if name not in shape.members:
            if shape.unknown is Unknown.REFUSE:
                problems.append(FieldProblem(where, "is not a member that this resource has"))
            elif shape.unknown is Unknown.KEEP:
                admitted[name] = content
        elif content is not None or name in shape.null_matters:
            inner = shape.members[name]
            admitted[name] = content if inner is None else _admit(content, inner, where, problems)
    return admitted


def visible(value: Any, shape: Shape) -> Any:
    """What a client is shown of a stored value."""
    if isinstance(value, list):
        return [visible(each, shape) for each in value]
    if not isinstance(value, dict):
        return value
    shown = {}
    for name, content in value.items():
        if name in shape.members:
            inner = shape.members[name]
            shown[name] = content if inner is None else visible(content, inner)
        elif shape.unknown is Unknown.KEEP:
            shown[name] = content
    return shown


def hides_nothing(shape: Shape, names: Iterable[str]) -> bool:
    """Whether all of these members are shown whole, whatever they hold."""
    return all(shape.members.get(name, shape) is None for name in names)


def carried(new: JsonObject, stored: JsonObject, shape: Shape) -> JsonObject:
    """The new object with those members of the stored one that its writer cannot see."""
    result = dict(new)
    for name, content in stored.items():
        if name not in shape.members:
            if shape.unknown is not Unknown.KEEP:
                result[name] = content
            continue
        inner = shape.members[name]
        if inner is not None and name in new:
            result[name] = _carried_inside(new[name], content, inner)
    return result


def _carried_inside(new: Any, stored: Any, shape: Shape) -> Any:
    if isinstance(new, dict) and isinstance(stored, dict):
        return carried(new, stored, shape)
    if not (isinstance(new, list) and isinstance(stored, list) and shape.same_by):
        return new
    known = {_identity(each, shape): each for each in stored}
    return [
        carried(each, known[_identity(each, shape)], shape)
        if _identity(each, shape) in known
        else each
        for each in new
    ]


def _identity(element: JsonObject, shape: Shape) -> tuple[object, ...]:
    return tuple(element.get(name) for name in shape.same_by)
