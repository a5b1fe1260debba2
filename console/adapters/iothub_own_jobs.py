"""Jobs that a hub runs itself, between blob containers (iothub 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from console.adapters.iothub_blobs import blob_lines, blob_size_in_lines
from console.adapters.iothub_bodies import moment_of
from console.adapters.iothub_runs import ERRORS_FILE
from console.adapters.iothub_session import HubSession
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Fault, RegistryError, Unsupported
from registry_backend.domain.jobs import Job, JobCounts, JobError, JobSpec, JobStatus, JobType
from registry_backend.domain.timestamps import NOT_TOLD
from registry_backend.wire.import_errors import parse_error_line

NOT_TOLD_FOLDER = "(the hub does not say)"
UNTOLD_LINES = (
    "The hub does not say how many lines failed: importErrors.log of its container does. The "
    "container's address is not kept, since it holds a secret."
)
UNTOLD_DEVICES = (
    "The hub does not say how many devices it wrote: the file in its container shows it. The "
    "container's address is not kept, since it holds a secret."
)
STOPPED = "The hub does not say how many lines were applied before it was stopped."
MOST_ERRORS = 10_000
"""Failed lines of one job that are kept."""
_WAITING = ("enqueued", "queued", "scheduled", "unknown")


class OwnJobs:
    """A hub's own jobs, and what became of those that were asked for in this session.

    Args:
        session: The hub.
        proxy: Address of the proxy to containers.
    """

    def __init__(self, session: HubSession, *, proxy: str | None) -> None:
        self._session, self._proxy = session, proxy
        self._specs: dict[str, JobSpec] = {}
        """What was asked of the hub in this session, with the secrets of the containers."""
        self._results: dict[str, tuple[JobCounts, Sequence[JobError]]] = {}

    def errors(self, job_id: str) -> Sequence[JobError]:
        """The lines that failed. Raises Unsupported for a job whose container is not known."""
        if job_id not in self._specs:
            raise Unsupported(
                "Which lines failed stands in importErrors.log of the container, whose address "
                "was not given in this session and is not kept, since it holds a secret."
            )
        _, errors = self._results.get(job_id, (None, ()))
        return errors

    async def ask(self, spec: JobSpec) -> Job:
        """Ask for one. Raises RegistryError, also for a container that will not do."""
        what = f"{spec.type.value} job"
        body: JsonObject = {
            "type": spec.type.value,
            "outputBlobContainerUri": spec.written_folder,
            "storageAuthenticationType": "keyBased",
        }
        if spec.type is JobType.IMPORT:
            body |= {"inputBlobContainerUri": spec.folder, "inputBlobName": spec.blob_name}
        else:
            body |= {
                "outputBlobName": spec.blob_name,
                "excludeKeysInExport": spec.exclude_keys,
            }
        answer = await self._session.send("POST", ("jobs", "create"), what=what, body=body)
        members = answer.json(what)
        if not is_transfer(members):
            raise Fault("The hub accepted the job, but does not say which it is.")
        self._specs[members["jobId"]] = spec
        return await self.job_of(members)

    async def job_of(self, members: JsonObject) -> Job:
        """A job as the hub shows it, with its result where that can be fetched."""
        job_id = str(members["jobId"])
        status = _status(members.get("status"))
        begun = moment_of(members.get("startTimeUtc"))
        progress = members.get("progress")
        job = Job(
            job_id=job_id,
            spec=self._specs.get(job_id) or self._spec_of(members),
            status=status,
            created_at=begun or NOT_TOLD,
            started_at=begun if status is not JobStatus.ENQUEUED else None,
            ended_at=moment_of(members.get("endTimeUtc")) if status.finished else None,
            failure_reason=str(members.get("failureReason") or "") or None,
            reported=min(1.0, progress / 100) if isinstance(progress, int) else None,
            counts_told=False,
        )
        return await self._with_result(job)

    def _spec_of(self, members: JsonObject) -> JobSpec:
        kind = JobType(str(members["type"]).lower())
        side = "input" if kind is JobType.IMPORT else "output"
        return JobSpec(
            type=kind,
            tenant_id=self._session.tenant_id,
            folder=str(members.get(f"{side}BlobContainerUri") or NOT_TOLD_FOLDER),
            blob_name=str(members.get(f"{side}BlobName") or "devices.txt"),
            exclude_keys=bool(members.get("excludeKeysInExport")),
        )

    async def _with_result(self, job: Job) -> Job:
        """The job with the lines that failed, which only the container tells (iothub 6.5)."""
        if not job.status.finished or job.status is JobStatus.FAILED:
            return job
        if job.job_id not in self._specs:
            untold = UNTOLD_LINES if job.spec.type is JobType.IMPORT else UNTOLD_DEVICES
            return job.model_copy(update={"failure_reason": job.failure_reason or untold})
        if job.job_id not in self._results:
            try:
                self._results[job.job_id] = await self._result_of(job.spec)
            except RegistryError as error:
                return job.model_copy(update={"failure_reason": f"Its result is unknown: {error}"})
        counts, _ = self._results[job.job_id]
        if job.status is JobStatus.CANCELLED:
            return _stopped(job, counts)
        return job.model_copy(update={"counts": counts, "counts_told": True})

    async def _result_of(self, spec: JobSpec) -> tuple[JobCounts, Sequence[JobError]]:
        lines = await blob_size_in_lines(spec.folder, spec.blob_name, proxy=self._proxy)
        if spec.type is JobType.EXPORT:
            return JobCounts(lines=lines), ()
        errors = [
            parse_error_line(line)
            async for line in _first(
                blob_lines(spec.written_folder, ERRORS_FILE, proxy=self._proxy), MOST_ERRORS
            )
        ]
        failed = len(errors)
        done = max(0, lines - failed)
        return JobCounts(lines=max(lines, failed), failed=failed, applied_untold=done), errors


def _stopped(job: Job, counts: JobCounts) -> Job:
    """A job that was cancelled: the lines that failed are known, the others are not."""
    known = JobCounts(lines=counts.failed, failed=counts.failed)
    importing = job.spec.type is JobType.IMPORT
    return job.model_copy(
        update={"counts": known, "failure_reason": STOPPED if importing else job.failure_reason}
    )


async def _first(lines: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    count = 0
    async for line in lines:
        if not line.strip():
            continue
        yield line
        count += 1
        if count == most:
            return


def is_transfer(members: Any) -> bool:
    """Whether it is a job that imports or exports; a hub has others."""
    return (
        isinstance(members, dict)
        and isinstance(members.get("jobId"), str)
        and str(members.get("type")).lower() in ("import", "export")
    )


def _status(value: Any) -> JobStatus:
    text = str(value).lower()
    if text in _WAITING:
        return JobStatus.ENQUEUED
    try:
        return JobStatus(text)
    except ValueError:
        return JobStatus.RUNNING
