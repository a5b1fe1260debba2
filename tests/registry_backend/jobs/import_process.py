"""A program that imports and says when it has written something, to be killed by a test.

Usage: python -m tests.registry_backend.jobs.import_process REGISTRY FOLDER TYPE
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from registry_backend.domain.jobs import JobType
from registry_backend.domain.journal import Change
from registry_backend.storage.sqlite import open_sqlite
from tests.registry_backend.jobs.support import TESTER, Jobs


async def run(registry: Path, folder: Path, kind: JobType) -> None:
    """Run the job, printing a line for each change heard."""
    store = await open_sqlite(registry)
    jobs = Jobs(store, folder)

    def heard(changes: Sequence[Change]) -> None:
        if any(change.resource == "job" and change.action == "updated" for change in changes):
            sys.stdout.write("progress\n")
            sys.stdout.flush()

    store.subscribe(heard)
    job = await jobs.runner.create(jobs.spec(kind), actor=TESTER)
    await jobs.runner.wait(job.job_id)
    sys.stdout.write("done\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), Path(sys.argv[2]), JobType(sys.argv[3])))
