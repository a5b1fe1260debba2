"""One export: pages in key order into a file beside its final name, which it takes at the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from registry_backend.domain.errors import NotFound
from registry_backend.domain.jobs import Job, JobCheckpoint, JobCounts
from registry_backend.jobs.error_log import ErrorLog
from registry_backend.jobs.export_pages import Stretch, read_page
from registry_backend.jobs.exporting_hono import run_hono_export
from registry_backend.jobs.parts import Part, part_paths
from registry_backend.jobs.running import Run
from registry_backend.jobs.transfers import Moved, attended, deliver
from registry_backend.jobs.work import Work
from registry_backend.storage.base import Snapshot
from registry_backend.wire import ndjson


async def run_export(run: Run, work: Work, job: Job) -> None:
    """Write until the end, a cancellation, or the runner's close.

    Raises:
        RegistryError, OSError: why the job as a whole cannot go on.
    """
    if _is_written(work, job):
        written: Job | None = job
    elif job.spec.format == "hono-1.1":
        written = await run_hono_export(run, work, job)
    else:
        written = await _run_lines(run, work, job)
    if written is not None and work.delivered_to is not None:
        written = await run.save(written)
        if written is not None:
            moved = Moved()
            taken = deliver(work, run.patience, moved)
            written = await attended(run, written, moved, taken)
    if written is not None:
        await run.finish(written)


def _is_written(work: Work, job: Job) -> bool:
    """Whether an interrupted export has its file and only the container lacks it."""
    target = work.target.path / work.spec.blob_name
    return (
        work.delivered_to is not None
        and job.checkpoint.offset > 0
        and target.exists()
        and target.stat().st_size == job.checkpoint.offset
    )


async def _run_lines(run: Run, work: Work, job: Job) -> Job | None:
    """The job with its file in place; None when it stopped before."""
    target = work.target.file(work.spec.blob_name)
    part, begun = await asyncio.to_thread(_open_part, part_paths(work, job.job_id)[0], job)
    log = ErrorLog(work.error_log)
    ahead: asyncio.Task[Stretch | None] | None = None
    try:
        current: Job | None = begun
        if begun.checkpoint.offset == 0:
            head, total = await run.store.read(lambda snapshot: _head(snapshot, job))
            await asyncio.to_thread(part.write, head)
            current = begun.model_copy(update={"total_lines": total})
        ahead = _read(run, begun, begun.checkpoint.after_id)
        while current is not None:
            stretch = await ahead
            if run.closing:
                await asyncio.to_thread(part.sync)
                if await run.save(_at(current, part)) is not None:
                    await run.release(job.job_id)
                return None
            if stretch is None:
                break
            if not stretch.last:
                ahead = _read(run, job, stretch.after_id)
            await asyncio.to_thread(part.write, stretch.text)
            current = await asyncio.to_thread(_count, current, stretch, log)
            if stretch.last:
                await asyncio.to_thread(part.publish, target)
                return _at(current, part)
            if run.note_due():
                await asyncio.to_thread(part.sync)
                current = await run.save(_at(current, part))
        return None
    finally:
        if ahead is not None:
            await _drop(ahead)
        part.close()


def _read(run: Run, job: Job, after: str | None) -> asyncio.Task[Stretch | None]:
    """Read the next page while the one before is written."""
    return asyncio.create_task(
        run.store.read(lambda snapshot: read_page(snapshot, run, job, after))
    )


async def _drop(ahead: asyncio.Task[Stretch | None]) -> None:
    """Wait for a page that nobody asks for any more; what went wrong with it matters no longer."""
    ahead.cancel()
    await asyncio.wait([ahead])
    if not ahead.cancelled():
        ahead.exception()


def _open_part(path: Path, job: Job) -> tuple[Part, Job]:
    """The unfinished file cut to the checkpoint, or a new one and the job from its beginning."""
    if job.checkpoint.offset:
        part = Part.reopen(path, job.checkpoint.offset)
        if part is not None:
            return part, job
    again = {"counts": JobCounts(), "checkpoint": JobCheckpoint()}
    return Part.create(path), job.model_copy(update=again)


def _at(job: Job, part: Part) -> Job:
    checkpoint = job.checkpoint.model_copy(update={"offset": part.length})
    return job.model_copy(update={"checkpoint": checkpoint})


def _head(snapshot: Snapshot, job: Job) -> tuple[bytes, int]:
    tenant = snapshot.get_tenant(job.spec.tenant_id)
    if tenant is None:
        raise NotFound(f"There is no tenant {job.spec.tenant_id!r} to export.")
    total = snapshot.statistics(tenant.tenant_id).total
    first = f"{ndjson.format_tenant(tenant)}\n" if job.spec.format == "ndjson" else ""
    return first.encode("utf-8"), total


def _count(job: Job, stretch: Stretch, log: ErrorLog) -> Job:
    error_bytes = job.checkpoint.error_bytes
    if stretch.errors:
        log.cut(error_bytes)
        error_bytes = log.put(error_bytes, stretch.errors)
    counts = job.counts.model_copy(
        update={
            "lines": job.counts.lines + stretch.written,
            "failed": job.counts.failed + len(stretch.errors),
        }
    )
    checkpoint = job.checkpoint.model_copy(
        update={
            "error_bytes": error_bytes,
            "after_id": stretch.after_id,
        }
    )
    return job.model_copy(update={"counts": counts, "checkpoint": checkpoint})
