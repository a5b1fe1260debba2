"""Whose a new file of the configuration becomes, and whether the daemon may read it (4.6)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from registry_backend.domain.findings import Finding, Severity
from registry_backend.identityd.atomic import NEW_FILE_MODE, Owner
from registry_backend.identityd.checks_folder import granted
from registry_backend.identityd.files import quoted
from registry_backend.identityd.users import DAEMON_USER, Users


def owner_of_new(folder: Path, users: Users) -> Owner | None:
    """Whose a new file becomes: the daemon's, where root writes in a folder of its own.

    None: that of the folder, or of whoever writes.
    """
    daemon = users.by_name(DAEMON_USER)
    if daemon is None or os.geteuid() != 0 or _owner(folder) not in (None, 0):
        return None
    return daemon.uid, next(iter(daemon.groups), daemon.uid)


def unreadable_when_new(path: Path, users: Users) -> Finding | None:
    """That the daemon could not read a file which is to be made; None where it could.

    Nobody can tell on a machine without the daemon.
    """
    daemon = users.by_name(DAEMON_USER)
    if daemon is None:
        return None
    uid, gid = owner_of_new(path.parent, users) or _usual_owner(path.parent)
    if granted(NEW_FILE_MODE, uid, gid, daemon) & stat.S_IRUSR:
        return None
    owner = users.by_uid(uid)
    return Finding(
        rule="unreadable-by-daemon",
        severity=Severity.ERROR,
        file=path,
        message=f"The new file would belong to {owner.name if owner else uid}, and {DAEMON_USER} "
        "could not read it; the daemon refuses to start.",
        remedy=f"Write it as root, or run then: chown {DAEMON_USER}:{DAEMON_USER} {quoted(path)}",
        subject=str(path),
    )


def _usual_owner(folder: Path) -> Owner:
    """Whose a new file becomes where nobody is named."""
    try:
        status = folder.stat()
    except OSError:
        return os.geteuid(), os.getegid()  # saving there will tell why it cannot
    if os.geteuid() == 0:
        return status.st_uid, status.st_gid
    return os.geteuid(), status.st_gid if status.st_mode & stat.S_ISGID else os.getegid()


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None  # saving there will tell why it cannot
