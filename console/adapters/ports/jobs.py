"""Import and export jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.jobs import Job, JobError, JobFormat, JobSpec


@dataclass(frozen=True, slots=True)
class JobAbilities:
    """What jobs of this registry can do; the pane offers nothing else."""

    imports: tuple[JobFormat, ...] = ("devices.txt", "csv", "ndjson", "hono-1.1")
    exports: tuple[JobFormat, ...] = ("devices.txt", "ndjson", "hono-1.1")
    folders: bool = True
    """Whether a folder of this machine will do."""
    containers: bool = False
    """Whether the address of a blob container will do."""
    can_forget: bool = True
    can_dry_run: bool = False


class JobsPort(Protocol):
    """Import and export jobs."""

    abilities: JobAbilities

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """Newest first."""

    async def get(self, job_id: str) -> Job:
        """Raises NotFound."""

    async def create(self, spec: JobSpec) -> Job:
        """Check the folder and start. Raises Invalid, LimitReached (one at a time per tenant)."""

    async def dry_run(
        self, spec: JobSpec, *, progress: Callable[[int], object] | None = None
    ) -> DryRun:
        """What that import would do, written nowhere; `progress` is told of lines read so far.

        Raises as `create`.
        """

    async def cancel(self, job_id: str) -> Job:
        """Stop; lines already applied stay. Raises NotFound, Invalid (already finished)."""

    async def forget(self, job_id: str) -> None:
        """Remove a finished job from the list. Raises NotFound, Invalid (still running)."""

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """Failed lines, read from `importErrors.log`."""
