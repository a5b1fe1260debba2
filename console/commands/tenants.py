"""The tenant that devices are moved into or out of: there already, or made on request."""

from __future__ import annotations

import argparse

from console.adapters.base import RegistryAdapter
from console.adapters.ports.tenants import TenantsPort
from console.commands.boundary import UsageFault
from console.commands.output import say
from registry_backend.domain.errors import NotFound
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.domain.query import TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import NOT_TOLD


def check_creation(options: argparse.Namespace) -> None:
    """Refuse `--create-tenant` where it makes no sense, before anything is opened.

    Raises:
        UsageFault: saying what to leave out, or to add.
    """
    if options.command != "import" or not options.create_tenant:
        return
    if not options.tenant:
        raise UsageFault("--create-tenant makes the tenant that --tenant names: add it.")
    if options.dry_run:
        raise UsageFault("--dry-run makes no tenant: leave out one of the two.")


def sole_tenants(adapter: RegistryAdapter, query: TenantQuery) -> list[Tenant]:
    """The tenant that a registry without a list of them is, where it fits the conditions.

    Raises:
        UsageFault: when there are no tenants at all.
    """
    name = adapter.sole_tenant
    if not name:
        raise UsageFault("This registry has no tenants.")
    fits = all(part in name for part in query.id_contains) and query.enabled is not False
    tenant = Tenant(tenant_id=name, attributes=TenantAttributes(), version="", created_at=NOT_TOLD)
    return [tenant] if fits else []


async def have_tenant(
    tenants: TenantsPort | None, options: argparse.Namespace, spec: JobSpec
) -> None:
    """Make the tenant that is not there, if that is asked for.

    Args:
        tenants: None for a hub, which is a tenant itself.
        options: What was typed.
        spec: The job; whole devices bring their tenant with them.

    Raises:
        NotFound: saying how to have it made.
    """
    importing = spec.type is JobType.IMPORT
    if tenants is None or (importing and spec.format == "ndjson"):
        return
    try:
        await tenants.get(spec.tenant_id)
    except NotFound:
        if importing and options.create_tenant:
            await tenants.create(spec.tenant_id, TenantAttributes())
            say(f"Made the tenant {spec.tenant_id}.")
            return
        way = "add --create-tenant to make it" if importing else "see idconsole list tenants"
        raise NotFound(
            f"There is no tenant {spec.tenant_id!r}.", hint=f"Check the spelling, or {way}."
        ) from None
