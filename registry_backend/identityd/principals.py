"""The principals of an Identity Service configuration: read, planned, and written, in turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.findings import Finding
from registry_backend.domain.identities import IdentityKind
from registry_backend.domain.principals import (
    FileChange,
    FilePrincipal,
    Principal,
    PrincipalConfig,
)
from registry_backend.identityd import planning
from registry_backend.identityd.atomic import change_file
from registry_backend.identityd.config_files import ConfigFiles
from registry_backend.identityd.effective import view
from registry_backend.identityd.explain import explain, explain_all
from registry_backend.identityd.ownership import owner_of_new
from registry_backend.identityd.users import SystemUsers, Users, find_uid
from registry_backend.identityd.whole import Whole, of_snapshot

P = ParamSpec("P")
R = TypeVar("R")


class PrincipalFiles:
    """A port to the principals of one main file and one override folder.

    Plans are made from what is on disk when they are asked for, and touch nothing; they say what
    would stop the daemon, and what it would do that few expect. `apply` writes them.

    Args:
        main_file: Usually `/etc/aziot/identityd/config.toml`; need not exist.
        config_dir: Usually `/etc/aziot/identityd/config.d`; need not exist.
        read_only: Whether every write is refused.
        users: Whom uids belong to; None: the users of this machine.
    """

    def __init__(
        self,
        main_file: Path,
        config_dir: Path,
        *,
        read_only: bool = False,
        users: Users | None = None,
    ) -> None:
        self._files = ConfigFiles(main_file, config_dir, read_only)
        self._users = users
        self._one_at_a_time = threading.Lock()

    async def load(self) -> PrincipalConfig:
        """Read all files; a broken one is reported in place, the rest still shown."""
        return await asyncio.to_thread(self._load)

    async def use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        """Read other files from now on; a plan made for the former ones is refused."""
        return await asyncio.to_thread(self._use, main_file, config_dir)

    async def view(self) -> EffectiveView:
        """Read all files; what each principal comes to, and everything amiss."""
        return await asyncio.to_thread(self._view)

    async def explain(self, uid: int, request: CallRequest) -> Answer:
        """What the daemon would answer to a uid by the files as they are now."""
        return await asyncio.to_thread(self._explain, uid, request)

    async def answers(
        self, user: str, *, module_id: str = "", kind: IdentityKind = "aziot"
    ) -> Sequence[Answer]:
        """What the daemon would answer to a user's ten calls.

        Args:
            user: A number, or the name of a user of this machine.
            module_id: Whom calls about a module are about; empty for the user's own.
            kind: What is asked for of that module.

        Raises:
            Invalid: when there is no such user.
        """
        uid = find_uid(user)
        return await asyncio.to_thread(
            lambda: explain_all(self._whole(), uid, module_id=module_id, kind=kind)
        )

    async def text(self, file: Path) -> str:
        """The text of one file, as it stands; empty when the main file is not there.

        Raises:
            RegistryError: when it cannot be read, or is no UTF-8.
        """
        return await asyncio.to_thread(self._in_turn, ConfigFiles.text, file)

    async def plan_add(self, principal: Principal, *, file: str | None = None) -> FileChange:
        """Plan a new table at the end of a file; None: in a file of its own in the folder.

        Raises:
            Invalid: when it cannot be written down.
            NotFound, Denied: when the file or folder is missing or may not be written.
        """
        return await asyncio.to_thread(self._in_turn, planning.plan_add, principal, file)

    async def plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        """Plan the change of one table; only keys with a new value change.

        Raises:
            VersionMismatch: when the table has changed since it was loaded.
            Invalid: when it cannot be written down.
            NotFound, Denied: when the file is gone or may not be written.
        """
        return await asyncio.to_thread(self._in_turn, planning.plan_update, target, principal)

    async def plan_text(self, file: Path, before: str, after: str) -> FileChange:
        """Plan another text for a whole file, of whatever tables.

        Raises:
            VersionMismatch: when the file does not hold `before` any more.
            NotFound, Denied: when the file is gone or may not be written.
        """
        return await asyncio.to_thread(self._in_turn, planning.plan_text, file, before, after)

    async def plan_delete(self, target: FilePrincipal) -> FileChange:
        """Plan the removal of one table and the comments that touch it.

        A file of the folder that would hold nothing but blank space is removed.

        Raises:
            VersionMismatch, NotFound, Denied: as for `plan_update`.
        """
        return await asyncio.to_thread(self._in_turn, planning.plan_delete, target)

    async def plan_undo(self, change: FileChange) -> FileChange:
        """Plan the way back from a change that was written, with what would come of it.

        Raises:
            VersionMismatch: when the file does not hold what was written any more.
            Denied: when it may not be written.
        """
        return await asyncio.to_thread(self._in_turn, planning.plan_undo, change)

    async def apply(self, change: FileChange) -> PrincipalConfig:
        """Write a plan atomically, and to its end even when the caller is cancelled.

        Raises:
            VersionMismatch: when the file has changed since the plan was made.
            Invalid: when the daemon would refuse to start with it, and nobody insists.
            Denied, NotFound, Fault: when the system refuses; the file is as it was.
        """
        # A future, not a task: a loop that shuts down cancels its tasks and waits for its threads.
        saving = asyncio.get_running_loop().run_in_executor(None, self._apply, change)
        return await asyncio.shield(saving)

    def _in_turn(
        self, work: Callable[Concatenate[ConfigFiles, P], R], *args: P.args, **named: P.kwargs
    ) -> R:
        """What is done with the files while nobody saves or chooses others."""
        with self._one_at_a_time:
            # Users are asked for anew each time: one may have been made since.
            users = self._users or SystemUsers()
            return work(replace(self._files, users=users), *args, **named)

    def _load(self) -> PrincipalConfig:
        return self._in_turn(ConfigFiles.snapshot).config

    def _view(self) -> EffectiveView:
        return view(self._whole(), self._users or SystemUsers())

    def _explain(self, uid: int, request: CallRequest) -> Answer:
        return explain(self._whole(), uid, request)

    def _whole(self) -> Whole:
        return of_snapshot(self._in_turn(ConfigFiles.snapshot))

    def _use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        with self._one_at_a_time:
            self._files = replace(self._files, main_file=main_file, config_dir=config_dir)
            return self._files.snapshot().config

    def _apply(self, change: FileChange) -> PrincipalConfig:
        if change.stops and not change.forced:
            raise Invalid(
                "The daemon would refuse to start",
                problems=[FieldProblem(_field(found), found.message) for found in change.stops],
                hint="Nothing was written.",
            )
        return self._in_turn(_write, change)


def _write(files: ConfigFiles, change: FileChange) -> PrincipalConfig:
    path = files.named(str(change.path))
    files.refuse_unless_editable(path)
    target = files.target(path)
    owner = owner_of_new(target.parent, files.users)
    change_file(target, before=change.before, after=change.after, owner=owner)
    return files.snapshot().config


def _field(found: Finding) -> str:
    """The key a finding is about, as a form names it."""
    return found.key.removeprefix("principal.")
