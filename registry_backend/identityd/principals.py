"""The principals of an Identity Service configuration: read, planned, and written."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ParamSpec

from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.errors import (
    Denied,
    FieldProblem,
    Invalid,
    NotFound,
    VersionMismatch,
)
from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.findings import Finding, Severity
from registry_backend.domain.identities import IdentityKind
from registry_backend.domain.principals import (
    FileChange,
    FilePrincipal,
    Principal,
    PrincipalConfig,
)
from registry_backend.identityd.atomic import change_file
from registry_backend.identityd.checks import OF_CONTENT, check, introduced
from registry_backend.identityd.configuration import (
    Snapshot,
    Source,
    changed,
    read_configuration,
    read_source,
)
from registry_backend.identityd.edit import (
    add_principal,
    delete_principal,
    is_blank,
    principal_tables,
    update_principal,
)
from registry_backend.identityd.effective import view
from registry_backend.identityd.explain import explain, explain_all
from registry_backend.identityd.files import decode, encoded, may_write, read_file, shown
from registry_backend.identityd.names import GENERATED, free_file
from registry_backend.identityd.tables import write_principal
from registry_backend.identityd.users import KnownUsers, SystemUsers, Users, find_uid
from registry_backend.identityd.whole import Whole, of_snapshot

P = ParamSpec("P")


class PrincipalFiles:
    """A port to the principals of one main file and one override folder.

    Plans are made from what is on disk when they are asked for, and touch nothing; they say what
    would stop the daemon, and what it would do that few expect. `apply` writes them. A plan turned
    around (`before` and `after` swapped) undoes it.

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
        self._main_file = main_file
        self._config_dir = config_dir
        self._read_only = read_only
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
        return await asyncio.to_thread(self._text, file)

    async def plan_add(self, principal: Principal, *, file: str | None = None) -> FileChange:
        """Plan a new table at the end of a file; None: in a file of its own in the folder.

        Raises:
            Invalid: when it cannot be written down.
            NotFound, Denied: when the file or folder is missing or may not be written.
        """
        return await asyncio.to_thread(self._in_turn, self._plan_add, principal, file)

    async def plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        """Plan the change of one table; only keys with a new value change.

        Raises:
            VersionMismatch: when the table has changed since it was loaded.
            Invalid: when it cannot be written down.
            NotFound, Denied: when the file is gone or may not be written.
        """
        return await asyncio.to_thread(self._in_turn, self._plan_update, target, principal)

    async def plan_text(self, file: Path, before: str, after: str) -> FileChange:
        """Plan another text for a whole file, of whatever tables.

        Raises:
            VersionMismatch: when the file does not hold `before` any more.
            NotFound, Denied: when the file is gone or may not be written.
        """
        return await asyncio.to_thread(self._in_turn, self._plan_text, file, before, after)

    async def plan_delete(self, target: FilePrincipal) -> FileChange:
        """Plan the removal of one table and the comments that touch it.

        A file of the folder that would hold nothing but blank space is removed.

        Raises:
            VersionMismatch, NotFound, Denied: as for `plan_update`.
        """
        return await asyncio.to_thread(self._in_turn, self._plan_delete, target)

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
        self, plan: Callable[P, FileChange], *args: P.args, **named: P.kwargs
    ) -> FileChange:
        """A plan made while nobody saves or chooses other files."""
        with self._one_at_a_time:
            return plan(*args, **named)

    def _load(self) -> PrincipalConfig:
        with self._one_at_a_time:
            return self._snapshot().config

    def _view(self) -> EffectiveView:
        return view(self._whole(), self._users or SystemUsers())

    def _explain(self, uid: int, request: CallRequest) -> Answer:
        return explain(self._whole(), uid, request)

    def _whole(self) -> Whole:
        with self._one_at_a_time:
            return of_snapshot(self._snapshot())

    def _use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        with self._one_at_a_time:
            self._main_file, self._config_dir = main_file, config_dir
            return self._snapshot().config

    def _snapshot(self) -> Snapshot:
        return read_configuration(self._main_file, self._config_dir, self._why_not_editable)

    def _plan_add(self, principal: Principal, file: str | None) -> FileChange:
        table = write_principal(principal)
        if file is not None:
            path = self._named(file)
            source = self._editable_source(path)
            after = add_principal(source.text, table).encode()
            return self._planned(path, source.data, after, f"Add “{principal.name}”")
        if not self._config_dir.is_dir():
            raise NotFound(
                f"There is no folder {shown(self._config_dir)} for a file of its own.",
                hint="Create the folder, or choose a file to add to.",
            )
        path = free_file(self._config_dir, principal.name)
        self._refuse_unless_editable(path)
        after = add_principal("", table).encode()
        return self._planned(path, None, after, f"Add “{principal.name}”")

    def _plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        source = self._editable_source(target.file)
        index = _find(source, target)
        before = principal_tables(source.document)[index]
        table = write_principal(principal, before if isinstance(before, dict) else None)
        after = update_principal(source.text, index, table).encode()
        return self._planned(target.file, source.data, after, f"Change “{principal.name}”")

    def _plan_text(self, file: Path, before: str, after: str) -> FileChange:
        path = self._named(str(file))
        self._refuse_unless_editable(path)
        try:
            data = read_file(path, follow_links=self._is_main(path))
        except NotFound:
            if before or not self._is_main(path):
                raise
            return self._planned(path, None, encoded(after), "Write the main file")
        if data != before.encode():
            raise VersionMismatch(
                f"{shown(path)} was changed by someone else since it was loaded.",
                hint="Open it again and repeat the edit.",
            )
        return self._planned(path, data, encoded(after), "Change the text")

    def _text(self, file: Path) -> str:
        path = self._named(str(file))
        with self._one_at_a_time:
            try:
                data = read_file(path, follow_links=self._is_main(path))
            except NotFound:
                if self._is_main(path):
                    return ""
                raise
            return decode(data, path)

    def _plan_delete(self, target: FilePrincipal) -> FileChange:
        source = self._editable_source(target.file)
        text = delete_principal(source.text, _find(source, target))
        gone = is_blank(text) and target.file != self._main_file
        name = f"“{target.principal.name}”" if target.principal else f"line {target.line}"
        after = None if gone else text.encode()
        return self._planned(target.file, source.data, after, f"Remove {name}")

    def _planned(
        self, path: Path, before: bytes | None, after: bytes | None, verb: str
    ) -> FileChange:
        """A change that was held against the rules between principals."""
        snapshot = self._snapshot()
        old, new = of_snapshot(snapshot), of_snapshot(changed(snapshot, path, after))
        amiss = introduced(
            check(old, KnownUsers(), OF_CONTENT), check(new, KnownUsers(), OF_CONTENT)
        )
        stops = tuple(found for found in amiss if found.severity is Severity.ERROR)
        warnings = [found.message for found in amiss if found.severity is not Severity.ERROR]
        warnings += _lost_modules(old, new)
        if path == self._main_file:
            warnings.append(
                "The daemon may not notice a change of the main file until it is restarted."
            )
        if before is None:
            summary = f"{verb}: create {shown(path)}."
        elif after is None:
            summary = f"{verb}: remove {shown(path)}, which held nothing else."
        else:
            summary = f"{verb} in {shown(path)}."
        return FileChange(
            path=path,
            before=before,
            after=after,
            summary=summary,
            warnings=tuple(warnings),
            stops=stops,
        )

    def _apply(self, change: FileChange) -> PrincipalConfig:
        if change.stops and not change.forced:
            raise Invalid(
                "The daemon would refuse to start",
                problems=[FieldProblem(_field(found), found.message) for found in change.stops],
                hint="Nothing was written.",
            )
        with self._one_at_a_time:
            path = self._named(str(change.path))
            self._refuse_unless_editable(path)
            target = self._target(path)
            change_file(target, before=change.before, after=change.after)
            return self._snapshot().config

    def _target(self, path: Path) -> Path:
        """The file to replace: the main file may be a link, and stays one."""
        return Path(os.path.realpath(path)) if self._is_main(path) else path

    def _is_main(self, path: Path) -> bool:
        return path == self._main_file

    def _named(self, file: str) -> Path:
        """The file of this configuration that a person or a plan names."""
        if file == str(self._main_file):
            return self._main_file
        path = self._config_dir / file
        stem, _, extension = path.name.rpartition(".")
        if path.parent != self._config_dir or not stem or extension != "toml":
            raise Invalid(
                f"{shown(path)} is no file of this configuration.",
                hint=f"Name {shown(self._main_file)} or a .toml file in {shown(self._config_dir)}.",
            )
        return path

    def _editable_source(self, file: Path) -> Source:
        path = self._named(str(file))
        source = read_source(path, follow_links=self._is_main(path))
        if source.problem:
            raise Invalid(source.problem)
        self._refuse_unless_editable(path)
        return source

    def _refuse_unless_editable(self, path: Path) -> None:
        if reason := self._why_not_editable(path):
            raise Denied(f"{shown(path)} was not changed. {reason}")

    def _why_not_editable(self, path: Path) -> str:
        if self._read_only:
            return "This session is read-only."
        if path.name == GENERATED and not self._is_main(path):
            return (
                "The file is generated: `aziotctl config apply` overwrites it. "
                "Put principals in a file of their own."
            )
        target = self._target(path)
        if os.path.exists(target) and not may_write(target):  # noqa: PTH110 (a name too long is no crash)
            return "This user may not write it; run as root or as its owner."
        if target.parent.is_dir() and not may_write(target.parent):
            return (
                f"This user may not write the folder {shown(target.parent)}, "
                "where saving makes the new file; run as root or as its owner."
            )
        return ""


def _find(source: Source, target: FilePrincipal) -> int:
    """Where a table stands now; others may have been added or removed before it."""
    principals = source.principals
    if target.index < len(principals) and principals[target.index].digest == target.digest:
        return target.index
    moved = [found.index for found in principals if found.digest == target.digest]
    if len(moved) == 1:
        return moved[0]
    there = principals[target.index] if target.index < len(principals) else None
    raise VersionMismatch(
        f"The table at line {target.line} of {shown(source.path)} was changed or removed "
        "by someone else since it was loaded.",
        current=there,
        hint="Load the principals again and repeat the edit.",
    )


def _field(found: Finding) -> str:
    """The key a finding is about, as a form names it."""
    return found.key.removeprefix("principal.")


def _lost_modules(old: Whole, new: Whole) -> list[str]:
    """Sentences on modules that the daemon removes from the hub once a change is written."""
    return [
        f"The daemon removes the module “{name}” from the hub about ten seconds after this is "
        "written; its twin and its keys are lost."
        for name in old.module_names
        if name not in new.module_names
    ]
