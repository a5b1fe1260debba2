"""`idconsole get`: one thing whole, as JSON."""

from __future__ import annotations

import argparse
import asyncio

from console.commands.boundary import GOOD, UsageFault
from console.commands.output import write_json
from console.commands.session import adapter_for, need, tenant_for
from console.commands.shapes import credentials_json, device_json, job_json, tenant_json
from registry_backend.domain.document import JsonObject


def run(options: argparse.Namespace) -> int:
    """Show it: indented for people, on one line with --json; NotFound ends with 1."""
    members = asyncio.run(_get(options))
    write_json(members, indent=None if options.json else 2)
    return GOOD


async def _get(options: argparse.Namespace) -> JsonObject:
    if options.kind in ("tenant", "job") and options.tenant:
        raise UsageFault(f"A {options.kind} is found by its id: leave out --tenant.")
    async with adapter_for(options, writes=False) as adapter:
        if options.kind == "tenant":
            tenant = await need(adapter.tenants, "tenants").get(options.id)
            return tenant_json(tenant, reveal=options.reveal)
        if options.kind == "job":
            return job_json(await need(adapter.jobs, "jobs").get(options.id))
        tenant_id = await tenant_for(adapter, options)
        if options.kind == "device":
            device = await need(adapter.devices, "devices").get(tenant_id, options.id)
            return device_json(device, reveal=options.reveal)
        credentials = await need(adapter.credentials, "credentials").get(tenant_id, options.id)
        return credentials_json(credentials, reveal=options.reveal)
