"""Configuration files found and read as the daemon does, without ever waiting or falling (4.3)."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path

from registry_backend.domain.errors import (
    Denied,
    Fault,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
)
from registry_backend.identityd.plain import plain

LARGEST_FILE = 2 * 1024 * 1024
"""In bytes. Real files are a few kilobytes; reading more would hold up the console."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device file",
    stat.S_IFBLK: "a device file",
    stat.S_IFLNK: "a symbolic link",
}


def list_folder(folder: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The files of the override folder in the daemon's order, and the entries it passes over.

    Raises:
        NotFound: when there is no folder, which the daemon does not mind.
        RegistryError: when it cannot be listed, which stops the daemon.
    """
    taken, skipped = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                reason = _why_skipped(entry)
                if reason:
                    skipped.append((folder / entry.name, reason))
                else:
                    taken.append(folder / entry.name)
    except OSError as error:
        raise file_error(error, "list", folder) from None
    return sorted(taken, key=os.fsencode), sorted(skipped, key=lambda found: os.fsencode(found[0]))


def read_file(path: Path, *, follow_links: bool) -> bytes:
    """The bytes of a regular file.

    Raises:
        NotFound, Denied, Invalid (no regular file), LimitReached (too large), Fault.
    """
    try:
        # Looked at before it is opened: opening a device file may already do something.
        _require_regular(path, path.stat(follow_symlinks=follow_links))
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags if follow_links else flags | os.O_NOFOLLOW)
        with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor has no Path)
            _require_regular(path, os.fstat(descriptor))
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise file_error(error, "read", path) from None
    if len(data) > LARGEST_FILE:
        raise _too_large(path, len(data))
    return data


def decode(data: bytes, path: Path) -> str:
    """The text of a file.

    Raises:
        Invalid: with the position of the first byte that is not UTF-8, counted from 1.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise Invalid(
            f"{shown(path)} is not UTF-8: byte {error.start + 1} cannot be read "
            f"(at line {line}, column {column}).",
            hint="Save it as UTF-8 text.",
        ) from None


def encoded(text: str) -> bytes:
    """The bytes of a text that a person typed.

    Raises:
        Invalid: when it holds half a character.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Invalid("The text holds characters that no file can hold.") from None


def may_write(path: Path) -> bool:
    """Whether this process may write a file or a folder, as far as modes tell."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def is_mounted_read_only(path: Path) -> bool:
    """Whether nobody may write there, root neither."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def shown(path: Path) -> str:
    """A path for people, whatever bytes its name is made of; none of its characters acts."""
    return plain(os.fsencode(path).decode("utf-8", "backslashreplace"))


def quoted(path: Path) -> str:
    """A path as a shell takes it."""
    return shlex.quote(shown(path))


def file_error(error: OSError, doing: str, path: Path) -> RegistryError:
    """What the system said about a file, in the family's terms."""
    said = f"Could not {doing} {shown(path)}: {(error.strerror or str(error)).lower()}."
    match error.errno:
        case errno.ENOENT:
            return NotFound(said)
        case errno.EACCES | errno.EPERM:
            return Denied(said, hint="Run as root or as the owner of the configuration.")
        case errno.EROFS:
            return Denied(said, hint="The file system is mounted read-only.")
        case errno.ENOSPC | errno.EDQUOT:
            return Fault(said, hint="Free some space and save again; nothing was changed.")
        case errno.ELOOP | errno.ENOTDIR | errno.EISDIR | errno.ENAMETOOLONG:
            return Invalid(said)
        case _:
            return Fault(said)


def _why_skipped(entry: os.DirEntry[str]) -> str:
    stem, dot, extension = entry.name.rpartition(".")
    if not (stem and dot and extension == "toml"):
        return "its name does not end in .toml (in lower case, after at least one character)"
    if entry.is_file(follow_symlinks=False):
        return ""
    kind = _KINDS.get(stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode), "no regular file")
    return f"it is {kind}; the daemon takes regular files only"


def _require_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise Invalid(f"{shown(path)} is {kind}, where a regular file is expected.")
    if status.st_size > LARGEST_FILE:
        raise _too_large(path, status.st_size)


def _too_large(path: Path, size: int) -> LimitReached:
    return LimitReached(
        f"{shown(path)} is {size:,} bytes long; up to {LARGEST_FILE:,} are read.",
        hint="Check that it is the right file.",
    )
