"""A program that moves devices through a container, to be killed by a test.

Usage: python -m tests.registry_backend.jobs.blob_process REGISTRY SPEC
SPEC is a job as JSON. It says `progress` at each change of the job that it hears of.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from registry_backend.domain.jobs import JobSpec
from registry_backend.domain.journal import Change
from registry_backend.jobs.work import spool_beside
from registry_backend.storage.sqlite import open_sqlite
from tests.registry_backend.jobs.blob_jobs import SMALL_BLOCKS
from tests.registry_backend.jobs.support import TESTER, Jobs


async def run(registry: Path, spec: JobSpec) -> None:
    """Run the job, printing a line for each change heard."""
    store = await open_sqlite(registry)
    spool = spool_beside(registry)
    jobs = Jobs(store, registry.parent, spool=spool, patience=SMALL_BLOCKS)

    def heard(changes: Sequence[Change]) -> None:
        if any(change.resource == "job" and change.action == "updated" for change in changes):
            sys.stdout.write("progress\n")
            sys.stdout.flush()

    store.subscribe(heard)
    job = await jobs.runner.create(spec, actor=TESTER)
    await jobs.runner.wait(job.job_id)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), JobSpec.model_validate_json(sys.argv[2])))
