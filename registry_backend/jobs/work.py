"""Where a running job finds its files on this machine, whatever its containers are.

What a blob container holds is spooled: brought to a private folder before it is read, and taken
from there once it is written. So a job goes on after an interruption as one between folders does.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from registry_backend.domain.errors import Fault
from registry_backend.domain.jobs import Job, JobSpec, JobType
from registry_backend.jobs.blob_address import BlobContainer
from registry_backend.jobs.containers import ERROR_LOG, EXPORT_ERROR_LOG, Folder
from registry_backend.jobs.places import places_of
from registry_backend.wire.hono_files import FILE_NAMES

_ONLY_OWNER = 0o700
_IN, _OUT = "in", "out"
_USUAL_NAME = "devices.txt"
_FORGOTTEN_AFTER = 24 * 3600.0
"""Seconds after which a folder that belongs to no job is somebody's leftover."""


@dataclass(frozen=True, slots=True)
class Work:
    """A job as its files lie on this machine.

    Args:
        spec: What is asked for, between folders of this machine.
        wanted: What is asked for, as the caller said it.
        fetched_from: Where the input is brought from first.
        delivered_to: Where the output is taken at the end.
    """

    spec: JobSpec
    wanted: JobSpec
    fetched_from: BlobContainer | None = None
    delivered_to: BlobContainer | None = None

    @property
    def local(self) -> bool:
        """Whether the job works in its folders themselves."""
        return self.fetched_from is None and self.delivered_to is None

    @property
    def source(self) -> Folder:
        """What an import reads."""
        return Folder.parse(self.spec.folder)

    @property
    def target(self) -> Folder:
        """Where the job writes."""
        return Folder.parse(self.spec.written_folder)

    @property
    def error_log(self) -> Path:
        """Where failed lines are written."""
        name = ERROR_LOG if self.spec.type is JobType.IMPORT else EXPORT_ERROR_LOG
        return self.target.file(name)

    def inputs(self) -> dict[str, str]:
        """The blobs an import may read, and the names of their files here."""
        if self.spec.format == "hono-1.1":
            return {name: name for name in FILE_NAMES}
        return {self.wanted.blob_name: self.spec.blob_name}

    def outputs(self) -> dict[str, str]:
        """The blobs a job writes, and the names of their files here; some may not be there."""
        if self.spec.type is JobType.IMPORT:
            return {ERROR_LOG: ERROR_LOG}
        return {**self.inputs(), EXPORT_ERROR_LOG: EXPORT_ERROR_LOG}


class Spool:
    """Private folders of jobs, one each, in a folder beside the registry's data.

    Args:
        path: That folder; None where blob containers cannot be used.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def work(self, spec: JobSpec, job_id: str) -> Work:
        """A job's work; makes no folder yet. Raises Invalid, Fault (no room for blobs)."""
        places = places_of(spec)
        source, target = places.source, places.target
        fetched_from = source if isinstance(source, BlobContainer) else None
        delivered_to = target if isinstance(target, BlobContainer) else None
        update: dict[str, str | None] = {}
        if delivered_to is not None:
            update["output_folder"] = str(self._room(job_id) / _OUT)
        elif spec.type is JobType.IMPORT:
            update["output_folder"] = spec.written_folder
        if fetched_from is not None:
            update["folder"] = str(self._room(job_id) / _IN)
        elif spec.type is JobType.EXPORT and delivered_to is not None:
            update |= {"folder": str(self._room(job_id) / _OUT), "output_folder": None}
        if fetched_from is not None or (spec.type is JobType.EXPORT and delivered_to is not None):
            update["blob_name"] = _file_name(spec.blob_name)
        return Work(spec.model_copy(update=update), spec, fetched_from, delivered_to)

    def prepare(self, work: Work) -> None:
        """Make the folders that a job's work needs; nobody else may look into them."""
        for needed, folder in (
            (work.fetched_from, work.source),
            (work.delivered_to, work.target),
        ):
            if needed is not None:
                for path in (folder.path.parents[1], folder.path.parents[0], folder.path):
                    path.mkdir(mode=_ONLY_OWNER, exist_ok=True)

    def tidy(self, job_id: str) -> None:
        """Remove what a finished job leaves, but for its failed lines."""
        if self.path is None:
            return
        room = self.path / job_id
        shutil.rmtree(room / _IN, ignore_errors=True)
        for path in (room / _OUT).glob("*"):
            if path.name not in (ERROR_LOG, EXPORT_ERROR_LOG) or not path.stat().st_size:
                path.unlink()
        for path in (room / _OUT, room):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()

    def remove(self, job_id: str) -> None:
        """Remove all that a job left."""
        if self.path is not None:
            shutil.rmtree(self.path / job_id, ignore_errors=True)

    def sweep(self, jobs: Iterable[Job]) -> None:
        """Remove the leftovers of jobs that ended with their program, or that nobody knows."""
        if self.path is None or not self.path.is_dir():
            return
        finished = {job.job_id: job.status.finished for job in jobs}
        for room in self.path.iterdir():
            age = time.time() - room.stat().st_mtime
            if finished.get(room.name):
                self.tidy(room.name)
            elif room.name not in finished and age > _FORGOTTEN_AFTER:
                shutil.rmtree(room, ignore_errors=True)

    def _room(self, job_id: str) -> Path:
        if self.path is None:
            raise Fault(
                "This registry has no place to keep the files of blob containers.",
                hint="Import from and export to a folder.",
            )
        return self.path / job_id


def spool_beside(data: Path) -> Path:
    """Where jobs of the registry in this file keep what they bring from blob containers."""
    return data.with_name(f"{data.name}.jobs")


def _file_name(blob_name: str) -> str:
    """A name in the spool that none of the runner's own files has."""
    last = blob_name.rpartition("/")[2]
    ours = last.startswith(".") or last in (ERROR_LOG, EXPORT_ERROR_LOG)
    fits = last and not ours and len(os.fsencode(last)) <= 200
    return last if fits else _USUAL_NAME
