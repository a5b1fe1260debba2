"""The jobs of a registry: accepted, run one at a time per tenant, resumed after interruptions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import Invalid, RegistryError
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import Job, JobError, JobSpec, JobStatus
from registry_backend.domain.journal import Actor
from registry_backend.domain.timestamps import now
from registry_backend.jobs.accepting import check_spec, require_idle, require_job, require_target
from registry_backend.jobs.blobs import Patience
from registry_backend.jobs.error_log import read_errors
from registry_backend.jobs.lifetime import run_job
from registry_backend.jobs.outcome import UNLIMITED
from registry_backend.jobs.owners import may_be_taken
from registry_backend.jobs.places import ANYWHERE, ContainerKind, places_of, probe, settled
from registry_backend.jobs.preparing import Preparation
from registry_backend.jobs.recording import record
from registry_backend.jobs.running import Run
from registry_backend.jobs.transfers import LOOK_SECONDS
from registry_backend.jobs.trying_first import try_spec
from registry_backend.jobs.work import Spool
from registry_backend.storage.base import Snapshot, Store, Transaction

_log = logging.getLogger("idconsole.jobs")

CANCEL_SECONDS = 10.0
"""How long the end of a cancelled job is waited for: longer than its log may take."""
WATCH_SECONDS = 5.0
"""How often jobs of other programs are looked at, while there are any."""


class JobRunner:
    """Runs import and export jobs on a store that other programs may use too.

    Args:
        store: Where jobs and devices are; not closed by the runner.
        owner: This program, as `owners.this_process` names it.
        preparation: The registry's rules for tenants and credentials that files bring.
        max_devices: For tenants that set no limit of their own; -1: none.
        clock: What time it is.
        containers: The kinds of containers that callers may name; jobs that others accepted are
            taken up whatever theirs are.
        spool: A folder for the files of blob containers, see `work.spool_beside`; without one,
            blob containers are refused.
        patience: How long blob containers are waited for.
    """

    def __init__(
        self,
        store: Store,
        *,
        owner: str,
        preparation: Preparation | None = None,
        max_devices: int = UNLIMITED,
        clock: Callable[[], datetime] = now,
        containers: frozenset[ContainerKind] = ANYWHERE,
        spool: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        # Two runners in one program are two owners.
        name = f"{owner}:{generate_id()[:8]}"
        self._run = Run(
            *(store, name, preparation or Preparation(), max_devices, clock),
            patience=patience or Patience(),
        )
        self._store = store
        self._spool = Spool(spool)
        self._containers = containers if spool is not None else containers - {"blob"}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._beginnings: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._started = False

    async def start(self) -> None:
        """Take up the jobs that nobody runs any more, and keep an eye on those of others."""
        await asyncio.to_thread(self._spool.sweep, await self.list(None))
        others = await self._take_up()
        self._started = True
        if others and self._watch is None:
            self._watch = asyncio.create_task(self._watch_others())

    async def close(self) -> None:
        """Stop at the next checkpoint; unfinished jobs go on with the next runner."""
        self._run.closing = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        if self._beginnings:
            await asyncio.wait(list(self._beginnings))
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def create(self, spec: JobSpec, *, actor: Actor) -> Job:
        """Check what is asked for, whether a job runs, and the containers; then start.

        Raises:
            Invalid: naming `folder`, `output_folder`, `blob_name`, `format` or `default_mode`.
            NotFound: when the tenant does not exist.
            LimitReached: when a job of the tenant is not finished; names it.
        """
        check_spec(spec)
        places = places_of(spec, self._containers)
        usable = settled(spec, places)
        await self._take_up()

        def require(snapshot: Snapshot) -> None:
            require_target(snapshot, usable)
            require_idle(snapshot, usable)

        await self._store.read(require)
        await probe(usable, places)
        present = self._run.clock()
        job = Job(
            job_id=generate_id(),
            spec=usable,
            status=JobStatus.RUNNING,
            created_at=present,
            started_at=present,
            owner=self._run.owner,
            heartbeat_at=present,
        )

        def work(transaction: Transaction) -> None:
            require(transaction)
            transaction.put_job(job)
            record(transaction, job, actor, "created", at=present)

        async def begin() -> None:
            await self._store.write(work)
            self._launch(job)

        # A caller that goes away in between must not leave a job that nobody runs.
        beginning = asyncio.create_task(begin())
        self._beginnings.add(beginning)
        beginning.add_done_callback(self._beginnings.discard)
        await asyncio.shield(beginning)
        return job

    async def dry_run(
        self, spec: JobSpec, *, progress: Callable[[int], object] | None = None
    ) -> DryRun:
        """What an import would do, line by line, found out without writing anything.

        Unlike a job it may run while another one does, and does not touch the output.

        Args:
            spec: The import.
            progress: Told how many lines were judged so far.

        Raises:
            Invalid, NotFound: as `create`.
            RegistryError: why the input cannot be read to its end.
        """
        return await try_spec(self._run, self._spool, spec, self._containers, progress)

    async def cancel(self, job_id: str, *, actor: Actor) -> Job:
        """Stop a job for good; what it applied stays.

        The job as it ended, with its log written. One that another program runs may take longer
        than is waited for here: it is then still `stopping`.

        Raises:
            NotFound: when there is no such job.
            Invalid: when it has finished.
        """

        def work(transaction: Transaction) -> None:
            job = require_job(transaction, job_id)
            if job.status.finished:
                raise Invalid(f"The job is {job.status.value} already and cannot be cancelled.")
            if not job.stopping:
                stopping = job.model_copy(update={"stopping": True})
                transaction.put_job(stopping)
                record(transaction, stopping, actor, "updated", at=self._run.clock())

        await self._store.write(work)
        return await self._stopped(job_id)

    async def _stopped(self, job_id: str) -> Job:
        """The job once whoever runs it has ended it, or this runner has waited long enough."""
        patience = time.monotonic() + CANCEL_SECONDS
        while True:
            await self._take_up()  # nobody may run it
            task = self._tasks.get(job_id)
            left = patience - time.monotonic()
            if task is not None:
                await asyncio.wait([task], timeout=max(0.0, left))
            job = await self.get(job_id)
            if job.status.finished or left <= 0 or self._run.closing:
                return job
            await asyncio.sleep(LOOK_SECONDS / 4)

    async def get(self, job_id: str) -> Job:
        """The job, told as interrupted where nobody runs it. Raises NotFound."""
        return self._seen(await self._store.read(lambda snapshot: require_job(snapshot, job_id)))

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """Newest first, of one tenant or all; each as `get` tells it."""
        jobs = await self._store.read(lambda snapshot: snapshot.list_jobs(tenant_id))
        return [self._seen(job) for job in jobs]

    def _seen(self, job: Job) -> Job:
        """The job as it stands; one of another program is watched from now on."""
        if job.status.finished or job.job_id in self._tasks:
            return job
        if self._started and not self._run.closing and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._watch_others())
        left = may_be_taken(job, at=self._run.clock())
        return job.model_copy(update={"interrupted": True}) if left else job

    async def forget(self, job_id: str, *, actor: Actor) -> None:
        """Remove a finished job from the list. Raises NotFound, Invalid (still running)."""

        def work(transaction: Transaction) -> None:
            job = require_job(transaction, job_id)
            if not job.status.finished:
                raise Invalid(
                    "The job is not finished, so it stays in the list.", hint="Cancel it first."
                )
            transaction.delete_job(job_id)
            record(transaction, job, actor, "deleted", at=self._run.clock())

        await self._store.write(work)
        await asyncio.to_thread(self._spool.remove, job_id)

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """Failed lines from the job's log. Raises NotFound (job, or a log that was replaced)."""
        job = await self.get(job_id)
        path = self._spool.work(job.spec, job_id).error_log
        return await asyncio.to_thread(read_errors, path, job, skip=skip, limit=limit)

    async def wait(self, job_id: str) -> Job:
        """The job once this runner no longer runs it."""
        task = self._tasks.get(job_id)
        if task is not None:
            await asyncio.wait([task])
        return await self.get(job_id)

    async def _take_up(self) -> bool:
        """Adopt what nobody runs; whether other programs still run something."""
        if self._run.closing:
            return False
        jobs = await self.list(None)
        others = False
        for job in jobs:
            if job.status.finished or job.job_id in self._tasks:
                continue
            adopted = None
            if may_be_taken(job, at=self._run.clock()):
                adopted = await self._adopt(job.job_id)
            if adopted is None:
                others = True
            else:
                self._launch(adopted)
        return others

    async def _adopt(self, job_id: str) -> Job | None:
        def work(transaction: Transaction) -> Job | None:
            job = transaction.get_job(job_id)
            present = self._run.clock()
            if job is None or not may_be_taken(job, at=present):
                return None
            adopted = job.model_copy(
                update={
                    "status": JobStatus.RUNNING,
                    "owner": self._run.owner,
                    "heartbeat_at": present,
                    "started_at": job.started_at or present,
                    "resumed": job.resumed + 1,
                }
            )
            transaction.put_job(adopted)
            self._run.note(transaction, adopted)
            return adopted

        return await self._store.write(work)

    async def _watch_others(self) -> None:
        others = True
        while others and not self._run.closing:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                others = await self._take_up()
            except RegistryError as error:
                # A busy or full file is better the next time.
                _log.warning("Jobs of other programs could not be looked at: %s", error)

    def _launch(self, job: Job) -> None:
        task = asyncio.create_task(run_job(self._run, self._spool, job), name=f"job {job.job_id}")
        self._tasks[job.job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.job_id, None))
