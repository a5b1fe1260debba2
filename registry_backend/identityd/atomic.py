"""One file replaced as a whole or not at all; mode and owner stay."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from registry_backend.domain.errors import Fault, NotFound, RegistryError, VersionMismatch
from registry_backend.identityd.files import file_error, read_file, shown

NEW_FILE_MODE = 0o600
Owner = tuple[int, int]
"""A uid and a gid."""
_BEFORE, _BEHIND = ".idconsole-", ".tmp"
"""What the name of a file begins and ends with that is being written: never with .toml."""


def is_left_behind(path: Path) -> bool:
    """Whether it is a file that a save was writing, and left when it was cut short."""
    return path.name.startswith(_BEFORE) and path.name.endswith(_BEHIND)


def change_file(
    path: Path, *, before: bytes | None, after: bytes | None, owner: Owner | None = None
) -> None:
    """Bring a file from one content to another; None stands for no file.

    A file someone else changed since `before` was read is left as it is. The new bytes are on disk
    when this returns.

    Args:
        path: Which file.
        before: What it holds.
        after: What it shall hold.
        owner: Whose a new file becomes; None: that of its folder, where this process may give it.

    Raises:
        VersionMismatch: the file does not hold `before`.
        Denied, NotFound (folder), Invalid, Fault: the system refused; the file is as it was.
    """
    _require_unchanged(path, before)
    if after == before:
        # The daemon reconciles after every write, even one that changes nothing.
        return
    if after is None:
        _remove(path)
        return
    temporary = path.with_name(f"{_BEFORE}{secrets.token_hex(8)}{_BEHIND}")
    try:
        _write_new(temporary, after, like=_like(path, before), owner=owner)
        # Again, since writing took its time: the window left is one system call wide.
        _require_unchanged(path, before)
        temporary.replace(path)
    except OSError as error:
        _forget(temporary)
        raise file_error(error, "save", path) from None
    except RegistryError:
        _forget(temporary)
        raise
    _flush_folder(path)


def _require_unchanged(path: Path, before: bytes | None) -> None:
    try:
        found = read_file(path, follow_links=False)
    except NotFound:
        found = None
    if found == before:
        return
    if found is None:
        happened = "was removed"
    else:
        happened = "was created" if before is None else "was changed"
    raise VersionMismatch(
        f"{shown(path)} {happened} by someone else in the meantime; it was left as it is.",
        hint="Try again: it is then made to the file as it is now.",
    )


def _like(path: Path, before: bytes | None) -> os.stat_result:
    """Whose owner the new file gets: that of the file it replaces, or that of its folder."""
    return path.parent.stat() if before is None else path.stat(follow_symlinks=False)


def _write_new(path: Path, data: bytes, *, like: os.stat_result, owner: Owner | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, NEW_FILE_MODE), "wb") as file:  # noqa: PTH123
        file.write(data)
        file.flush()
        _give_to(file.fileno(), like, owner)
        os.fsync(file.fileno())


def _give_to(descriptor: int, like: os.stat_result, owner: Owner | None) -> None:
    own = os.fstat(descriptor)
    is_new = stat.S_ISDIR(like.st_mode)
    wanted = owner if is_new and owner is not None else (like.st_uid, like.st_gid)
    if (own.st_uid, own.st_gid) != wanted and not (is_new and os.geteuid() != 0):
        os.fchown(descriptor, *wanted)
    os.fchmod(descriptor, NEW_FILE_MODE if is_new else stat.S_IMODE(like.st_mode))


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise file_error(error, "remove", path) from None
    _flush_folder(path)


def _forget(temporary: Path) -> None:
    # The error that led here is the one to tell of.
    with suppress(OSError):
        temporary.unlink()


def _flush_folder(path: Path) -> None:
    try:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Fault(
            f"{shown(path)} was saved, but its folder could not be written to disk: "
            f"{error.strerror}. The change may be lost if the power fails now."
        ) from None
