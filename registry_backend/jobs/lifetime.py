"""One job from where it stands to its end, or to where the runner's close leaves it."""

from __future__ import annotations

import asyncio

from registry_backend.domain.errors import RegistryError
from registry_backend.domain.jobs import Job, JobType
from registry_backend.jobs.ending import end_job
from registry_backend.jobs.exporting import run_export
from registry_backend.jobs.importing import run_import
from registry_backend.jobs.running import Run
from registry_backend.jobs.troubles import told
from registry_backend.jobs.work import Spool, Work


async def run_job(run: Run, spool: Spool, job: Job) -> None:
    """Move the devices, end the job if that failed or is no longer wanted, and tidy up."""
    work: Work | None = None
    reason: str | None = None
    try:
        work = spool.work(job.spec, job.job_id)
        await asyncio.to_thread(spool.prepare, work)
        if not job.stopping:
            await (run_import if job.spec.type is JobType.IMPORT else run_export)(run, work, job)
    except RegistryError as error:
        reason = str(error)
    except OSError as error:
        reason = told(error)
    except Exception as error:
        # Its text might quote an address with its secret; the traceback goes to the log.
        reason = f"Stopped by a fault of the program: {type(error).__name__}."
        raise
    finally:
        await end_job(run, work, job.job_id, reason)
        await _tidy(run, spool, job.job_id)


async def _tidy(run: Run, spool: Spool, job_id: str) -> None:
    """Remove what a job brought here, once nobody goes on with it."""
    job = await run.store.read(lambda snapshot: snapshot.get_job(job_id))
    if job is not None and job.status.finished:
        await asyncio.to_thread(spool.tidy, job_id)
