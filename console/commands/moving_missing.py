"""A registry that is not there: an export never makes one, an import only if it can begin."""

from __future__ import annotations

import argparse
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.commands.boundary import UsageFault
from registry_backend.domain.errors import NotFound, Unreachable
from registry_backend.domain.jobs import JobSpec, JobType


async def check_missing(
    adapter: RegistryAdapter, options: argparse.Namespace, spec: JobSpec
) -> None:
    """Refuse, before it is opened, a registry that would be made for nothing.

    Args:
        adapter: Not open yet; only one in a file of this machine can be made.
        options: What was typed.
        spec: The job.

    Raises:
        Unreachable: for an export.
        UsageFault, NotFound: for an import whose tenant would not be there.
        Invalid: for an import that has nothing to read, or nowhere to write.
    """
    if adapter.kind != "local" or Path(adapter.address).exists():
        return
    missing = f"There is no registry at {adapter.address}"
    if spec.type is JobType.EXPORT:
        raise Unreachable(f"{missing}.", layer="file", hint="Check the path.")
    if spec.format != "hono-1.1" and not options.tenant:
        raise UsageFault(f"{missing}. To make one, add --tenant ID --create-tenant.")
    if spec.format in ("devices.txt", "csv") and not options.create_tenant:
        raise NotFound(
            f"{missing}, so there is no tenant {options.tenant!r}.",
            hint="Check the path, or add --create-tenant to make both.",
        )
    from registry_backend.jobs.beginning import (  # noqa: PLC0415 - rarely asked
        check_files,
    )

    await check_files(spec)
