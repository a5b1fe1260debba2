"""Which modules a start or a change of the configuration makes and removes (identityd 5.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from registry_backend.domain.principals import IdType, Principal


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in the order of the fields."""

    remove: tuple[str, ...]
    """Ours before, and no principal's now."""
    recreate: tuple[str, ...]
    """A principal's, but not made by us: removed first, so that its keys are ours."""
    create: tuple[str, ...]
    """A principal's, and not in the hub."""


def module_names(principals: Iterable[Principal]) -> tuple[str, ...]:
    """The principals that have a module of their own, in order."""
    return tuple(each.name for each in principals if IdType.MODULE in (each.idtype or ()))


def plan(existing: Iterable[str], *, wanted: Collection[str], ours: Collection[str]) -> Plan:
    """What brings the hub from what exists to what is wanted; foreign modules stay untouched.

    Args:
        existing: Modules in the hub.
        wanted: Modules of principals.
        ours: Modules of principals when the service last reconciled with this hub.
    """
    there = tuple(existing)
    return Plan(
        remove=tuple(name for name in there if name in ours and name not in wanted),
        recreate=tuple(name for name in there if name in wanted and name not in ours),
        create=tuple(name for name in wanted if name not in there),
    )
