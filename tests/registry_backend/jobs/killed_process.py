"""A program that runs a job and says when it has come to a point, to be killed there by a test.

Usage: python -m tests.registry_backend.jobs.killed_process REGISTRY SPEC POINT NUMBER
SPEC is a job as JSON. The POINTs, of which the NUMBERth counts:
`progress`: a change of the job is stored. `logged`: failed lines are in the log, and not yet in the
registry. `published`: an export's file has its name, and the registry does not know it.
`never`: nothing is said.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

from registry_backend.domain.jobs import JobSpec
from registry_backend.domain.journal import Change
from registry_backend.jobs import running
from registry_backend.jobs.error_log import ErrorLog
from registry_backend.jobs.parts import Part
from registry_backend.jobs.work import spool_beside
from registry_backend.storage.sqlite import open_sqlite
from tests.registry_backend.jobs.blob_jobs import SMALL_BLOCKS
from tests.registry_backend.jobs.support import TESTER, Jobs

P = ParamSpec("P")
R = TypeVar("R")


class _Countdown:
    def __init__(self, number: int) -> None:
        self._left = number

    def reached(self) -> bool:
        """Say so, if this is the time that counts."""
        self._left -= 1
        if self._left == 0:
            sys.stdout.write("reached\n")
            sys.stdout.flush()
        return self._left <= 0


def _stopping_after(work: Callable[P, R], countdown: _Countdown) -> Callable[P, R]:
    """The same, which does not come back from the time that counts."""

    def stopping(*args: P.args, **kwargs: P.kwargs) -> R:
        result = work(*args, **kwargs)
        if countdown.reached():
            time.sleep(3600)  # its thread, until the program is killed
        return result

    return stopping


async def run(registry: Path, spec: JobSpec, point: str, number: int) -> None:
    """Run the job as far as the point, or to its end."""
    store = await open_sqlite(registry)
    countdown = _Countdown(number)
    spool = spool_beside(registry)
    jobs = Jobs(store, registry.parent, spool=spool, patience=SMALL_BLOCKS)

    def heard(changes: Sequence[Change]) -> None:
        ours = [each for each in changes if (each.resource, each.action) == ("job", "updated")]
        if ours and countdown.reached():
            time.sleep(3600)  # nothing goes on, until the program is killed

    match point:
        case "progress":
            running.NOTE_SECONDS = 0.0  # each stretch is told of, however fast they are
            store.subscribe(heard)
        case "logged":
            ErrorLog.put = _stopping_after(ErrorLog.put, countdown)  # type: ignore[method-assign]
        case "published":
            Part.publish = _stopping_after(Part.publish, countdown)  # type: ignore[method-assign]
    job = await jobs.runner.create(spec, actor=TESTER)
    await jobs.runner.wait(job.job_id)
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    wanted = JobSpec.model_validate_json(arguments[1])
    asyncio.run(run(Path(arguments[0]), wanted, arguments[2], int(arguments[3])))
