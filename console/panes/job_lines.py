"""The failed lines of a job: read, filtered, saved, and their devices opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.dialogs.failed_lines import FailedLinesScreen
from console.dialogs.line_list import Place
from console.panes.line_files import AT_ONCE, SavesLines
from console.panes.scope import Scope, ScopeAsked
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.jobs import Job, JobError

if TYPE_CHECKING:
    from console.panes.jobs import JobsPane


class JobLines:
    """What a person may do with the failed lines of one job.

    Args:
        pane: Shows the dialogs and holds the port.
        job: Whose lines.
    """

    def __init__(self, pane: JobsPane, job: Job) -> None:
        self._pane, self._job = pane, job

    async def show(self) -> None:
        """Show the lines until the person closes them or goes to a device."""
        job, pane = self._job, self._pane
        if not job.counts.failed and job.counts_told:
            pane.tell("No line failed." if job.status.finished else "No line has failed so far.")
            return
        try:
            lines = await pane.port.errors(job.job_id, skip=0, limit=AT_ONCE)
        except RegistryError as error:
            pane.complain(error)
            return
        if not lines:
            pane.tell("Nobody has told of lines that failed.")
            return
        place: Place | None = None
        while True:
            screen = FailedLinesScreen(
                self._title(),
                lines,
                more=max(0, job.counts.failed - len(lines)),
                place=place,
                devices=pane.adapter.devices is not None,
            )
            answer = await pane.ask(screen)
            if answer is None:
                return
            place = answer.place
            if answer.wish == "save":
                await self._save(place)
            elif answer.error is not None and await self._go_to(answer.error):
                return

    def _title(self) -> str:
        counts, job = self._job.counts, self._job
        whole = f" of {counts.lines:,}" if job.counts_told else ""
        return f"{counts.failed:,}{whole} lines failed: {job.spec.type.value}"

    async def _save(self, place: Place) -> None:
        job_id, port = self._job.job_id, self._pane.port
        await SavesLines(self._pane).ask(
            f"failed-lines-{job_id[:8]}.csv",
            read=lambda skip, limit: port.errors(job_id, skip=skip, limit=limit),
            matching=place,
        )

    async def _go_to(self, error: JobError) -> bool:
        """Show the device of a line; False, with the reason told, when there is none."""
        pane, tenant_id = self._pane, self._job.spec.tenant_id
        if not error.device_id or pane.adapter.devices is None:
            pane.warn("This line names no device.")
            return False
        try:
            await pane.adapter.devices.get(tenant_id, error.device_id)
        except NotFound:
            pane.warn(f"There is no device {error.device_id} in {tenant_id}.")
            return False
        except RegistryError as refused:
            pane.complain(refused)
            return False
        scope = Scope(tenant_id, error.device_id)
        pane.post_message(ScopeAsked(scope, pane="devices", filter_text=""))
        return True
