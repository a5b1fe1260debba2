"""Jobs on a remote hub: its own between containers, and those that this side runs (iothub 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from console.adapters.iothub_blobs import blob_lines, blob_size_in_lines, is_container
from console.adapters.iothub_bodies import moment_of
from console.adapters.iothub_lines import check_source, file_of
from console.adapters.iothub_runs import ERRORS_FILE, Run
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_trial import try_import
from console.adapters.ports.jobs import JobAbilities
from registry_backend.domain.document import JsonObject
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import (
    Fault,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Unsupported,
)
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import (
    ImportMode,
    Job,
    JobCounts,
    JobError,
    JobSpec,
    JobStatus,
    JobType,
)
from registry_backend.domain.timestamps import NOT_TOLD
from registry_backend.wire.import_errors import parse_error_line

NOT_TOLD_FOLDER = "(the hub does not say)"
MOST_ERRORS = 10_000
"""Failed lines of one job that are kept."""
_WAITING = ("enqueued", "queued", "scheduled", "unknown")


class HubJobs:
    """Import and export jobs of a remote hub.

    Args:
        session: The hub.
        proxy: Address of the proxy to containers.
    """

    def __init__(self, session: HubSession, *, proxy: str | None) -> None:
        self.abilities = JobAbilities(
            imports=("devices.txt", "csv", "ndjson"),
            exports=("devices.txt", "ndjson"),
            folders=True,
            containers=True,
            can_forget=True,
            can_dry_run=True,
        )
        self._session, self._proxy = session, proxy
        self._runs: dict[str, Run] = {}
        self._specs: dict[str, JobSpec] = {}
        """What was asked of the hub in this session, with the secrets of the containers."""
        self._results: dict[str, tuple[JobCounts, Sequence[JobError]]] = {}

    async def close(self) -> None:
        """Stop what this side runs."""
        for run in self._runs.values():
            await run.stop()

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """As JobsPort."""
        if tenant_id is not None:
            self._session.check_tenant(tenant_id)
        what = f"the jobs of hub {self._session.tenant_id}"
        answer = await self._session.send("GET", ("jobs",), what=what)
        found = answer.json(what)
        if not isinstance(found, list):
            raise Fault(f"{what[:1].upper()}{what[1:]} came as something else than an array.")
        theirs = [await self._job_of(each) for each in found if _is_transfer(each)]
        mine = [run.job for run in self._runs.values()]
        return sorted((*mine, *theirs), key=lambda job: job.created_at, reverse=True)

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        run = self._runs.get(job_id)
        if run is not None:
            return run.job
        what = f"job {job_id}"
        answer = await self._session.send("GET", ("jobs", job_id), what=what)
        members = answer.json(what)
        if not _is_transfer(members):
            raise NotFound(f"There is no import or export {job_id!r}.")
        return await self._job_of(members)

    async def create(self, spec: JobSpec) -> Job:
        """As JobsPort: the hub's own where a container is named, else one that this side runs."""
        self._session.check_tenant(spec.tenant_id)
        self._check_format(spec)
        if is_container(spec.folder):
            return await self._ask(spec)
        if spec.type is JobType.EXPORT:
            _check_folder(spec)
        size = check_source(spec) if spec.type is JobType.IMPORT else None
        running = [run.job for run in self._runs.values() if not run.job.status.finished]
        if running:
            raise LimitReached(
                f"This console runs one import or export at a time on a hub; {running[0].job_id} "
                "is running.",
                hint="Wait for it, or cancel it.",
            )
        if spec.type is JobType.EXPORT and not spec.exclude_keys:
            self._session.tell(f"{file_of(spec)} will hold the devices' keys in clear.")
        job = Job(
            job_id=generate_id(),
            spec=spec,
            status=JobStatus.ENQUEUED,
            created_at=datetime.now(UTC),
            total_bytes=size,
        )
        run = self._runs[job.job_id] = Run(self._session, job)
        run.start()
        return run.job

    async def dry_run(
        self, spec: JobSpec, *, progress: Callable[[int], object] | None = None
    ) -> DryRun:
        """As JobsPort; by what the hub lists, and by queries beyond that."""
        self._session.check_tenant(spec.tenant_id)
        self._check_format(spec)
        if not is_container(spec.folder):
            check_source(spec)
        return await try_import(self._session, spec, proxy=self._proxy, progress=progress)

    async def cancel(self, job_id: str) -> Job:
        """As JobsPort; read first, since hubs fail at old jobs (iothub 6.1)."""
        job = await self.get(job_id)
        if job.status.finished:
            raise Invalid(f"Job {job_id} is {job.status.value} already.")
        run = self._runs.get(job_id)
        if run is not None:
            await run.stop()
            return run.job
        await self._session.send("DELETE", ("jobs", job_id), what=f"job {job_id}")
        return await self.get(job_id)

    async def forget(self, job_id: str) -> None:
        """As JobsPort, for jobs of this side."""
        run = self._runs.get(job_id)
        if run is None:
            await self.get(job_id)
            raise Unsupported("A hub keeps its list of jobs itself, for about 30 days.")
        if not run.job.status.finished:
            raise Invalid(f"Job {job_id} is still running.", hint="Cancel it first.")
        del self._runs[job_id]

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """As JobsPort; of a hub's own job where its container was named in this session."""
        run = self._runs.get(job_id)
        if run is not None:
            return run.failed[skip : skip + limit]
        job = await self.get(job_id)
        if job_id not in self._specs:
            raise Unsupported(
                "Which lines failed stands in importErrors.log of the container, whose address "
                "was not given in this session."
            )
        _, errors = self._results.get(job.job_id, (None, ()))
        return errors[skip : skip + limit]

    # the hub's own jobs

    async def _ask(self, spec: JobSpec) -> Job:
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
        if not _is_transfer(members):
            raise Fault("The hub accepted the job, but does not say which it is.")
        self._specs[members["jobId"]] = spec
        return await self._job_of(members)

    async def _job_of(self, members: JsonObject) -> Job:
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
            if job.spec.type is JobType.EXPORT or job.failure_reason:
                return job
            told = "How many lines failed stands in importErrors.log of its container."
            return job.model_copy(update={"failure_reason": told})
        if job.job_id not in self._results:
            try:
                self._results[job.job_id] = await self._result_of(job.spec)
            except RegistryError as error:
                return job.model_copy(update={"failure_reason": f"Its result is unknown: {error}"})
        counts, _ = self._results[job.job_id]
        return job.model_copy(update={"counts": counts})

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
        effect = "deleted" if spec.default_mode is ImportMode.DELETE else "updated"
        return JobCounts(lines=max(lines, failed), failed=failed, **{effect: done}), errors

    def _check_format(self, spec: JobSpec) -> None:
        known = self.abilities.imports if spec.type is JobType.IMPORT else self.abilities.exports
        if is_container(spec.folder) and spec.type is JobType.EXPORT:
            known = ("devices.txt",)
        if spec.format not in known:
            raise Invalid.at("format", f"must be one of {', '.join(known)} here")
        if spec.format != "devices.txt" and is_container(spec.folder):
            raise Invalid.at(
                "format", "a hub reads devices.txt from containers; import others from a folder"
            )
        default = ImportMode.CREATE_OR_UPDATE
        if is_container(spec.folder) and spec.default_mode is not default:
            raise Invalid.at(
                "default_mode", f"a hub takes lines without importMode as {default.value}"
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


def _check_folder(spec: JobSpec) -> None:
    folder = file_of(spec).parent
    if not folder.is_dir():
        raise Invalid.told("folder", f"There is no folder {folder}.", hint="Make it first.")


def _is_transfer(members: Any) -> bool:
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
