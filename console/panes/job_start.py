"""Starting a job: its form, a dry run before an import, and warnings before keys are written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.adapters.ports.jobs import JobAbilities
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.dry_run import DryRunScreen
from console.dialogs.working import WorkingScreen
from console.forms.fields import OTHER_WAY, Field, OtherWay, Values
from console.forms.jobs import export_fields, import_fields, job_spec
from console.panes.editing import LeftOpen
from console.panes.job_file import with_file
from console.panes.line_files import SavesLines
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.jobs import Job, JobSpec, JobType, without_query

if TYPE_CHECKING:
    from console.panes.jobs import JobsPane

NO_DRY_RUN = "This registry cannot try an import first: it can only be started."


def working_folder() -> str:
    """The folder that the console was started in; one's own where that is gone by now."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return str(Path.home())


class JobStart:
    """What a person fills in to start jobs of a tenant.

    Args:
        pane: Shows the dialogs and holds the port.
        tenant_id: Whose devices move.
        folder: What the form suggests.
    """

    def __init__(self, pane: JobsPane, tenant_id: str, folder: str) -> None:
        self._pane, self._tenant_id, self._folder = pane, tenant_id, folder

    async def ask(self, job_type: JobType) -> Job | None:
        """Fill in the form until a job could be started or the person leaves."""
        importing = job_type is JobType.IMPORT

        async def go_on(values: Values) -> Job:
            if importing:
                values = await asyncio.to_thread(with_file, values)
            spec = job_spec(job_type, self._tenant_id, values)
            if importing and values.get(OTHER_WAY):
                await self._try_first(spec)
            elif not importing and not spec.exclude_keys:
                await self._warn_of_keys(spec)
            return await self._pane.start_job(spec)

        title = f"Import into {self._tenant_id}" if importing else f"Export {self._tenant_id}"
        return await self._pane.fill_form(
            title,
            self._fields(job_type, self._pane.port.abilities),
            go_on,
            submit="Start",
            other=self._other() if importing else None,
        )

    def _fields(self, job_type: JobType, abilities: JobAbilities) -> Sequence[Field]:
        places = {"folders": abilities.folders, "containers": abilities.containers}
        folder = self._folder if abilities.folders or "://" in self._folder else ""
        if job_type is JobType.IMPORT:
            return import_fields(folder, formats=abilities.imports, **places)
        return export_fields(folder, formats=abilities.exports, **places)

    def _other(self) -> OtherWay:
        able = self._pane.port.abilities.can_dry_run
        return OtherWay("Try first", "" if able else NO_DRY_RUN)

    async def _try_first(self, spec: JobSpec) -> None:
        """Show what the import would do.

        Raises:
            LeftOpen: back to the form, without a word.
            RegistryError: when it cannot be tried.
        """
        run = await self._tried(spec)
        files = SavesLines(self._pane)
        screen = DryRunScreen(f"Dry run of {_source(spec)} into {self._tenant_id}", run)
        while (answer := await self._pane.ask(screen)) == "save":
            await files.ask("refused-lines.csv", lines=run.refused, matching=screen.place)
            screen = screen.again()
        if answer is None:
            raise LeftOpen("")

    async def _tried(self, spec: JobSpec) -> DryRun:
        screen = WorkingScreen[DryRun](
            f"Trying {_source(spec)}",
            "Each line is read and compared with the registry. Nothing is written.",
            lambda progress: self._pane.port.dry_run(spec, progress=progress),
        )
        outcome = await self._pane.ask(screen)
        if isinstance(outcome, RegistryError):
            raise outcome
        if outcome is None:
            raise LeftOpen("")
        return outcome

    async def _warn_of_keys(self, spec: JobSpec) -> None:
        """Ask before keys are written.

        Raises:
            LeftOpen: back to the form, without a word.
        """
        question = ConfirmScreen(
            "Export with keys?",
            f"{_source(spec)} will hold the keys of every device of {self._tenant_id} in clear. "
            "Whoever reads it can connect as any of them.",
            confirm="Export with keys",
        )
        if not await self._pane.ask(question):
            raise LeftOpen("")


def _source(spec: JobSpec) -> str:
    place = without_query(spec.folder).rstrip("/")
    return place if spec.format == "hono-1.1" else f"{place}/{spec.blob_name}"
