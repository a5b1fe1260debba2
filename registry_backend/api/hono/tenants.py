"""Tenants over HTTP (hono 1, 2.2)."""

from __future__ import annotations

from registry_backend.api.answers import Answer
from registry_backend.api.hono.bodies import (
    created,
    json_answer,
    no_content,
    optional_json,
    required_json,
)
from registry_backend.api.hono.search import search_answer, skipped
from registry_backend.api.hono.service import Call
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.wire.hono import keep_tenant, read_tenant, write_tenant
from registry_backend.wire.hono_search import read_search, tenant_query


async def create(call: Call) -> Answer:
    """POST: under the given id, or a generated one."""
    profile = call.service.profile
    attributes = read_tenant(optional_json(call), profile)
    tenant_id = call.ids[0] if call.ids else None
    tenant = await call.service.registry.tenants.create(
        tenant_id, attributes, actor=call.actor, rule=profile.tenant_id
    )
    return created(tenant.version, "tenants", tenant.tenant_id)


async def get(call: Call) -> Answer:
    """GET one."""
    tenant = await call.service.registry.tenants.get(call.ids[0])
    return json_answer(200, write_tenant(tenant, call.service.profile), version=tenant.version)


async def update(call: Call) -> Answer:
    """PUT: replaces the whole object."""
    profile = call.service.profile

    def keep(new: TenantAttributes, stored: TenantAttributes) -> TenantAttributes:
        return keep_tenant(new, stored, profile)

    tenant = await call.service.registry.tenants.update(
        call.ids[0],
        read_tenant(required_json(call), profile),
        expected=call.expected,
        actor=call.actor,
        keep=keep,
    )
    return no_content(tenant.version)


async def delete(call: Call) -> Answer:
    """DELETE: the tenant's devices stay (hono 3.4)."""
    await call.service.registry.tenants.delete(
        call.ids[0], expected=call.expected, actor=call.actor
    )
    return no_content()


async def search(call: Call) -> Answer:
    """GET the list."""
    asked = read_search(call.parameters)
    profile = call.service.profile
    found = await call.service.registry.tenants.search(
        tenant_query(asked), asked.sorts, skip=skipped(call, asked), limit=asked.page_size
    )

    def row(tenant: Tenant) -> dict[str, object]:
        return {"id": tenant.tenant_id, **write_tenant(tenant, profile)}

    return search_answer(found, row, what="tenant")
