"""What all writes have in common: the version check, the journal line, the note to watchers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, VersionMismatch
from registry_backend.domain.journal import Action, Actor, Change, JournalEntry, Resource
from registry_backend.domain.secrets import redact
from registry_backend.domain.tenants import Tenant
from registry_backend.storage.base import Snapshot, Transaction


class Versioned(Protocol):
    """Anything with a version of its own."""

    @property
    def version(self) -> str:
        """The version that a write may name."""


def require_tenant(snapshot: Snapshot, tenant_id: str) -> Tenant:
    """The tenant. Raises NotFound."""
    tenant = snapshot.get_tenant(tenant_id)
    if tenant is None:
        raise _no_tenant(tenant_id)
    return tenant


def check_tenant(snapshot: Snapshot, tenant_id: str) -> None:
    """Refuse an unknown tenant without reading a known one's document. Raises NotFound."""
    if not snapshot.has_tenant(tenant_id):
        raise _no_tenant(tenant_id)


def _no_tenant(tenant_id: str) -> NotFound:
    return NotFound(
        f"There is no tenant {tenant_id!r}.",
        hint="Check the spelling, or create the tenant first.",
    )


def check_version(expected: str | None, current: Versioned, what: str) -> None:
    """Refuse a write based on another version than the current; None: any will do (hono 3.1).

    Raises:
        VersionMismatch: with the current model.
    """
    if expected is not None and expected != current.version:
        raise changed_elsewhere(what, current)


def changed_elsewhere(what: str, current: object | None) -> VersionMismatch:
    """The error of a write that came too late."""
    return VersionMismatch(
        f"{what} was changed by someone else since it was read, so nothing was written.",
        current=current,
        hint="Look at what is there now and decide again.",
    )


def record(
    transaction: Transaction,
    actor: Actor,
    change: Change,
    *,
    at: datetime,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
) -> None:
    """Write the journal line of one change, secrets as fingerprints, and tell watchers."""
    entry = JournalEntry(
        sequence=0,  # given by the store
        at=at,
        actor=str(actor),
        action=change.action,
        resource=change.resource,
        tenant_id=change.tenant_id,
        resource_id=change.resource_id,
        before=redact(before),
        after=redact(after),
    )
    transaction.add_journal(actor, at, [entry])
    transaction.note(change)


def change_of(resource: Resource, action: Action, tenant_id: str, resource_id: str) -> Change:
    """A change, by position: what was done, to what."""
    return Change(resource=resource, action=action, tenant_id=tenant_id, resource_id=resource_id)
