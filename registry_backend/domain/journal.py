"""The journal: one line per write, kept in the same transaction as the write itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from registry_backend.domain.document import JsonObject, Value

Resource = Literal["tenant", "device", "credentials", "job", "principal", "module", "policy"]
Action = Literal["created", "updated", "deleted"]


class Actor(Value):
    """Who writes: a way in and a name (`console`/`root`, `import`/job id, `hono`/user)."""

    via: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.via}:{self.name}" if self.name else self.via


class JournalEntry(Value):
    """Who changed what when, before and after; secrets stand as fingerprints."""

    sequence: int
    at: datetime
    actor: str
    action: Action
    resource: Resource
    tenant_id: str
    resource_id: str
    """The device's id, the job's id, the principal's name; the tenant's own id for a tenant."""
    before: JsonObject | None = None
    after: JsonObject | None = None
    """None for a deletion, and for lines of a bulk import: the device itself tells."""


class Change(Value):
    """What a write touched, as told to everyone who watches."""

    resource: Resource
    action: Action
    tenant_id: str
    resource_id: str
    """Empty when one write touched many."""
