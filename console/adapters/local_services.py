"""What the bundled registry offers beside its records: jobs, counts, history, principals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from console.adapters.local_connection import Connection
from console.adapters.ports.jobs import JobAbilities
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.identities import IdentityKind
from registry_backend.domain.jobs import Job, JobError, JobSpec
from registry_backend.domain.journal import Change, JournalEntry
from registry_backend.domain.principals import FileChange, FilePrincipal, Principal, PrincipalConfig
from registry_backend.domain.statistics import Statistics

if TYPE_CHECKING:
    from registry_backend.identityd.principals import PrincipalFiles
    from registry_backend.identityd.users import Users


class LocalJobs:
    """Jobs of the bundled registry, run by this process."""

    abilities = JobAbilities(containers=True, can_dry_run=True)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self, tenant_id: str | None) -> Sequence[Job]:
        """As JobsPort."""
        return await (await self._connection.jobs()).list(tenant_id)

    async def get(self, job_id: str) -> Job:
        """As JobsPort."""
        return await (await self._connection.jobs()).get(job_id)

    async def create(self, spec: JobSpec) -> Job:
        """As JobsPort."""
        return await (await self._connection.jobs()).create(spec, actor=self._connection.actor)

    async def dry_run(
        self,
        spec: JobSpec,
        *,
        progress: Callable[[int], object] | None = None,
    ) -> DryRun:
        """As JobsPort."""
        return await (await self._connection.jobs()).dry_run(spec, progress=progress)

    async def cancel(self, job_id: str) -> Job:
        """As JobsPort."""
        return await (await self._connection.jobs()).cancel(job_id, actor=self._connection.actor)

    async def forget(self, job_id: str) -> None:
        """As JobsPort."""
        await (await self._connection.jobs()).forget(job_id, actor=self._connection.actor)

    async def errors(self, job_id: str, *, skip: int, limit: int) -> Sequence[JobError]:
        """As JobsPort."""
        return await (await self._connection.jobs()).errors(job_id, skip=skip, limit=limit)


class LocalStatistics:
    """Kept counts of the bundled registry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, tenant_id: str) -> Statistics:
        """As StatisticsPort."""
        return await self._connection.registry.statistics.get(tenant_id)


class LocalJournal:
    """History and live changes of the bundled registry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self, tenant_id: str, *, resource_id: str | None, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """As JournalPort."""
        return await self._connection.registry.journal.page(
            tenant_id, resource_id=resource_id, before=before, limit=limit
        )

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """As JournalPort."""
        return self._connection.registry.journal.watch(listener)


class LocalPrincipals:
    """The Identity Service's files of this machine."""

    def __init__(
        self, main_file: Path, config_dir: Path, *, read_only: bool, users: Users | None = None
    ) -> None:
        self._read_only = read_only
        self._users = users
        self._paths = (main_file, config_dir)

    @cached_property
    def _files(self) -> PrincipalFiles:
        from registry_backend.identityd.principals import (  # noqa: PLC0415 - most sessions never ask
            PrincipalFiles,
        )

        return PrincipalFiles(*self._paths, read_only=self._read_only, users=self._users)

    async def load(self) -> PrincipalConfig:
        """As PrincipalsPort."""
        return await self._files.load()

    async def use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        """As PrincipalsPort."""
        self._paths = (main_file, config_dir)
        vars(self).pop("_files", None)
        return await self._files.load()

    async def view(self) -> EffectiveView:
        """As PrincipalsPort."""
        return await self._files.view()

    async def explain(self, uid: int, request: CallRequest) -> Answer:
        """As PrincipalsPort."""
        return await self._files.explain(uid, request)

    async def answers(
        self, user: str, *, module_id: str = "", kind: IdentityKind = "aziot"
    ) -> Sequence[Answer]:
        """As PrincipalsPort."""
        return await self._files.answers(user, module_id=module_id, kind=kind)

    async def text(self, file: Path) -> str:
        """As PrincipalsPort."""
        return await self._files.text(file)

    async def plan_text(self, file: Path, before: str, after: str) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_text(file, before, after)

    async def plan_add(self, principal: Principal, *, file: str | None) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_add(principal, file=file)

    async def plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_update(target, principal)

    async def plan_delete(self, target: FilePrincipal) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_delete(target)

    async def plan_undo(self, change: FileChange) -> FileChange:
        """As PrincipalsPort."""
        return await self._files.plan_undo(change)

    async def apply(self, change: FileChange) -> PrincipalConfig:
        """As PrincipalsPort."""
        return await self._files.apply(change)
