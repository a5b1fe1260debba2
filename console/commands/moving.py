"""`idconsole import` and `export`: a job from start to end, watched from the terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR

from console.adapters.base import JobsPort, refuse_write
from console.commands.boundary import FAILED, GOOD, UsageFault
from console.commands.output import say
from console.commands.session import adapter_for, need, tenant_for
from registry_backend.domain.errors import Invalid, NotFound, Unreachable
from registry_backend.domain.jobs import (
    ImportMode,
    Job,
    JobFormat,
    JobSpec,
    JobStatus,
    JobType,
)

_LOOK_EVERY = 0.1
"""Seconds between two looks at a running job."""
_ERRORS_SHOWN = 20
ALL_TENANTS = "*"
"""In a job: whatever tenants the files, or the registry, have."""
HONO_FILES = frozenset({"tenants.json", "device-identities.json", "credentials.json"})
"""hono 4.1"""


def run(options: argparse.Namespace) -> int:
    """Run the job; 1 when lines failed, or the whole of it did, or it was interrupted."""
    if options.read_only:
        raise refuse_write()
    return asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> int:
    async with adapter_for(options, writes=True) as adapter:
        jobs = need(adapter.jobs, "jobs")
        make_spec = import_spec if options.command == "import" else export_spec
        spec = make_spec(options, options.tenant or ALL_TENANTS)
        if spec.format != "hono-1.1":
            tenant_id = await tenant_for(adapter, options)
            spec = spec.model_copy(update={"tenant_id": tenant_id})
        with _folder_made(spec), _interruption() as interrupted:
            job = await _watch(jobs, await jobs.create(spec), interrupted)
        return await _report(jobs, job)


@contextlib.contextmanager
def _folder_made(spec: JobSpec) -> Iterator[None]:
    """Make the folder of an export; what was made and stayed empty goes again at the end."""
    folder = Path(spec.folder)
    missing: list[Path] = []
    if spec.type is JobType.EXPORT:
        missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        if spec.type is JobType.EXPORT:
            _make_folder(folder)
        yield
    finally:
        with contextlib.suppress(OSError):  # something was written, or it was never made
            for path in missing:
                path.rmdir()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_reached(f"The folder {folder} cannot be made", error) from None


def import_spec(options: argparse.Namespace, tenant_id: str) -> JobSpec:
    """What to import: a folder with a file of the usual name, or a file of any name."""
    path = Path(options.path).expanduser().absolute()
    try:
        folder, name = (path, None) if S_ISDIR(path.stat().st_mode) else (path.parent, path.name)
    except FileNotFoundError:
        raise NotFound(f"There is nothing at {path}.", hint="Check the path.") from None
    except OSError as error:
        raise _not_reached(f"{path} cannot be read", error) from None
    chosen: JobFormat = options.format or told_format(folder, name)
    if chosen == "hono-1.1" and options.tenant:
        raise UsageFault("The three files of hono-1.1 name their tenants: leave out --tenant.")
    if chosen == "hono-1.1" and name:
        raise UsageFault("hono-1.1 reads three files: name the folder that holds them.")
    return JobSpec(
        type=JobType.IMPORT,
        tenant_id=tenant_id,
        folder=str(folder),
        format=chosen,
        blob_name=name or usual_name(chosen),
        default_mode=ImportMode(options.mode),
    )


def told_format(folder: Path, name: str | None) -> JobFormat:
    """The format that a file's name, or the files of a folder, speak for."""
    try:
        names = {name} if name else {entry.name for entry in folder.iterdir()}
    except OSError as error:
        raise _not_reached(f"The folder {folder} cannot be read", error) from None
    if any(found.endswith((".ndjson", ".jsonl")) for found in names) and (
        name or "devices.txt" not in names
    ):
        return "ndjson"
    if names & HONO_FILES and "devices.txt" not in names:
        return "hono-1.1"
    return "devices.txt"


def usual_name(job_format: JobFormat) -> str:
    """The file read or written when none is named."""
    return "devices.ndjson" if job_format == "ndjson" else "devices.txt"


def export_spec(options: argparse.Namespace, tenant_id: str) -> JobSpec:
    """What to export, and to which folder."""
    folder = Path(options.path).expanduser().absolute()
    job_format: JobFormat = options.format
    try:
        taken = folder.exists() and not folder.is_dir()
    except OSError as error:
        raise _not_reached(f"The folder {folder} cannot be reached", error) from None
    if taken:
        raise UsageFault(f"{folder} is a file; an export needs a folder.")
    return JobSpec(
        type=JobType.EXPORT,
        tenant_id=tenant_id,
        folder=str(folder),
        format=job_format,
        blob_name=usual_name(job_format),
        exclude_keys=options.exclude_keys,
    )


def _not_reached(what: str, error: OSError) -> Unreachable:
    return Unreachable(
        f"{what}: {error.strerror}.",
        layer="permission",
        hint="Check the permissions of its folders, or name another.",
    )


@contextlib.contextmanager
def _interruption() -> Iterator[asyncio.Event]:
    """Ctrl+C and a polite kill ask for the end of the job instead of tearing it."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _watch(jobs: JobsPort, job: Job, interrupted: asyncio.Event) -> Job:
    progress = _Progress()
    asked = False
    while not job.status.finished:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupted.wait(), _LOOK_EVERY)
        if interrupted.is_set() and not asked:
            asked = True
            with contextlib.suppress(Invalid):  # it ended by itself in this moment
                await jobs.cancel(job.job_id)
        if asked:
            await asyncio.sleep(_LOOK_EVERY)
        job = await jobs.get(job.job_id)
        progress.show(job)
    progress.clear()
    return job


class _Progress:
    """One line that rewrites itself, on a terminal only."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = time.monotonic()

    def show(self, job: Job) -> None:
        if not self._terminal:
            return
        fraction = "" if job.fraction is None else f"{job.fraction:4.0%}  "
        rate = job.counts.lines / max(0.1, time.monotonic() - self._began)
        failed = f", {job.counts.failed:,} failed" if job.counts.failed else ""
        line = f"{fraction}{job.counts.lines:,} lines{failed}, {rate:,.0f} a second"
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")


async def _report(jobs: JobsPort, job: Job) -> int:
    """Say how it ended, the failed lines first."""
    if job.counts.failed:
        await _say_errors(jobs, job)
    say(summary(job))
    good = job.status is JobStatus.COMPLETED and not job.counts.failed
    return GOOD if good else FAILED


async def _say_errors(jobs: JobsPort, job: Job) -> None:
    for error in await jobs.errors(job.job_id, skip=0, limit=_ERRORS_SHOWN):
        where = "" if error.line is None else f"line {error.line}: "
        what = f"{error.device_id}: " if error.device_id else ""
        say(f"{where}{what}{error.message} ({error.code})")
    left = job.counts.failed - _ERRORS_SHOWN
    if left > 0:
        name = "importErrors.log" if job.spec.type is JobType.IMPORT else "exportErrors.log"
        say(f"… {left:,} more in {job.spec.folder}/{name}")


def summary(job: Job) -> str:
    """How a finished job ended, in one line."""
    counts = job.counts
    numbers = f"{counts.lines:,} {'line' if counts.lines == 1 else 'lines'}"
    if job.spec.type is JobType.IMPORT:
        numbers += (
            f": {counts.created:,} created, {counts.updated:,} updated, "
            f"{counts.deleted:,} deleted, {counts.failed:,} failed"
        )
        if counts.passed_over:
            numbers += f", {counts.passed_over:,} passed over"
    elif counts.failed:
        numbers += f", {counts.failed:,} failed"
    where = f"{job.spec.folder}/{job.spec.blob_name}"
    if job.spec.format == "hono-1.1":
        where = job.spec.folder
    text = f"{job.spec.type.capitalize()} of {where} {job.status.value}, {numbers}."
    if job.status is JobStatus.FAILED:
        text += f" {job.failure_reason or ''}".rstrip()
    elif job.status is JobStatus.CANCELLED and job.spec.type is JobType.IMPORT:
        text += " Lines already applied stay."
    return text
