"""Trying an import wherever its files are: brought here, judged, and removed again."""

from __future__ import annotations

import asyncio

from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import Fault, Unsupported
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.jobs.accepting import check_spec, require_target
from registry_backend.jobs.places import ContainerKind, places_of, probe_input, settled
from registry_backend.jobs.running import Run
from registry_backend.jobs.transfers import fetch
from registry_backend.jobs.troubles import told
from registry_backend.jobs.trying import Progress, try_import
from registry_backend.jobs.work import Spool


async def try_spec(
    run: Run,
    spool: Spool,
    spec: JobSpec,
    containers: frozenset[ContainerKind],
    progress: Progress | None,
) -> DryRun:
    """What `JobRunner.dry_run` says, for its runner. Raises as that does."""
    if spec.type is not JobType.IMPORT:
        raise Unsupported("Only imports can be tried first.", hint="An export changes nothing.")
    check_spec(spec)
    places = places_of(spec, containers)
    usable = settled(spec, places)
    await run.store.read(lambda snapshot: require_target(snapshot, usable))
    await probe_input(usable, places)
    trial_id = f"try-{generate_id()}"
    work = spool.work(usable, trial_id)
    try:
        await asyncio.to_thread(spool.prepare, work)
        await fetch(work, run.patience)
        return await try_import(
            *(run.store, work.spec, run.preparation),
            max_devices=run.max_devices,
            at=run.clock(),
            progress=progress,
        )
    except OSError as error:
        raise Fault(f"The import could not be tried: {told(error)}") from error
    finally:
        await asyncio.to_thread(spool.remove, trial_id)
