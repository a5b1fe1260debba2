"""What a write hangs on, and what becomes of it where that is not there (hono 3.4).

Hono 1.1 checks neither the tenant of a device nor the device of credentials. Here nothing hangs in
the air: a write of such a client makes what is missing, in the same transaction.
"""

from __future__ import annotations

from enum import Enum

from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.registry.tenants import create_tenant
from registry_backend.storage.base import Transaction


class MissingOwner(Enum):
    """What becomes of a write whose tenant or device is not there."""

    REFUSE = "refuse"
    CREATE = "create"


def ensure_tenant(transaction: Transaction, tenant_id: str, *, actor: Actor) -> None:
    """Make the tenant, with nothing said of it, where it is not there."""
    if transaction.get_tenant(tenant_id) is None:
        create_tenant(transaction, tenant_id, TenantAttributes(), actor=actor)
