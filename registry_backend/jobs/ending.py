"""The end of a job that did not complete: its log first, then the word that it has ended.

Whoever reads `failed` or `cancelled` finds `importErrors.log` in the output container, or is told
why it is not there (iothub 6.1, 6.5).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from registry_backend.domain.errors import RegistryError
from registry_backend.domain.jobs import JobStatus, JobType
from registry_backend.jobs.error_log import ErrorLog
from registry_backend.jobs.parts import remove_parts
from registry_backend.jobs.running import Run
from registry_backend.jobs.transfers import LOOK_SECONDS, deliver
from registry_backend.jobs.troubles import told
from registry_backend.jobs.work import Work

_LAST_TRIES = 3


async def end_job(run: Run, work: Work | None, job_id: str, reason: str | None) -> None:
    """End a job that is still this runner's: cancelled if somebody asked for it, else failed.

    Does nothing for one that completed, was let go of, or was taken over. When the runner closes
    meanwhile, the job is let go of and ends with the next runner.

    Args:
        run: The runner's side.
        work: Where its files are; None when that could not be found out.
        job_id: Which job.
        reason: Why it cannot go on; None where nothing went wrong.
    """
    job = await run.store.read(lambda snapshot: snapshot.get_job(job_id))
    if job is None or job.status is not JobStatus.RUNNING or job.owner != run.owner:
        return
    if work is None:
        await run.end(job_id, reason)
        return
    if job.spec.type is JobType.EXPORT:
        kept = await _remove_parts(work, job_id)
        await run.end(job_id, _together(reason, kept))
        return
    leaving = asyncio.ensure_future(_leave_log(run, work, job.checkpoint.error_bytes))
    try:
        done, _ = await asyncio.wait({leaving}, timeout=LOOK_SECONDS)
        while not done and not run.closing:
            done, _ = await asyncio.wait({leaving}, timeout=LOOK_SECONDS)
        if not done:
            await run.release(job_id)
            return
        await run.end(job_id, _together(reason, leaving.result()))
    finally:
        leaving.cancel()
        await asyncio.wait({leaving})


async def _remove_parts(work: Work, job_id: str) -> str | None:
    """Remove what an export had begun to write; why that failed."""
    try:
        await asyncio.to_thread(remove_parts, work, job_id)
    except OSError as error:
        return f"An unfinished file was left behind: {told(error)}"
    return None


def _together(*sentences: str | None) -> str | None:
    return " ".join(filter(None, sentences)) or None


async def _leave_log(run: Run, work: Work, length: int) -> str | None:
    """Have the lines that failed told where the job's caller looks for them; why that failed."""
    patience = run.patience
    hurried = replace(
        patience,
        attempts=min(patience.attempts, _LAST_TRIES),
        request_seconds=min(patience.request_seconds, patience.last_seconds),
    )
    try:
        await asyncio.to_thread(ErrorLog(work.error_log).cut, length)
        async with asyncio.timeout(patience.last_seconds):
            await deliver(work, hurried)
    except TimeoutError:
        why = f"the output blob container took more than {patience.last_seconds:g} seconds."
    except RegistryError as error:
        why = str(error)
    except OSError as error:
        why = told(error)
    else:
        return None
    return f"{work.error_log.name} could not be written: {why}"
