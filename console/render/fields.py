"""Two changes of one document side by side, field by field, and merged where they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.secrets import masked

ABSENT = object()
"""Stands for a member that is not there."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One member that at least one side changed; texts are empty where it is absent."""

    path: str
    base: str
    mine: str
    theirs: str

    @property
    def clash(self) -> bool:
        """Whether both sides changed it, differently."""
        return self.mine != self.theirs and self.base not in (self.mine, self.theirs)


@dataclass(frozen=True, slots=True)
class Merge:
    """Both changes in one document; `clashes` lists the paths where mine was taken."""

    document: JsonObject
    clashes: tuple[str, ...]


def flatten(document: Any, path: str = "") -> dict[str, str]:
    """Each leaf by its path, as compact JSON; lists of plain values are leaves.

    Objects in a list go by what names them, so that one added in front renames no other.

    >>> flatten({"ext": {"site": "pier"}, "via": ["gw"], "adapters": [{"type": "mqtt"}]})
    {'ext.site': '"pier"', 'via': '["gw"]', 'adapters[mqtt].type': '"mqtt"'}
    """
    if isinstance(document, Mapping) and (document or not path):
        leaves: dict[str, str] = {}
        for name, value in document.items():
            leaves |= flatten(value, _below(path, str(name)))
        return leaves
    if isinstance(document, list) and any(isinstance(each, Mapping) for each in document):
        leaves = {}
        for name, value in _named(document).items():
            leaves |= flatten(value, f"{path}[{name}]")
        return leaves
    return {path: compact_json(document)}


def _below(path: str, name: str) -> str:
    """The path of a member; names with signs of their own are quoted: each path is one place."""
    if not name or set(name) & set('.[]"'):
        return f"{path}[{compact_json(name)}]"
    return f"{path}.{name}" if path else name


def _named(members: Sequence[Any]) -> dict[str, Any]:
    """Members of a list by auth-id, id or type; by number where those tell them not apart."""
    names = [_name_of(member, index) for index, member in enumerate(members)]
    if len(set(names)) < len(names):
        names = [str(index) for index in range(len(members))]
    return dict(zip(names, members, strict=True))


def _name_of(member: Any, index: int) -> str:
    if isinstance(member, Mapping):
        if "auth-id" in member:
            return f"{member.get('type', '')} {member['auth-id']}".strip()
        for name in ("id", "type"):
            if isinstance(member.get(name), str):
                return str(member[name])
        return f"new {index}"
    return str(index)


def compare(base: Any, mine: Any, theirs: Any) -> tuple[FieldRow, ...]:
    """The members that differ between any two of the three, secrets masked but still compared."""
    sides = [flatten(side) for side in (base, mine, theirs)]
    shown = [flatten(masked(side)) for side in (base, mine, theirs)]
    paths = dict.fromkeys(path for side in sides for path in side)
    rows = []
    for path in paths:
        values = [side.get(path, "") for side in sides]
        if len(set(values)) > 1:
            texts = [side.get(path, "") for side in shown]
            if texts[0] == texts[1] == texts[2]:
                texts = [_which(value, values) if value else "" for value in values]
            rows.append(FieldRow(path, *texts))
    return tuple(rows)


def _which(value: str, values: list[str]) -> str:
    """Masked values that differ get a letter each, so that the difference still shows."""
    distinct = list(dict.fromkeys(each for each in values if each))
    return f"(secret {chr(ord('A') + distinct.index(value))})"


def merge(base: JsonObject, mine: JsonObject, theirs: JsonObject) -> Merge:
    """Take each side's changes; where both changed one member differently, take mine."""
    clashes: list[str] = []
    merged = _merge(base, mine, theirs, "", clashes)
    return Merge(merged, tuple(clashes))


def _merge(base: Any, mine: Any, theirs: Any, path: str, clashes: list[str]) -> Any:
    if _same(mine, theirs) or _same(theirs, base):
        return mine
    if _same(mine, base):
        return theirs
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        older = base if isinstance(base, Mapping) else {}
        merged = {}
        for name in dict.fromkeys((*mine, *theirs)):
            value = _merge(
                older.get(name, ABSENT),
                mine.get(name, ABSENT),
                theirs.get(name, ABSENT),
                f"{path}.{name}" if path else name,
                clashes,
            )
            if value is not ABSENT:
                merged[name] = value
        return merged
    if _are_named(mine) and _are_named(theirs):
        older = _named(base) if _are_named(base) else {}
        members = _merge(older, _named(mine), _named(theirs), path, clashes)
        return list(members.values())
    clashes.append(path)
    return mine


def _are_named(value: Any) -> bool:
    """Whether a value is a list of objects, each told from the others by its name."""
    return (
        isinstance(value, list)
        and all(isinstance(member, Mapping) for member in value)
        and not all(name.isdecimal() for name in _named(value))
    )


def _same(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other and type(one) is type(other))  # to Python, 0 and False are one
