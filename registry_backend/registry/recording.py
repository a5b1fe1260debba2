"""What all writes have in common: the version check, the journal line, the note to watchers."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Protocol

from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import NotFound, VersionMismatch
from registry_backend.domain.journal import Action, Actor, Change, Resource
from registry_backend.domain.secrets import SECRET_MEMBERS, redact
from registry_backend.domain.tenants import Tenant
from registry_backend.storage.base import Snapshot, Transaction

_NAMES_A_SECRET = re.compile("|".join(f'"{name}"' for name in sorted(SECRET_MEMBERS)))
"""In compact JSON that escapes only what it must."""


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
        f"Somebody else changed {what[:1].lower()}{what[1:]} in the meantime, so nothing was "
        "written.",
        current=current,
        hint="Look at what is there now and decide again.",
    )


def record(
    transaction: Transaction,
    actor: Actor,
    change: Change,
    *,
    at: datetime,
    before: JsonObject | str | None = None,
    after: JsonObject | str | None = None,
) -> None:
    """Write the journal line of one change, secrets as fingerprints, and tell watchers.

    What was before and after comes as JSON objects or as their text.
    """
    transaction.add_line(actor, at, change, before=_redacted(before), after=_redacted(after))
    transaction.note(change)


def _redacted(document: JsonObject | str | None) -> str | None:
    """The text that the journal keeps; most documents name no secret and are kept as they are."""
    if document is None:
        return None
    if isinstance(document, str):
        if not _NAMES_A_SECRET.search(document):
            return document
        document = json.loads(document)
    return compact_json(redact(document))


def change_of(resource: Resource, action: Action, tenant_id: str, resource_id: str) -> Change:
    """A change, by position: what was done, to what."""
    return Change(resource=resource, action=action, tenant_id=tenant_id, resource_id=resource_id)
