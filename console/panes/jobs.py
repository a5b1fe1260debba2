"""Imports and exports: started, watched, cancelled, and their failed lines read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work

from console.adapters.base import RegistryAdapter
from console.adapters.ports.jobs import JobsPort
from console.dialogs.confirm import ConfirmScreen
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.base import RecordPane
from console.panes.history import show_history
from console.panes.job_lines import JobLines
from console.panes.job_start import JobStart, working_folder
from console.panes.job_watch import JobWatch
from console.panes.scope import ChangesMade
from console.render import jobs as render
from console.render.detail import Section
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Opened
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.jobs import Job, JobSpec, JobType, without_query
from registry_backend.domain.journal import Change, Resource

WATCH_SECONDS = 0.5
"""How often a running job is looked at."""
NEWS_SECONDS = 8.0
"""How often a registry that tells of no changes is asked for jobs that others have started."""


class JobsPane(RecordPane[Job]):
    """Lists jobs, newest first, and keeps the running one up to date."""

    BINDINGS = bindings_of("Jobs")
    group: ClassVar[str] = "Jobs"
    filter_help: ClassVar[str] = "import   export   running   failed   or part of the folder"
    resources: ClassVar[frozenset[Resource]] = frozenset({"job"})

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self._folder = working_folder()
        self._watched = JobWatch()
        self._known: frozenset[str] = frozenset()
        """Ids of all jobs when they were last listed."""

    def columns(self) -> Sequence[Column[Job]]:
        """Status, kind, progress, folder, and how long ago, or how long still."""
        return (
            Column("status", "Status", render.status_cell, width=render.STATUS_WIDTH, priority=9),
            Column("kind", "Job", render.kind_cell, width=8, priority=8),
            Column("format", "Format", render.format_cell, width=11, priority=4),
            Column(
                "progress",
                "Progress",
                render.progress_cell,
                width=render.PROGRESS_WIDTH,
                priority=7,
            ),
            Column(
                "folder",
                "Folder",
                render.folder_cell,
                width=14,
                flexible=True,
                priority=3,
                cut="middle",
            ),
            Column(
                "started",
                "When",
                lambda job: render.started_cell(job, self.clock()),
                width=11,
                priority=5,
            ),
        )

    @property
    def port(self) -> JobsPort:
        """The registry's jobs; the pane exists only where they do."""
        assert self.adapter.jobs is not None  # noqa: S101 - no port, no pane
        return self.adapter.jobs

    def source(self) -> ShortList[Job]:
        """The tenant's jobs that match the filter."""
        wanted = self.filter_text.lower().split()

        async def read() -> Sequence[Job]:
            jobs = await self.port.list(self.scope.tenant_id)
            self._known = frozenset(job.job_id for job in jobs)
            self._tell_outcomes(self._watched.look(jobs))
            return [job for job in jobs if all(word in _words(job) for word in wanted)]

        return ShortList(read, lambda job: job.job_id)

    async def fetch(self, key: str) -> Job:
        """The job as it is now."""
        return await self.port.get(key)

    def title(self) -> str:
        """Whose jobs these are."""
        return f"Jobs of {self.scope.tenant_id}" if self.scope.tenant_id else "Jobs"

    def empty_text(self) -> str:
        """How to begin."""
        if self.filter_text:
            return "No job matches the filter. Press esc to drop it."
        return (
            "No jobs yet. Press i to import devices, after a dry run if you like; o to export them."
        )

    def row_id(self, row: Job) -> str:
        """The job's id."""
        return row.job_id

    def document(self, row: Job) -> JsonObject:
        """The job as JSON; what follows the `?` of a container's address lets anybody in."""
        document = row.model_dump(mode="json")
        spec = document["spec"]
        for name in ("folder", "output_folder"):
            if spec.get(name):
                spec[name] = without_query(spec[name])
        return document

    def detail(self, row: Job) -> Sequence[Section]:
        """Progress, counts, place."""
        return render.detail(row, self.clock())

    # watching

    def on_mount(self) -> None:
        """Look at running jobs now and then, also while another pane is in front."""
        self.set_interval(WATCH_SECONDS, self._watch)
        if self.adapter.journal is None:
            self.set_interval(NEWS_SECONDS, self._look_for_news)

    def _watch(self) -> None:
        if self._watched.running and not self._reading:
            self._read_again(tuple(self._watched.running))

    def _look_for_news(self) -> None:
        if self.is_on_screen and self.table.error is None and not self._reading:
            self._read_news()

    @work(group="watch", exit_on_error=False)
    async def _read_news(self) -> None:
        """List the jobs again once others have started some, or dropped some."""
        try:
            jobs = await self.port.list(self.scope.tenant_id)
        except RegistryError:
            return  # nobody asked for it, and the header says what is wrong
        if frozenset(job.job_id for job in jobs) != self._known:
            self.table.reload()

    @property
    def _reading(self) -> bool:
        return any(worker.group == "watch" and worker.is_running for worker in self.workers)

    @work(group="watch", exit_on_error=False)
    async def _read_again(self, job_ids: Sequence[str]) -> None:
        """Show how far jobs are; rows and cursor stay where they are."""
        for job_id in job_ids:
            try:
                job = await self.port.get(job_id)
            except NotFound:
                self._watched.forget(job_id)
                continue
            except RegistryError as error:
                if self._watched.missed(job_id):
                    self.complain(error)  # once: it is tried again until the job can be read
                continue
            self.table.replace_row(job)
            self._tell_outcomes(self._watched.look([job]))
        current = self.current
        if current is not None and current.job_id in job_ids:
            self.show_detail()

    def _tell_outcomes(self, finished: Sequence[Job]) -> None:
        self._tell_of_devices(finished)
        for job in finished:
            outcome = render.outcome(job)
            self.app.notify(
                outcome.text,
                title=outcome.title,
                severity=outcome.severity,
                markup=False,
                timeout=10,
            )

    def _tell_of_devices(self, finished: Sequence[Job]) -> None:
        """Let the other panes read again what an import changed, where no journal says so."""
        changes = [
            Change(
                resource="device", action="updated", tenant_id=job.spec.tenant_id, resource_id=""
            )
            for job in finished
            if job.spec.type is JobType.IMPORT and self.adapter.journal is None
        ]
        if changes:
            self.post_message(ChangesMade(changes))

    # starting

    @one_at_a_time
    async def action_import(self) -> None:
        """Read devices from a folder."""
        await self._start(JobType.IMPORT)

    @one_at_a_time
    async def action_export(self) -> None:
        """Write devices to a folder."""
        await self._start(JobType.EXPORT)

    async def _start(self, job_type: JobType) -> None:
        tenant_id = self.scope.tenant_id
        if tenant_id is None:
            self.warn("Choose a tenant first: press 1.")
            return

        job = await JobStart(self, tenant_id, self._folder).ask(job_type)
        if job is not None:
            self._folder = job.spec.shown_folder
            self.tell(f"Started the {job_type.value}.")
            self._tell_outcomes(self._watched.look([job]))
            self.table.reload(at=job.job_id)

    async def start_job(self, spec: JobSpec) -> Job:
        """Ask the registry for a job; leaving the console waits for its answer."""
        return await self.saves.run(f"job of {spec.tenant_id}", lambda: self.port.create(spec))

    # a job that is there

    @one_at_a_time
    async def action_cancel(self) -> None:
        """Stop the job; what it has applied stays."""
        job = self.require_row()
        if job is None:
            return
        if job.status.finished:
            self.warn("It has finished, so there is nothing to stop. D drops it from the list.")
            return
        applied = "What was" if not job.counts_told else f"The {job.counts.applied:,} lines"
        question = ConfirmScreen(
            f"Cancel the {job.spec.type.value}?",
            f"It stops after the lines in hand. {applied} already applied stay applied.",
            confirm="Stop it",
        )
        if not await self.ask(question):
            return
        try:
            saved = await self.saves.run(f"job {job.job_id}", lambda: self.port.cancel(job.job_id))
        except RegistryError as error:
            self.complain(error)
            return
        self.table.replace_row(saved)
        if saved.status.finished:
            self._watched.forget(job.job_id)
            self._tell_of_devices((saved,))
            self.tell("Cancelled the job.")
        else:
            self._tell_outcomes(self._watched.look([saved]))
            self.tell(f"Stopping the {job.spec.type.value}…")
        self.show_detail()

    @one_at_a_time
    async def action_forget(self) -> None:
        """Drop a finished job from the list."""
        job = self.require_row()
        if job is None:
            return
        if not job.status.finished:
            self.warn("It is still running. x stops it; then it can be forgotten.")
            return
        question = ConfirmScreen(
            f"Forget this {job.spec.type.value}?",
            "The job leaves the list. Its files and what it did stay.",
            confirm="Forget",
        )
        if not await self.ask(question):
            return
        try:
            await self.saves.run(f"job {job.job_id}", lambda: self.port.forget(job.job_id))
        except RegistryError as error:
            self.complain(error)
            return
        self.tell("Forgot the job.")
        self.table.reload()

    def action_history(self) -> None:
        """Show who started the job and how it went on."""
        job = self.require_row()
        if job is not None and self.adapter.journal is not None:
            show_history(self, self.adapter.journal, job.spec.tenant_id, job.job_id, self.clock())

    @on(Opened)
    def _open(self, event: Opened[Job]) -> None:
        event.stop()
        self.action_errors()

    @one_at_a_time
    async def action_errors(self) -> None:
        """Read the lines that failed."""
        job = self.require_row()
        if job is None:
            return
        await JobLines(self, job).show()

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if refusal := super().why_not(action):
            return refusal
        abilities = self.port.abilities
        if action == "import" and not abilities.imports:
            return "This registry has no import jobs."
        if action == "export" and not abilities.exports:
            return "This registry has no export jobs."
        if action == "forget" and not abilities.can_forget:
            return "This registry drops finished jobs by itself; its list cannot be changed."
        return ""


def _words(job: Job) -> str:
    return f"{job.spec.type.value} {job.standing} {job.spec.shown_folder} {job.job_id}".lower()
