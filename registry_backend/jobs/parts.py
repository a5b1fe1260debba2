"""Files that an export is still writing: beside their final name, readable by the owner alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from registry_backend.domain.jobs import JobType
from registry_backend.jobs.troubles import about
from registry_backend.jobs.work import Work
from registry_backend.wire.hono_files import FILE_NAMES

_ONLY_OWNER = 0o600
"""Exports hold keys."""


class Part:
    """An unfinished file. Its methods block and raise OSError."""

    def __init__(self, path: Path, file: BinaryIO, length: int) -> None:
        self._path = path
        self._file = file
        self.length = length
        """Bytes written so far."""

    @classmethod
    def create(cls, path: Path) -> Self:
        """Begin a file anew."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OWNER)
        return cls(path, os.fdopen(descriptor, "wb"), 0)

    @classmethod
    def reopen(cls, path: Path, length: int) -> Self | None:
        """Go on after `length` bytes; None when the file no longer has them."""
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            return None
        if file.seek(0, os.SEEK_END) < length:
            file.close()
            return None
        file.seek(length)
        file.truncate()
        return cls(path, file, length)

    def write(self, text: bytes) -> None:
        """Append."""
        with about(self._path):
            self._file.write(text)
        self.length += len(text)

    def sync(self) -> None:
        """Have what was written on disk."""
        with about(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())

    def publish(self, target: Path) -> None:
        """Give the finished file its name, in place of an older one."""
        self.sync()
        self._path.replace(target)
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Let go of the file; what a full disk kept from it is lost with it."""
        # Closing tries a failed write once more; that failure was raised where it happened.
        with suppress(OSError):
            self._file.close()


def remove_parts(work: Work, job_id: str) -> None:
    """Remove the unfinished files of an export that nobody will go on with."""
    if work.spec.type is JobType.EXPORT:
        for path in part_paths(work, job_id):
            path.unlink(missing_ok=True)


def part_paths(work: Work, job_id: str) -> list[Path]:
    """Where a job's unfinished files lie."""
    names = FILE_NAMES if work.spec.format == "hono-1.1" else (work.spec.blob_name,)
    return [work.target.file(f".{name}.{job_id[:8]}.part") for name in names]
