"""Changes of a configuration, planned: what a file will hold, and what the daemon makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from registry_backend.domain.errors import NotFound, VersionMismatch
from registry_backend.domain.findings import Finding, Severity
from registry_backend.domain.principals import FileChange, FilePrincipal, Principal
from registry_backend.identityd.checks import OF_CONTENT, check, introduced
from registry_backend.identityd.checks_principals import check_each_user
from registry_backend.identityd.config_files import ConfigFiles
from registry_backend.identityd.configuration import Source, changed
from registry_backend.identityd.edit import (
    add_principal,
    delete_principal,
    is_blank,
    principal_tables,
    update_principal,
)
from registry_backend.identityd.files import encoded, shown
from registry_backend.identityd.gains import gains
from registry_backend.identityd.names import free_file
from registry_backend.identityd.ownership import unreadable_when_new
from registry_backend.identityd.tables import write_principal
from registry_backend.identityd.users import DAEMON_USER, Users
from registry_backend.identityd.whole import Whole, of_snapshot


def plan_add(files: ConfigFiles, principal: Principal, file: str | None) -> FileChange:
    """Plan a new table at the end of a file; None: in a file of its own in the folder.

    Raises:
        Invalid: when it cannot be written down.
        NotFound, Denied: when the file or folder is missing or may not be written.
    """
    table = write_principal(principal)
    verb = f"Add “{principal.name}”"
    if file is not None:
        source = files.editable_source(files.named(file))
        after = add_principal(source.text, table).encode()
        change = _planned(files, source.path, source.data, after, verb)
        return change.model_copy(update={"index": len(source.principals)})
    if not files.config_dir.is_dir():
        raise NotFound(
            f"There is no folder {shown(files.config_dir)} for a file of its own.",
            hint="Create the folder, or choose a file to add to.",
        )
    path = free_file(files.config_dir, principal.name)
    files.refuse_unless_editable(path)
    change = _planned(files, path, None, add_principal("", table).encode(), verb)
    return change.model_copy(update={"index": 0})


def plan_update(files: ConfigFiles, target: FilePrincipal, principal: Principal) -> FileChange:
    """Plan the change of one table; only keys with a new value change.

    Raises:
        VersionMismatch: when the table has changed since it was loaded.
        Invalid: when it cannot be written down.
        NotFound, Denied: when the file is gone or may not be written.
    """
    source = files.editable_source(target.file)
    index = _find(source, target)
    before = principal_tables(source.document)[index]
    table = write_principal(principal, before if isinstance(before, dict) else None)
    after = update_principal(source.text, index, table).encode()
    return _planned(files, target.file, source.data, after, f"Change “{principal.name}”")


def plan_delete(files: ConfigFiles, target: FilePrincipal) -> FileChange:
    """Plan the removal of one table and the comments that touch it.

    A file of the folder that would hold nothing but blank space is removed.

    Raises:
        VersionMismatch, NotFound, Denied: as for `plan_update`.
    """
    source = files.editable_source(target.file)
    text = delete_principal(source.text, _find(source, target))
    gone = is_blank(text) and not files.is_main(target.file)
    name = f"“{target.principal.name}”" if target.principal else f"line {target.line}"
    after = None if gone else text.encode()
    return _planned(files, target.file, source.data, after, f"Remove {name}")


def plan_text(files: ConfigFiles, file: Path, before: str, after: str) -> FileChange:
    """Plan another text for a whole file, of whatever tables, and even if it was no TOML.

    Raises:
        VersionMismatch: when the file does not hold `before` any more.
        NotFound, Denied: when the file is gone or may not be written.
    """
    path = files.named(str(file))
    files.refuse_unless_editable(path)
    data = files.data(path)
    if data is None and not before and files.is_main(path):
        return _planned(files, path, None, encoded(after), "Write the main file")
    if data is None:
        raise NotFound(f"There is no {shown(path)} any more.")
    if data != before.encode():
        raise _changed_meanwhile(path)
    return _planned(files, path, data, encoded(after), "Change the text")


def plan_undo(files: ConfigFiles, change: FileChange) -> FileChange:
    """Plan the way back from a change that was written.

    Raises:
        VersionMismatch: when the file does not hold what was written any more.
        Denied: when it may not be written.
    """
    path = files.named(str(change.path))
    files.refuse_unless_editable(path)
    if files.data(path) != change.after:
        raise VersionMismatch(
            f"{shown(path)} was changed by someone else after it was written here.",
            hint="What was written cannot be undone any more.",
        )
    summary = f"Undo: {change.summary}"
    return _weighed(files, path, change.after, change.before, summary)


def _planned(
    files: ConfigFiles, path: Path, before: bytes | None, after: bytes | None, verb: str
) -> FileChange:
    if before is None:
        summary = f"{verb}: create {shown(path)}."
    elif after is None:
        summary = f"{verb}: remove {shown(path)}, which held nothing else."
    else:
        summary = f"{verb} in {shown(path)}."
    return _weighed(files, path, before, after, summary)


def _weighed(
    files: ConfigFiles, path: Path, before: bytes | None, after: bytes | None, summary: str
) -> FileChange:
    """A change that was held against the rules between principals."""
    snapshot = files.snapshot()
    old, new = of_snapshot(snapshot), of_snapshot(changed(snapshot, path, after))
    checks = (*OF_CONTENT, check_each_user) if _are_users_of(files.users, old) else OF_CONTENT
    amiss = introduced(
        _with_their_line(check(old, files.users, checks), path, before),
        _with_their_line(check(new, files.users, checks), path, after),
    )
    if before is None and (unreadable := unreadable_when_new(files.target(path), files.users)):
        amiss = (*amiss, unreadable)
    warnings = [_told(found) for found in amiss if found.severity is not Severity.ERROR]
    warnings += gains(old, new)
    warnings += [
        f"The daemon removes the module “{name}” from the hub about ten seconds after this is "
        "written; its twin and its keys are lost."
        for name in _modules_missing(new, among=old)
    ]
    if files.is_main(path):
        warnings.append(
            "The daemon may not notice a change of the main file until it is restarted."
        )
    return FileChange(
        path=path,
        before=before,
        after=after,
        summary=summary,
        warnings=tuple(warnings),
        stops=tuple(found for found in amiss if found.severity is Severity.ERROR),
        new_modules=tuple(_modules_missing(old, among=new)),
    )


def _with_their_line(findings: Sequence[Finding], path: Path, data: bytes | None) -> list[Finding]:
    """What stands in the line of a file that cannot be read tells one such fault from another."""
    lines = [b"", *(data or b"").split(b"\n")]
    return [
        found.model_copy(update={"subject": f"{path}: {lines[found.line]!r} {found.column}"})
        if found.rule == "unusable-file" and found.file == path and found.line < len(lines)
        else found
        for found in findings
    ]


def _are_users_of(users: Users, whole: Whole) -> bool:
    """Whether the uids of a configuration are this machine's: it is a gateway, or knows some.

    Elsewhere they are those of another machine, so that nobody can say which are amiss.
    """
    uids = {entry.principal.uid for entry in whole.ordered if entry.principal is not None} - {0}
    return users.by_name(DAEMON_USER) is not None or any(
        users.by_uid(uid) is not None for uid in uids
    )


def _told(found: Finding) -> str:
    """Where it stands, what it is, and what to do about it."""
    line = f":{found.line}" if found.line else ""
    return f"{found.file.name}{line}: {found.message} {found.remedy}"


def _modules_missing(whole: Whole, *, among: Whole) -> list[str]:
    """Modules of one configuration that another has not."""
    there = frozenset(whole.module_names)
    return [name for name in among.module_names if name not in there]


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


def _changed_meanwhile(path: Path) -> VersionMismatch:
    return VersionMismatch(
        f"{shown(path)} was changed by someone else since it was loaded.",
        hint="Open it again and repeat the edit.",
    )
