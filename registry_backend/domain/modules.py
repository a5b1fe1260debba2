"""Modules: identities of programs on a device, kept in the hub (identityd 1.3)."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from registry_backend.domain.document import Value


class Module(Value):
    """A module as the registry holds it."""

    tenant_id: str
    device_id: str
    module_id: str
    revision: int = 0
    """The counter behind its ETag: 0 at creation, one more with each write."""
    generation_id: str
    """Tells a recreated module from the one before it."""
    managed_by: str | None = None
    primary_key: str | None = Field(default=None, repr=False)
    """Standard base64; None until keys are pushed."""
    secondary_key: str | None = Field(default=None, repr=False)
    created_at: datetime
    updated_at: datetime | None = None
