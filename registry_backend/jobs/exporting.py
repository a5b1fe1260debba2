"""One export: pages in key order into a file beside its final name, which it takes at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import NotFound
from registry_backend.domain.identifiers import HUB_DEVICE_ID
from registry_backend.domain.jobs import Job, JobCheckpoint, JobCounts, JobError, JobType
from registry_backend.domain.query import Cursor, DeviceQuery, Order, PageRequest
from registry_backend.jobs.containers import EXPORT_ERROR_LOG, Folder
from registry_backend.jobs.error_log import ErrorLog
from registry_backend.jobs.exporting_hono import run_hono_export
from registry_backend.jobs.parts import Part, part_paths
from registry_backend.jobs.running import Run
from registry_backend.storage.base import Snapshot
from registry_backend.wire import iothub, ndjson
from registry_backend.wire.import_errors import ARGUMENT_INVALID

PAGE = 1000


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A page as bytes of the file, and where the next one begins."""

    text: bytes
    written: int
    errors: Sequence[JobError]
    cursor: Cursor | None
    after_id: str | None
    last: bool


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
    try:
        current: Job | None = begun
        if begun.checkpoint.offset == 0:
            head, total = await run.store.read(lambda snapshot: _head(snapshot, job))
            await asyncio.to_thread(part.write, head)
            current = begun.model_copy(update={"total_lines": total})
        while current is not None:
            if run.closing:
                await asyncio.to_thread(part.sync)
                if await run.save(_at(current, part)) is not None:
                    await run.release(job.job_id)
                return
            stretch = await run.store.read(_page_reader(run, current))
            if stretch is None:
                break
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
        part.close()


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


class _page_reader:  # noqa: N801 - stands for a function with its arguments bound
    def __init__(self, run: Run, job: Job) -> None:
        self._run = run
        self._job = job

    def __call__(self, snapshot: Snapshot) -> _Stretch | None:
        """The next page; None when the job is no longer this runner's to run."""
        job = self._job
        if not self._run.owns(snapshot, job.job_id):
            return None
        tenant_id = job.spec.tenant_id
        start = Cursor(job.checkpoint.cursor) if job.checkpoint.cursor else None
        request = PageRequest(start=start, limit=PAGE)
        page = snapshot.page_devices(tenant_id, DeviceQuery(), Order(), request)
        ids = [device.device_id for device in page.rows]
        sets = snapshot.get_many_credentials(tenant_id, ids)
        lines: list[str] = []
        errors: list[JobError] = []
        for device in page.rows:
            found = sets.get(device.device_id)
            error = _unwritable(job, device)
            if error is None:
                lines.append(_line(job, device, found.credentials if found else ()))
            else:
                errors.append(error)
        lines.append("")
        return _Stretch(
            "\n".join(lines).encode("utf-8"),
            len(lines) - 1,
            errors,
            page.cursors[-1] if page.rows else start,
            ids[-1] if ids else job.checkpoint.after_id,
            not page.more,
        )


def _line(job: Job, device: Device, credentials: Sequence[Credential]) -> str:
    if job.spec.format == "ndjson":
        return ndjson.format_device(device, credentials)
    return iothub.format_line(device, credentials, exclude_keys=job.spec.exclude_keys)


def _unwritable(job: Job, device: Device) -> JobError | None:
    """Why a device has no line: Hono allows longer ids than IoT Hub."""
    if job.spec.format == "ndjson" or HUB_DEVICE_ID.fullmatch(device.device_id):
        return None
    message = "the id is longer than 128 characters, or has some that IoT Hub does not know"
    return JobError(device_id=device.device_id, code=ARGUMENT_INVALID, message=message)


def _count(job: Job, stretch: _Stretch, log: ErrorLog) -> Job:
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
            "cursor": stretch.cursor,
        }
    )
    return job.model_copy(update={"counts": counts, "checkpoint": checkpoint})
