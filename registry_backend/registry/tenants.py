"""Tenants: create, replace, remove, with Hono's rules (hono 2.2, 2.3, 3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from uuid import uuid4

from registry_backend.domain.document import check_depth
from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.identifiers import HONO_TENANT_ID, check_id, generate_id
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import (
    AttributeSort,
    Count,
    Found,
    Page,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage
from registry_backend.domain.timestamps import now
from registry_backend.registry.recording import (
    change_of,
    changed_elsewhere,
    check_version,
    record,
    require_tenant,
)
from registry_backend.registry.trust_anchors import prepare_trust_anchors
from registry_backend.storage.base import Snapshot, Store, Transaction

KeepTenant = Callable[[TenantAttributes, TenantAttributes], TenantAttributes]
"""From the new and the stored attributes those to store: what a writer cannot see goes on."""


class TenantUseCases:
    """Tenants of the registry."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """A stretch of the tenants, ordered by id."""
        return await self._store.read(lambda snapshot: snapshot.page_tenants(query, request))

    async def search(
        self, query: TenantQuery, sorts: Sequence[AttributeSort], *, skip: int, limit: int
    ) -> Found[Tenant]:
        """A stretch of what fits, in any order, and how many fit (hono 3.7). Raises Invalid."""
        return await self._store.read(
            lambda snapshot: snapshot.search_tenants(query, sorts, skip=skip, limit=limit)
        )

    async def count(self, query: TenantQuery) -> Count:
        """How many tenants the query has."""
        return await self._store.read(lambda snapshot: snapshot.count_tenants(query))

    async def get(self, tenant_id: str) -> Tenant:
        """Raises NotFound."""
        return await self._store.read_point(lambda snapshot: require_tenant(snapshot, tenant_id))

    async def create(
        self,
        tenant_id: str | None,
        attributes: TenantAttributes,
        *,
        actor: Actor,
        rule: re.Pattern[str] = HONO_TENANT_ID,
    ) -> Tenant:
        """Create under the given or a generated id, which `rule` must match.

        Raises AlreadyExists, Invalid.
        """
        name = generate_id() if tenant_id is None else tenant_id
        check_id(name, rule, field="tenant-id")
        check_depth(attributes)
        prepared = prepare_trust_anchors(attributes)
        return await self._store.write(
            lambda transaction: create_tenant(transaction, name, prepared, actor=actor)
        )

    async def update(
        self,
        tenant_id: str,
        attributes: TenantAttributes,
        *,
        expected: str | None,
        actor: Actor,
        keep: KeepTenant | None = None,
    ) -> Tenant:
        """Replace the attributes. Raises NotFound, VersionMismatch, AlreadyExists, Invalid."""
        check_depth(attributes)
        prepared = prepare_trust_anchors(attributes)
        return await self._store.write(
            lambda transaction: update_tenant(
                transaction, tenant_id, prepared, expected=expected, actor=actor, keep=keep
            )
        )

    async def delete(self, tenant_id: str, *, expected: str | None, actor: Actor) -> None:
        """Remove the tenant; its devices stay (hono 3.4). Raises NotFound, VersionMismatch."""
        await self._store.write(
            lambda transaction: delete_tenant(
                transaction, tenant_id, expected=expected, actor=actor
            )
        )

    async def usage(self, tenant_id: str) -> TenantUsage:
        """What hangs on the tenant, a removed one included."""
        return await self._store.read(lambda snapshot: tenant_usage(snapshot, tenant_id))


def create_tenant(
    transaction: Transaction, tenant_id: str, attributes: TenantAttributes, *, actor: Actor
) -> Tenant:
    """Insert a tenant whose id and trust anchors were checked."""
    if transaction.get_tenant(tenant_id) is not None:
        raise AlreadyExists(
            f"The tenant {tenant_id!r} exists already.", hint="Choose another id, or edit that one."
        )
    _check_unique(transaction, tenant_id, attributes)
    at = now()
    tenant = Tenant(tenant_id=tenant_id, attributes=attributes, version=str(uuid4()), created_at=at)
    transaction.insert_tenant(tenant)
    change = change_of("tenant", "created", tenant_id, tenant_id)
    record(transaction, actor, change, at=at, after=attributes.to_json())
    return tenant


def update_tenant(
    transaction: Transaction,
    tenant_id: str,
    attributes: TenantAttributes,
    *,
    expected: str | None,
    actor: Actor,
    keep: KeepTenant | None = None,
) -> Tenant:
    """Replace the attributes of a tenant whose trust anchors were checked."""
    current = require_tenant(transaction, tenant_id)
    check_version(expected, current, f"The tenant {tenant_id!r}")
    if keep is not None:
        attributes = keep(attributes, current.attributes)
    _check_unique(transaction, tenant_id, attributes)
    at = now()
    update = {"attributes": attributes, "version": str(uuid4()), "updated_at": at}
    tenant = current.model_copy(update=update)
    if not transaction.update_tenant(tenant, expected=current.version):
        raise changed_elsewhere(f"The tenant {tenant_id!r}", transaction.get_tenant(tenant_id))
    change = change_of("tenant", "updated", tenant_id, tenant_id)
    before, after = current.attributes.to_json(), attributes.to_json()
    record(transaction, actor, change, at=at, before=before, after=after)
    return tenant


def delete_tenant(
    transaction: Transaction, tenant_id: str, *, expected: str | None, actor: Actor
) -> None:
    """Remove a tenant and leave its devices (hono 3.4)."""
    current = require_tenant(transaction, tenant_id)
    check_version(expected, current, f"The tenant {tenant_id!r}")
    if not transaction.delete_tenant(tenant_id, expected=current.version):
        raise changed_elsewhere(f"The tenant {tenant_id!r}", transaction.get_tenant(tenant_id))
    change = change_of("tenant", "deleted", tenant_id, tenant_id)
    record(transaction, actor, change, at=now(), before=current.attributes.to_json())


def tenant_usage(snapshot: Snapshot, tenant_id: str) -> TenantUsage:
    """Devices and credentials under an id, from kept counts."""
    credentials = snapshot.count_credentials(tenant_id)
    return TenantUsage(
        devices=snapshot.statistics(tenant_id).total,
        credentials=credentials.value,
        exact=credentials.exact,
    )


def _check_unique(snapshot: Snapshot, tenant_id: str, attributes: TenantAttributes) -> None:
    """Alias and trust anchors belong to one tenant, unless a group shares them (hono 2.2, 2.3)."""
    if attributes.alias:
        other = snapshot.tenant_of_alias(attributes.alias, other_than=tenant_id)
        if other is not None:
            raise AlreadyExists(
                f"alias: {attributes.alias!r} is the alias of tenant {other.tenant_id!r} already.",
                hint="Choose another alias.",
            )
    group = attributes.trust_anchor_group
    for index, anchor in enumerate(attributes.trusted_ca):
        if anchor.subject_dn is None:
            continue
        other = snapshot.tenant_of_trust_anchor(anchor.subject_dn, other_than=tenant_id)
        if other and not (group and other.attributes.trust_anchor_group == group):
            raise AlreadyExists(
                f"trusted-ca[{index}]: {anchor.subject_dn!r} is a trust anchor of tenant "
                f"{other.tenant_id!r} already.",
                hint="Give both tenants the same trust-anchor-group to share it.",
            )
