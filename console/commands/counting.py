"""`idconsole count`: a number and nothing else."""

from __future__ import annotations

import argparse
import asyncio

from console.commands.boundary import GOOD, UsageFault
from console.commands.output import say, write
from console.commands.queries import tenant_query
from console.commands.session import adapter_for, need, tenant_for
from console.commands.tenants import sole_tenants
from registry_backend.domain.filter_language import parse_device_query
from registry_backend.domain.query import Count


def run(options: argparse.Namespace) -> int:
    """Print the number; a number that is not exact is said to be so."""
    count = asyncio.run(_count(options))
    write(f"{count.of or count.value}\n")
    if not count.exact or count.of is not None:
        say("This number is not exact.")
    return GOOD


async def _count(options: argparse.Namespace) -> Count:
    if options.kind == "credentials" and options.filter:
        raise UsageFault("--filter is not for counting credentials.")
    async with adapter_for(options, writes=False) as adapter:
        if options.kind == "tenants":
            query = tenant_query(options.filter)
            if adapter.tenants is None:
                return Count(len(sole_tenants(adapter, query)))
            return await adapter.tenants.count(query)
        devices = parse_device_query(options.filter)
        tenant_id = await tenant_for(adapter, options)
        if options.kind == "credentials":
            return await need(adapter.credentials, "credentials").count(tenant_id)
        return await need(adapter.devices, "devices").count(tenant_id, devices)
