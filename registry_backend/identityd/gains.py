"""Principals that an edit of others gives rights to: told before it is written (identityd 3)."""

from __future__ import annotations

from collections.abc import Iterator

from registry_backend.domain.principals import FilePrincipal, IdType, Principal
from registry_backend.identityd.plain import plain
from registry_backend.identityd.report import place_text
from registry_backend.identityd.whole import Whole

_Kind = tuple[int, str, tuple[IdType, ...] | None]
"""What decides of a principal's rights."""


def gains(before: Whole, after: Whole) -> list[str]:
    """Sentences on principals that stay as they are, had no effect, and have one now."""
    there = {_kind(at.principal) for at in before.ordered if at.principal is not None}
    counted = {_kind(at.principal) for at in before.callers.values() if at.principal is not None}
    return [
        f"{place_text(entry)}: {_gain(principal)}"
        for entry, principal in _callers(after)
        if _kind(principal) in there - counted
    ]


def _callers(whole: Whole) -> Iterator[tuple[FilePrincipal, Principal]]:
    for entry in whole.callers.values():
        if entry.principal is not None:
            yield entry, entry.principal


def _kind(principal: Principal) -> _Kind:
    return principal.uid, principal.name, principal.idtype


def _gain(principal: Principal) -> str:
    name = plain(principal.name)
    if principal.idtype is None:
        return (
            f"“{name}” becomes the first principal without idtype: uid {principal.uid} may call "
            "everything from then on."
        )
    kinds = ", ".join(kind.value for kind in principal.idtype) or "none"
    return (
        f"“{name}” takes effect, which it did not before: uid {principal.uid} gets the rights of "
        f"its types ({kinds})."
    )
