"""Jobs on a remote hub: its own between containers, and those that this side runs (iothub 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic

from console.adapters.iothub_blobs import is_container
from console.adapters.iothub_lines import check_source, file_of
from console.adapters.iothub_own_jobs import OwnJobs, is_transfer
from console.adapters.iothub_runs import Run
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_trial import try_import
from console.adapters.ports.jobs import JobAbilities
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import Fault, Invalid, LimitReached, NotFound, Unsupported
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import ImportMode, Job, JobError, JobSpec, JobStatus, JobType

LOOK_SECONDS = 1.5
"""A job of the hub is looked at no more often, however often it is asked for (iothub 6.6)."""


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
        self._own = OwnJobs(session, proxy=proxy)
        self._seen: dict[str, tuple[Job, float]] = {}
        """The hub's own jobs that were under way when they were looked at, and when that was."""

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
        theirs = [await self._own.job_of(each) for each in found if is_transfer(each)]
        mine = [run.job for run in self._runs.values()]
        return sorted((*mine, *theirs), key=lambda job: job.created_at, reverse=True)

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        run = self._runs.get(job_id)
        if run is not None:
            return run.job
        seen = self._seen.get(job_id)
        if seen is not None and monotonic() - seen[1] < LOOK_SECONDS:
            return seen[0]
        what = f"job {job_id}"
        answer = await self._session.send("GET", ("jobs", job_id), what=what)
        members = answer.json(what)
        if not is_transfer(members):
            raise NotFound(f"There is no import or export {job_id!r}.")
        job = await self._own.job_of(members)
        self._seen.pop(job_id, None)
        if not job.status.finished:
            self._seen[job_id] = job, monotonic()
        return job

    async def create(self, spec: JobSpec) -> Job:
        """As JobsPort: the hub's own where a container is named, else one that this side runs."""
        self._session.check_tenant(spec.tenant_id)
        self._check_format(spec)
        if is_container(spec.folder):
            return await self._own.ask(spec)
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
        self._seen.pop(job_id, None)
        job = await self.get(job_id)
        if job.status.finished:
            raise Invalid(f"Job {job_id} is {job.status.value} already.")
        run = self._runs.get(job_id)
        if run is not None:
            await run.stop()
            return run.job
        self._seen.pop(job_id, None)
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
        if (await self.get(job_id)).spec.type is JobType.EXPORT:
            return ()
        return self._own.errors(job_id)[skip : skip + limit]

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


def _check_folder(spec: JobSpec) -> None:
    folder = file_of(spec).parent
    if not folder.is_dir():
        raise Invalid.told("folder", f"There is no folder {folder}.", hint="Make it first.")
