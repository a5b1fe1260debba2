"""Import and export jobs (iothub 4.5, 6.1 to 6.5; hono 4.1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from registry_backend.domain.document import Value

JobFormat = Literal["devices.txt", "hono-1.1", "ndjson", "csv"]
"""devices.txt: IoT Hub lines. hono-1.1: the file registry's three files. ndjson: whole devices
with credentials, one a line, for a faithful copy between registries of this kind. csv: a table of
devices with a header line, to import only."""


def without_query(place: str) -> str:
    """A folder or container to show: what follows its `?` lets anybody in (iothub 4.5)."""
    return urlunsplit(urlsplit(place)._replace(query="", fragment="")) if "://" in place else place


class JobType(StrEnum):
    """Which way a job moves devices."""

    IMPORT = "import"
    EXPORT = "export"


class JobStatus(StrEnum):
    """The life of a job (iothub 6.1)."""

    ENQUEUED = "enqueued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class ImportMode(StrEnum):
    """What an import line does to a device (iothub 6.4)."""

    CREATE_OR_UPDATE = "createOrUpdate"
    CREATE = "create"
    UPDATE = "update"
    UPDATE_IF_MATCH_ETAG = "updateIfMatchETag"
    CREATE_OR_UPDATE_IF_MATCH_ETAG = "createOrUpdateIfMatchETag"
    DELETE = "delete"
    DELETE_IF_MATCH_ETAG = "deleteIfMatchETag"


class JobSpec(Value):
    """What a person asks for.

    `folder` is read from (import) and written to (export): a path, a `file:` address, or the
    `http(s)` address of a blob container with its shared access signature, a secret.
    `tenant_id` may be `*` with hono-1.1, whose files hold many tenants: an import of them always
    goes into the tenants they name, an export writes that tenant or all.
    """

    type: JobType
    tenant_id: str
    folder: str = Field(min_length=1, repr=False)
    output_folder: str | None = Field(default=None, repr=False)
    """Where an import writes `importErrors.log`; None: into `folder`."""
    format: JobFormat = "devices.txt"
    blob_name: str = "devices.txt"
    """The file inside the folder; hono-1.1 uses its three fixed names instead."""
    exclude_keys: bool = False
    """Export only: write null keys."""
    default_mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    """Import only: for lines that name no importMode."""

    @property
    def shown_folder(self) -> str:
        """The folder without its secrets."""
        return without_query(self.folder)

    @property
    def written_folder(self) -> str:
        """Where results are written; may hold a secret, as `folder`."""
        return self.output_folder or self.folder


class JobCounts(Value):
    """What a job has done so far. A line of an import counts in one of these besides `lines`."""

    lines: int = 0
    """Lines read (import) or written (export); of hono-1.1, entries of its files; of csv, rows."""
    created: int = 0
    updated: int = 0
    deleted: int = 0
    failed: int = 0
    """Lines that have an error in the log, even if the rest of the line took effect."""
    applied_untold: int = 0
    """Lines that took effect where nobody told which: a remote hub names only those that failed."""

    @property
    def applied(self) -> int:
        """Lines that took effect."""
        return self.created + self.updated + self.deleted + self.applied_untold

    @property
    def passed_over(self) -> int:
        """Lines of an import that asked for nothing: blank ones, tenants as they were already."""
        return max(0, self.lines - self.applied - self.failed)


class JobCheckpoint(Value):
    """Where a job stands; saved in the same transaction as the lines it covers.

    Import: bytes of input consumed. Export: bytes written, and the last device id in them.
    """

    offset: int = 0
    error_bytes: int = 0
    """Length of `importErrors.log` that belongs to the lines covered."""
    after_id: str | None = None
    cursor: str | None = None
    """Where an export goes on: the store's own mark for the row of `after_id`."""


class Job(Value):
    """An import or export as the registry holds it."""

    job_id: str
    spec: JobSpec
    status: JobStatus
    counts: JobCounts = Field(default_factory=JobCounts)
    checkpoint: JobCheckpoint = Field(default_factory=JobCheckpoint)
    total_bytes: int | None = None
    """Size of the input of an import."""
    total_lines: int | None = None
    """Devices to write, of an export."""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    resumed: int = 0
    """How often it was taken up again after an interruption."""
    failure_reason: str | None = None
    owner: str | None = None
    """Who runs it, as `host:pid:start`; None when nobody does."""
    heartbeat_at: datetime | None = None
    """When the owner last said that it is alive."""
    input_stamp: str | None = None
    """Tells whether the input is still the file the job began with."""

    moved_bytes: int | None = None
    """Bytes of blobs brought here or taken away so far, while that is all that happens."""

    stopping: bool = False
    """Somebody cancelled it: no further line is applied, and it is cancelled once its log is
    where callers look for it."""

    reported: float | None = None
    """Progress from 0 to 1 as a remote registry tells it, which knows no lines."""

    counts_told: bool = True
    """Whether `counts` are whole. A remote hub counts nothing itself: where its container cannot
    be asked, only the failed lines counted, if any, are known."""

    interrupted: bool = False
    """Unfinished, and nobody runs it: found out when it is looked at, never stored."""

    @property
    def standing(self) -> str:
        """How it stands, in a word for people."""
        return "interrupted" if self.interrupted else self.status.value

    @property
    def fraction(self) -> float | None:
        """Progress from 0 to 1; None while it cannot be known."""
        if self.status is JobStatus.COMPLETED:
            return 1.0
        if self.reported is not None:
            return self.reported
        if self.spec.type is JobType.IMPORT:
            done, whole = self.checkpoint.offset, self.total_bytes
        else:
            done, whole = self.counts.lines, self.total_lines
        return min(1.0, done / whole) if whole else None


class JobError(Value):
    """One line that an import did not apply (iothub 6.5)."""

    line: int | None = None
    """Counted from 1; None when the log does not say."""
    device_id: str | None = None
    code: int
    """An IoT Hub error number such as 409001."""
    message: str
