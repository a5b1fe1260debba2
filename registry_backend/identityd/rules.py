"""What the daemon makes of a whole configuration: the merge, and the rules between principals.

A rule that is broken already is not the fault of the edit at hand, so findings are compared: only
what an edit adds is refused or warned of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from registry_backend.domain.errors import FieldProblem
from registry_backend.domain.principals import IdType, Principal
from registry_backend.identityd.values import Table


@dataclass(frozen=True, slots=True)
class Standing:
    """A principal and the file it stands in, in the daemon's order."""

    principal: Principal
    file: Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing amiss."""

    rule: str
    """The same for each breach of the same kind, so that breaches can be counted."""
    problem: FieldProblem
    stops: bool
    """True: the daemon refuses to start. False: it starts and does what few would expect."""


def merge(documents: Iterable[Table]) -> Table:
    """Documents laid over each other: tables merge, arrays append, the rest is replaced (4.3)."""
    merged: Table = {}
    for document in documents:
        _lay_over(merged, document)
    return merged


def findings(standings: Sequence[Standing], merged: Table) -> list[Finding]:
    """Everything amiss between principals: the rules of identityd 4.4, and two it never checks."""
    return [
        *_same_names(standings),
        *_local_rules(standings, merged),
        *_same_uids(standings),
        *_untyped(standings),
    ]


def introduced(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """What is amiss more often after an edit than it was before."""
    counts = Counter(found.rule for found in after)
    counts.subtract(Counter(found.rule for found in before))
    fresh = Counter(after) - Counter(before)
    return [found for found in fresh if counts[found.rule] > 0]


def _lay_over(below: Table, above: Table) -> None:
    for key, value in above.items():
        present = below.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _lay_over(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            below[key] = [*present, *value]
        elif isinstance(value, dict):
            below[key] = {}
            _lay_over(below[key], value)
        else:
            below[key] = value


def _same_names(standings: Sequence[Standing]) -> Iterable[Finding]:
    first: dict[str, Standing] = {}
    for number, standing in enumerate(standings, start=1):
        name = standing.principal.name
        if name in first:
            text = (
                f"“{name}” is already the name of a principal in {first[name].file}; "
                f"principal {number} of the configuration would be the second"
            )
            yield Finding(f"name {name}", FieldProblem("name", text), stops=True)
        first.setdefault(name, standing)


def _local_rules(standings: Sequence[Standing], merged: Table) -> Iterable[Finding]:
    localid = merged.get("localid")
    has_domain = isinstance(localid, dict) and isinstance(localid.get("domain"), str)
    provisioning = merged.get("provisioning")
    is_local = isinstance(provisioning, dict) and provisioning.get("source") == "none"
    for standing in standings:
        principal = standing.principal
        kinds = principal.idtype
        if kinds is None:
            continue
        if IdType.LOCAL in kinds and not has_domain:
            text = f"local, for “{principal.name}”, needs a [localid] table with a domain"
            yield Finding("domain", FieldProblem("idtype", text), stops=True)
        if IdType.LOCAL not in kinds and principal.has_localid:
            text = f"is only for principals with idtype local, which “{principal.name}” has not"
            yield Finding("localid", FieldProblem("localid", text), stops=True)
        if is_local and {IdType.DEVICE, IdType.MODULE} & set(kinds):
            text = (
                f"device and module, for “{principal.name}”, need an IoT Hub, "
                'and provisioning has source = "none"'
            )
            yield Finding("source", FieldProblem("idtype", text), stops=True)


def _same_uids(standings: Sequence[Standing]) -> Iterable[Finding]:
    last: dict[int, Standing] = {}
    for standing in standings:
        uid, name = standing.principal.uid, standing.principal.name
        if uid in last:
            shadowed = last[uid]
            text = (
                f"uid {uid} is also that of “{shadowed.principal.name}” in {shadowed.file}; "
                f"the daemon obeys the last one only, “{name}”."
            )
            yield Finding(f"uid {uid}", FieldProblem("uid", text), stops=False)
        last[uid] = standing
    if 0 in last:
        text = (
            f"uid 0 takes root's full access away: "
            f"root may then do only what “{last[0].principal.name}” may."
        )
        yield Finding("root", FieldProblem("uid", text), stops=False)


def _untyped(standings: Sequence[Standing]) -> Iterable[Finding]:
    untyped = [standing for standing in standings if standing.principal.idtype is None]
    for standing in untyped[1:]:
        text = (
            f"“{standing.principal.name}” would have no rights: only one principal may be without "
            f"idtype, and “{untyped[0].principal.name}” in {untyped[0].file} comes first."
        )
        yield Finding("untyped", FieldProblem("idtype", text), stops=False)
