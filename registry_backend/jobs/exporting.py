"""One export: pages in key order into a file beside its final name, which it takes at the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from registry_backend.domain.errors import NotFound
from registry_backend.domain.jobs import Job, JobCheckpoint, JobCounts, JobType
from registry_backend.jobs.containers import EXPORT_ERROR_LOG, Folder
from registry_backend.jobs.error_log import ErrorLog
from registry_backend.jobs.export_pages import Stretch, read_page
from registry_backend.jobs.exporting_hono import run_hono_export
from registry_backend.jobs.parts import Part, part_paths
from registry_backend.jobs.running import Run
from registry_backend.storage.base import Snapshot
from registry_backend.wire import ndjson


async def run_export(run: Run, job: Job) -> None:
    """Write until the end, a cancellation, or the runner's close.

    Raises:
        RegistryError, OSError: why the job as a whole cannot go on; nothing of it is left behind.
    """
    try:
        if job.spec.format == "hono-1.1":
            await run_hono_export(run, job)
        else:
            await _run_lines(run, job)
    except BaseException:
        await asyncio.to_thread(remove_parts, job)
        raise


def remove_parts(job: Job) -> None:
    """Remove the unfinished files of an export that nobody will go on with."""
    if job.spec.type is JobType.EXPORT:
        for path in part_paths(job):
            path.unlink(missing_ok=True)


async def _run_lines(run: Run, job: Job) -> None:
    folder = Folder.parse(job.spec.folder)
    target = folder.file(job.spec.blob_name)
    part, begun = await asyncio.to_thread(_open_part, part_paths(job)[0], job)
    log = ErrorLog(folder.file(EXPORT_ERROR_LOG))
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
                return
            if stretch is None:
                break
            if not stretch.last:
                ahead = _read(run, job, stretch.after_id)
            await asyncio.to_thread(part.write, stretch.text)
            current = await asyncio.to_thread(_count, current, stretch, log)
            if stretch.last:
                await asyncio.to_thread(part.publish, target)
                await run.finish(_at(current, part))
                return
            if run.note_due():
                await asyncio.to_thread(part.sync)
                current = await run.save(_at(current, part))
        await asyncio.to_thread(remove_parts, job)
    finally:
        if ahead is not None:
            ahead.cancel()
            await asyncio.wait([ahead])
        part.close()


def _read(run: Run, job: Job, after: str | None) -> asyncio.Task[Stretch | None]:
    """Read the next page while the one before is written."""
    return asyncio.create_task(
        run.store.read(lambda snapshot: read_page(snapshot, run, job, after))
    )


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
