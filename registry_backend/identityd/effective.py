"""What each principal of a configuration comes to (identityd 3 and 4.3)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from registry_backend.domain.config_secrets import HIDDEN, is_secret
from registry_backend.domain.effective import (
    EffectivePrincipal,
    EffectiveView,
    Setting,
    Standing,
)
from registry_backend.domain.errors import Invalid, RegistryError
from registry_backend.domain.findings import Finding
from registry_backend.domain.permissions import Caller, Operation, Role
from registry_backend.domain.principals import FilePrincipal, IdType, Principal
from registry_backend.identityd.authorization import authenticate, authorize
from registry_backend.identityd.checks import check
from registry_backend.identityd.configuration import read_source
from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.report import key_text, place_text
from registry_backend.identityd.users import Users
from registry_backend.identityd.values import Table, value_text
from registry_backend.identityd.whole import Whole

_LOOKED_INTO = 100
"""Files that the daemon passes over and that are shown nonetheless, at most."""

_OF_PRINCIPALS = frozenset({Role.DAEMON, Role.HOST_PROCESS})
_KINDS_OF_CALLERS = 64
"""Kinds of callers whose calls are worked out once: ten thousand principals are of very few."""

_Findings = Mapping[tuple[Path, int], Sequence[Finding]]
"""By file and line of the principal they are about."""


def view(whole: Whole, users: Users) -> EffectiveView:
    """The configuration with each principal's rights and findings."""
    findings = check(whole, users)
    entries = [at for file in whole.config.files for at in file.principals]
    passed_over = tuple(_passed_over(whole))
    by_entry = _by_entry([*entries, *(entry for entry, _ in passed_over)], findings)
    numbers = {id(entry): number for number, entry in enumerate(whole.ordered, start=1)}
    ordered = [
        _effective(whole, users, entry, number, by_entry)
        for number, entry in enumerate(whole.ordered, start=1)
    ]
    replaced = [
        EffectivePrincipal(
            entry=entry,
            standing=Standing.REPLACED,
            why_inert="A later file puts something else in the place of all principals before it.",
            **_person(users, entry.principal),
        )
        for entry in entries
        if id(entry) not in numbers
    ]
    unread = [
        EffectivePrincipal(
            entry=entry,
            standing=Standing.NOT_READ,
            why_inert=f"The daemon passes over its file: {why}.",
            findings=tuple(by_entry[entry.file, entry.line]),
            **_person(users, entry.principal),
        )
        for entry, why in passed_over
    ]
    return EffectiveView(
        config=whole.config,
        principals=(*ordered, *replaced, *unread),
        settings=tuple(_settings(whole, whole.merged.table, ())),
        findings=findings,
    )


def _settings(whole: Whole, table: Table, path: KeyPath) -> Iterator[Setting]:
    for key, value in table.items():
        here = (*path, key)
        if here == ("principal",):
            continue
        if isinstance(value, dict):
            yield from _settings(whole, value, here)
        else:
            place = whole.place(here)
            text = HIDDEN if is_secret(key, value) else _as_toml(value)
            yield Setting(key=key_text(here), value=text, file=place.file, line=place.line)


def _as_toml(value: object) -> str:
    try:
        return value_text(value)
    except Invalid:
        return str(value)


def _of_caller(caller: Caller) -> tuple[Operation, ...]:
    """The calls it may make; of modules, those about its own name."""
    return _calls_of(caller.role, caller.principal.idtype if caller.principal else None)


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def _calls_of(role: Role, kinds: tuple[IdType, ...] | None) -> tuple[Operation, ...]:
    """What a role may call; that of a principal by its types, whatever its uid and name."""
    principal = Principal(uid=1, name="own", idtype=kinds) if role in _OF_PRINCIPALS else None
    caller = Caller(uid=1, role=role, principal=principal)
    return tuple(at for at in Operation if authorize(at, caller, module_id="own"))


def _effective(
    whole: Whole, users: Users, entry: FilePrincipal, number: int, by_entry: _Findings
) -> EffectivePrincipal:
    principal = entry.principal
    standing, why = _standing(whole, entry)
    counts = standing is Standing.COUNTS and principal is not None
    caller = (
        authenticate(principal.uid, {principal.uid: principal}) if principal and counts else None
    )
    return EffectivePrincipal(
        entry=entry,
        standing=standing,
        number=number,
        role=caller.role if caller else None,
        why_inert=why,
        may_call=_of_caller(caller) if caller else (),
        makes_module=principal is not None and IdType.MODULE in (principal.idtype or ()),
        findings=tuple(by_entry[entry.file, entry.line]),
        **_person(users, principal),
    )


def _standing(whole: Whole, entry: FilePrincipal) -> tuple[Standing, str]:
    principal = entry.principal
    if principal is None:
        return Standing.UNUSABLE, f"{entry.problem}; the daemon refuses the whole configuration."
    winner = whole.callers.get(principal.uid)
    if winner is entry:
        return Standing.COUNTS, ""
    if principal.idtype is None:
        first = whole.first_untyped
        if first is not None and first is not entry:
            return Standing.SECOND_UNTYPED, (
                "Only the first principal without idtype counts, and that is "
                f"“{first.principal.name if first.principal else ''}” in {place_text(first)}."
            )
    name = winner.principal.name if winner and winner.principal else ""
    place = place_text(winner) if winner else ""
    return Standing.SHADOWED, (
        f"“{name}” in {place} has the same uid {principal.uid} and comes later; "
        "the daemon obeys the last one only."
    )


def _person(users: Users, principal: Principal | None) -> dict[str, object]:
    user = users.by_uid(principal.uid) if principal else None
    if user is None:
        return {}
    return {"user": user.name, "groups": tuple(user.groups.values())}


def _passed_over(whole: Whole) -> Iterator[tuple[FilePrincipal, str]]:
    """Principals of files that the daemon does not read, with the reason."""
    config = whole.config
    looked_into = [
        (path, why)
        for path, why in config.skipped
        if path not in (config.main_file, config.config_dir) and ".toml" in path.name.lower()
    ]
    for path, why in looked_into[:_LOOKED_INTO]:
        try:
            source = read_source(path, follow_links=True)
        except RegistryError:
            continue  # nobody reads it; the list of what is passed over names it all the same
        for entry in source.principals:
            yield entry, why


def _by_entry(entries: Sequence[FilePrincipal], findings: Sequence[Finding]) -> _Findings:
    """The findings by the principal within whose lines they stand."""
    lines: dict[Path, list[int]] = defaultdict(list)
    for entry in entries:
        lines[entry.file].append(entry.line)
    found: dict[tuple[Path, int], list[Finding]] = defaultdict(list)
    for finding in findings:
        if not finding.key.startswith("principal"):
            continue
        starts = lines[finding.file]
        if number := bisect_right(starts, finding.line):
            found[finding.file, starts[number - 1]].append(finding)
    return found
