"""Checks of the files themselves: what is passed over, who may read them, who may change them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from registry_backend.domain.errors import RegistryError
from registry_backend.domain.findings import Severity
from registry_backend.identityd.atomic import is_left_behind
from registry_backend.identityd.blocks import PRINCIPAL
from registry_backend.identityd.configuration import read_source
from registry_backend.identityd.files import quoted, shown
from registry_backend.identityd.report import Report
from registry_backend.identityd.users import DAEMON_USER, User
from registry_backend.identityd.whole import Place

_STRAYS = 100
"""Files that nobody reads and that are looked into, at most."""
_IN_ITS_PLACE = "Put a regular file with the ending .toml in its place, or take it away."


def check_absence(report: Report) -> None:
    """A main file or a folder that is not there, which the daemon does not mind."""
    config = report.whole.config
    for path, why in config.skipped:
        if path not in (config.main_file, config.config_dir):
            continue
        report.in_file(
            Place(path),
            "absent",
            Severity.NOTE,
            f"{shown(path)}: {why}.",
            "Create it, or name another with --config and --config-dir.",
        )


def check_passed_over(report: Report) -> None:
    """Entries of the folder that the daemon does not read, where someone may think it does."""
    config = report.whole.config
    strangers: list[tuple[Path, str]] = []
    for path, why in config.skipped:
        if path in (config.main_file, config.config_dir):
            continue
        if is_left_behind(path):
            report.in_file(
                Place(path),
                "left-behind",
                Severity.NOTE,
                f"{path.name} is left of a save that was cut short; the file that was to be "
                "saved is as it was, and the daemon does not read this one.",
                "Remove it, and make the change again.",
            )
            continue
        if ".toml" not in path.name.lower():
            strangers.append((path, why))
            continue
        copy = path.suffix.lower() != ".toml" and path.name != ".toml"
        report.in_file(
            Place(path),
            "passed-over",
            Severity.NOTE if copy else Severity.WARNING,
            f"The daemon passes over {path.name}: {why}.",
            _IN_ITS_PLACE,
        )
    for path, why in strangers[:_STRAYS]:
        if (line := _line_of_principals(path)) is not None:
            report.in_file(
                Place(path, line),
                "passed-over",
                Severity.WARNING,
                f"{path.name} holds principals, and the daemon passes it over: {why}.",
                _IN_ITS_PLACE,
            )


def check_strays(report: Report) -> None:
    """Principals in a file beside the folder, where nothing reads them."""
    main = report.whole.config.main_file
    read = {main, *(file.path for file in report.whole.config.files)}
    try:
        found = sorted(
            path for path in main.parent.iterdir() if path not in read and path.is_file()
        )
    except OSError:
        return  # a folder that cannot be listed shows its files' problems elsewhere
    # Likely names first: the folder may be anybody's.
    found.sort(key=lambda path: ".toml" not in path.name.lower())
    for path in found[:_STRAYS]:
        if (line := _line_of_principals(path)) is not None:
            report.in_file(
                Place(path, line),
                "stray-file",
                Severity.WARNING,
                f"{path.name} holds principals, but stands beside {main.name}, where the daemon "
                "never looks.",
                f"Move it into {shown(report.whole.config.config_dir)}.",
            )


def _line_of_principals(path: Path) -> int | None:
    """Where principals begin in a file that nobody reads; None when it holds none."""
    try:
        source = read_source(path, follow_links=True)
    except RegistryError:
        return None  # it is not read, so that its faults harm nobody
    understood = [at.line for at in source.principals if at.principal is not None]
    if understood:
        return understood[0]
    # One table in single brackets is meant as a principal, too.
    single = isinstance(source.document.get(PRINCIPAL), dict)
    return source.places.of((PRINCIPAL,))[0] if single else None


def check_access(report: Report) -> None:
    """Whether the daemon may read each file, and who else may change it."""
    daemon = report.users.by_name(DAEMON_USER)
    config = report.whole.config
    for path in dict.fromkeys([config.config_dir, *(file.path for file in config.files)]):
        try:
            status = path.stat()
        except OSError:
            continue  # told of by the reading
        is_right = stat.S_ISDIR if path == config.config_dir else stat.S_ISREG
        if not is_right(status.st_mode):
            continue  # likewise; another mode would help nobody
        if daemon is not None:
            _check_daemon_reads(report, path, status, daemon)
        _check_writers(report, path, status, daemon)


def _check_daemon_reads(report: Report, path: Path, status: os.stat_result, daemon: User) -> None:
    wanted = stat.S_IRUSR | (stat.S_IXUSR if stat.S_ISDIR(status.st_mode) else 0)
    if (
        granted(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, daemon) & wanted
        != wanted
    ):
        report.in_file(
            Place(path),
            "unreadable-by-daemon",
            Severity.ERROR,
            f"{DAEMON_USER} may not read {shown(path)} (mode {stat.S_IMODE(status.st_mode):04o}); "
            "the daemon refuses to start.",
            f"Run: chown {DAEMON_USER}:{DAEMON_USER} {quoted(path)}",
        )


def granted(mode: int, uid: int, gid: int, user: User) -> int:
    """The rights of a user in a file of that mode and owner, as bits of the owner."""
    if user.uid == 0:
        return stat.S_IRWXU
    if uid == user.uid:
        return mode & stat.S_IRWXU
    if gid in user.groups:
        return (mode & stat.S_IRWXG) << 3
    return (mode & stat.S_IRWXO) << 6


def _check_writers(report: Report, path: Path, status: os.stat_result, daemon: User | None) -> None:
    """Whoever may write a file may give itself any identity."""
    mode = stat.S_IMODE(status.st_mode)
    sticky = stat.S_ISDIR(status.st_mode) and mode & stat.S_ISVTX
    shown_mode = f"{mode:04o}"
    remedy = f"Run: chmod {'0700' if stat.S_ISDIR(status.st_mode) else '0600'} {quoted(path)}"
    if mode & stat.S_IWOTH and not sticky:
        report.in_file(
            Place(path),
            "writable-by-all",
            Severity.WARNING,
            f"Everybody may write {shown(path)} (mode {shown_mode}), and so give themselves any "
            "identity.",
            remedy,
        )
    elif mode & stat.S_IWGRP and not (daemon and status.st_gid in daemon.groups):
        report.in_file(
            Place(path),
            "writable-by-group",
            Severity.NOTE,
            f"The group {status.st_gid} may write {shown(path)} (mode {shown_mode}), and so give "
            "itself any identity.",
            remedy,
        )
    if daemon is not None and status.st_uid not in (0, daemon.uid):
        owner = report.users.by_uid(status.st_uid)
        report.in_file(
            Place(path),
            "foreign-owner",
            Severity.WARNING,
            f"{shown(path)} belongs to {owner.name if owner else status.st_uid}, who may give "
            "itself any identity.",
            f"Run: chown {DAEMON_USER}:{DAEMON_USER} {quoted(path)}",
        )
