"""`importErrors.log` in a job's folder, in step with the job's checkpoint (iothub 6.5).

Lines are written at the length the checkpoint knows, before the transaction that moves it. After an
interruption the file is at most too long, never too short, and is cut back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from errno import ENOENT
from pathlib import Path
from typing import BinaryIO

from registry_backend.domain.errors import NotFound
from registry_backend.domain.jobs import Job, JobError, JobStatus
from registry_backend.jobs.troubles import about
from registry_backend.wire.import_errors import format_error_line, parse_error_line


class ErrorLog:
    """The log of one running job. Its methods raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def cut(self, length: int) -> None:
        """Make the file exactly the lines that the checkpoint covers; create it if need be."""
        with self.path.open("ab") as file:
            if file.tell() < length:
                raise FileNotFoundError(
                    ENOENT, "lines written to it before are gone", str(self.path)
                )
            file.truncate(length)

    def put(self, at: int, errors: Sequence[JobError]) -> int:
        """Write lines at a position and have them on disk; the new length.

        Writing the same lines at the same place again changes nothing, as a transaction that runs
        twice requires.
        """
        if not errors:
            return at
        text = "".join(f"{format_error_line(error)}\n" for error in errors).encode("utf-8")
        with about(self.path), self.path.open("r+b") as file:
            file.seek(at)
            file.write(text)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        return at + len(text)


def read_errors(path: Path, job: Job, *, skip: int, limit: int) -> list[JobError]:
    """Some lines of a job's log, as far as its checkpoint reaches.

    Raises:
        NotFound: when the file is gone or was replaced, by a later job for instance.
    """
    if not job.counts.failed:
        return []
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # Jobs that some other program ran come without a checkpoint.
            length = job.checkpoint.error_bytes or size
            if size < length or (job.status is JobStatus.COMPLETED and size != length):
                raise NotFound(
                    f"{path} no longer holds the errors of this job: it was replaced since.",
                    hint="A later job in the same folder writes the file anew.",
                )
            return _read(file, length, skip, limit)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}.", hint="It holds the errors of this job."
        ) from None


def _read(file: BinaryIO, length: int, skip: int, limit: int) -> list[JobError]:
    errors: list[JobError] = []
    position = 0
    for number, line in enumerate(file):
        position += len(line)
        if position > length or len(errors) >= limit:
            break
        if number >= skip:
            errors.append(parse_error_line(line))
    return errors
