"""`idconsole import` and `export`: a job from start to end, watched from the terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from console.adapters.base import refuse_write
from console.adapters.ports.jobs import JobsPort
from console.commands.boundary import FAILED, GOOD, UsageFault
from console.commands.moving_missing import check_missing
from console.commands.output import say, write_json
from console.commands.places import container_named, is_address
from console.commands.session import adapter_for, need, tenant_for
from console.commands.shapes import job_json
from console.commands.tenants import check_creation, have_tenant
from console.commands.trying import try_import
from console.commands.watching import ALL_TENANTS, go_on_first, interruption, watch
from registry_backend.domain.errors import NotFound, Unreachable
from registry_backend.domain.formats import (
    HEAD_BYTES,
    format_of_name,
    input_among,
    told_format,
    usual_name,
)
from registry_backend.domain.jobs import (
    ImportMode,
    Job,
    JobFormat,
    JobSpec,
    JobStatus,
    JobType,
    without_query,
)

_ERRORS_SHOWN = 20


def run(options: argparse.Namespace) -> int:
    """Run the job; 1 when lines failed, or the whole of it did, or it was interrupted."""
    if options.read_only and not _trying(options):
        raise refuse_write()
    check_creation(options)
    return asyncio.run(_run(options))


def _trying(options: argparse.Namespace) -> bool:
    return options.command == "import" and bool(options.dry_run)


async def _run(options: argparse.Namespace) -> int:
    registry = adapter_for(options, writes=not _trying(options))
    need(registry.jobs, "jobs")
    make_spec = import_spec if options.command == "import" else export_spec
    spec = make_spec(options, options.tenant or ALL_TENANTS)
    if not _trying(options):
        await check_missing(registry, options, spec)
    async with registry as adapter:
        jobs = need(adapter.jobs, "jobs")
        if spec.format != "hono-1.1":
            tenant_id = await tenant_for(adapter, options)
            spec = spec.model_copy(update={"tenant_id": tenant_id})
            await have_tenant(adapter.tenants, options, spec)
        if _trying(options):
            return await try_import(jobs, spec, as_json=options.json)
        with _folder_made(spec), interruption() as interrupted:
            job = await go_on_first(jobs, spec.tenant_id, interrupted)
            if not interrupted.is_set():
                job = await watch(jobs, await jobs.create(spec), interrupted)
        if job is None:
            return FAILED
        if options.json:
            write_json(job_json(job))
        return await _report(jobs, job)


@contextlib.contextmanager
def _folder_made(spec: JobSpec) -> Iterator[None]:
    """Make the folder of an export; what was made and stayed empty goes again at the end."""
    folder = Path(spec.folder)
    missing: list[Path] = []
    making = spec.type is JobType.EXPORT and not is_address(spec.folder)
    if making:
        missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        if making:
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
    """What to import: a folder with a file of the usual name, a file of any name, a container."""
    container = _container(options)
    if container is not None:
        name = options.blob
        named: JobFormat = options.format or format_of_name(name or "") or "devices.txt"
        return _import_spec(options, tenant_id, container, name, named)
    if options.blob:
        raise UsageFault("--blob names a blob in a container; name a file by its path.")
    path = Path(options.path).expanduser().absolute()
    name, told = told_input(path)
    folder = path if path.is_dir() else path.parent
    chosen: JobFormat = options.format or told
    if folder == path and chosen != told:
        name = None  # the folder's file of that format
    return _import_spec(options, tenant_id, str(folder), name, chosen)


def _import_spec(
    options: argparse.Namespace,
    tenant_id: str,
    folder: str,
    name: str | None,
    chosen: JobFormat,
) -> JobSpec:
    if chosen == "hono-1.1" and options.tenant:
        raise UsageFault("The three files of hono-1.1 name their tenants: leave out --tenant.")
    if chosen == "hono-1.1" and name:
        raise UsageFault("hono-1.1 reads three files: name the folder that holds them.")
    return JobSpec(
        type=JobType.IMPORT,
        tenant_id=tenant_id,
        folder=folder,
        output_folder=None if options.log_from is None else container_named(options.log_from),
        format=chosen,
        blob_name=name or usual_name(chosen),
        default_mode=ImportMode(options.mode),
    )


def _container(options: argparse.Namespace) -> str | None:
    """The address of a container, a secret, where one is meant. Raises UsageFault."""
    if (options.path is None) == (options.container_from is None):
        raise UsageFault("Name a folder or file, or a container by --container-from.")
    if options.container_from is not None:
        return container_named(options.container_from)
    return options.path if is_address(options.path) else None


def told_input(path: Path) -> tuple[str | None, JobFormat]:
    """A file's name and format, or those of what a folder holds. Raises Unreachable."""
    try:
        mode = path.stat().st_mode
        if S_ISDIR(mode):
            return input_among([entry.name for entry in path.iterdir()])
        if not S_ISREG(mode):  # a pipe would be waited for; the import refuses it
            return path.name, "devices.txt"
        with path.open("rb") as file:
            return path.name, told_format(path.name, file.read(HEAD_BYTES))
    except FileNotFoundError:
        raise NotFound(f"There is nothing at {path}.", hint="Check the path.") from None
    except OSError as error:
        raise _not_reached(f"{path} cannot be read", error) from None


def export_spec(options: argparse.Namespace, tenant_id: str) -> JobSpec:
    """What to export, and to which folder or container."""
    container = _container(options)
    if container is not None:
        return _export_spec(options, tenant_id, container)
    if options.blob:
        raise UsageFault("--blob names a blob in a container; a file has its usual name.")
    folder = Path(options.path).expanduser().absolute()
    try:
        taken = folder.exists() and not folder.is_dir()
    except OSError as error:
        raise _not_reached(f"The folder {folder} cannot be reached", error) from None
    if taken:
        raise UsageFault(f"{folder} is a file; an export needs a folder.")
    return _export_spec(options, tenant_id, str(folder))


def _export_spec(options: argparse.Namespace, tenant_id: str, folder: str) -> JobSpec:
    return JobSpec(
        type=JobType.EXPORT,
        tenant_id=tenant_id,
        folder=folder,
        format=options.format,
        blob_name=options.blob or usual_name(options.format),
        exclude_keys=options.exclude_keys,
    )


def _not_reached(what: str, error: OSError) -> Unreachable:
    return Unreachable(
        f"{what}: {error.strerror}.",
        layer="permission",
        hint="Check the permissions of its folders, or name another.",
    )


async def _report(jobs: JobsPort, job: Job) -> int:
    """Say how it ended, the failed lines first."""
    if job.counts.failed:
        await _say_errors(jobs, job)
    say(summary(job))
    good = job.status is JobStatus.COMPLETED and job.counts_told and not job.counts.failed
    return GOOD if good else FAILED


async def _say_errors(jobs: JobsPort, job: Job) -> None:
    for error in await jobs.errors(job.job_id, skip=0, limit=_ERRORS_SHOWN):
        where = "" if error.line is None else f"line {error.line}: "
        what = f"{error.device_id}: " if error.device_id else ""
        say(f"{where}{what}{error.message} ({error.code})")
    left = job.counts.failed - _ERRORS_SHOWN
    if left > 0:
        name = "importErrors.log" if job.spec.type is JobType.IMPORT else "exportErrors.log"
        say(f"… {left:,} more in {without_query(job.spec.written_folder)}/{name}")


def summary(job: Job) -> str:
    """How a finished job ended, in one line."""
    counts = job.counts
    numbers = f"{counts.lines:,} {'line' if counts.lines == 1 else 'lines'}"
    if job.spec.type is JobType.IMPORT:
        done = f"{counts.created:,} created, {counts.updated:,} updated, {counts.deleted:,} deleted"
        if counts.applied_untold:
            done = f"{counts.applied:,} applied"
        numbers += f": {done}, {counts.failed:,} refused"
        if counts.passed_over:
            numbers += f", {counts.passed_over:,} skipped, blank or as they were"
    else:
        numbers += f", {counts.failed:,} failed"
    if not job.counts_told:
        numbers = f"{counts.failed:,} refused" if counts.failed else "lines not counted"
    where = f"{job.spec.shown_folder}/{job.spec.blob_name}"
    if job.spec.format == "hono-1.1":
        where = job.spec.shown_folder
    text = f"{job.spec.type.capitalize()} of {where} {job.status.value}, {numbers}."
    if job.status is JobStatus.FAILED or (
        job.status is JobStatus.COMPLETED and not job.counts_told
    ):
        text += f" {job.failure_reason or ''}".rstrip()
    elif job.status is JobStatus.CANCELLED and job.spec.type is JobType.IMPORT:
        text += f" Lines already applied stay. {job.failure_reason or ''}".rstrip()
    return text
