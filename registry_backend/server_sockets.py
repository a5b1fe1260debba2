"""Unix sockets: made at a path with mode and owner, or taken over from systemd (identityd 6)."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from registry_backend.domain.errors import Denied, Invalid, Unreachable
from registry_backend.identityd.files import shown

DEFAULT_MODE = 0o660
FIRST_PASSED = 3
"""The first descriptor that systemd passes."""


@dataclass(frozen=True, slots=True)
class SocketPlace:
    """Where a socket shall be, and who may use it."""

    path: Path
    mode: int = DEFAULT_MODE
    owner: tuple[int, int] | None = None
    """Uid and gid; -1 leaves one as it is. None leaves both."""


class SocketFile(NamedTuple):
    """What tells a socket's file from one that came to stand in its place."""

    device: int
    inode: int
    made_at: int
    """In nanoseconds; inodes are given to new files at once."""


def bound_socket(place: SocketPlace) -> socket.socket:
    """A socket at a path, with its mode and owner; nobody can connect before it listens.

    The file of a socket that nobody listens on any more is replaced.

    Raises:
        Unreachable: something else is there, or somebody listens there already.
        Denied: the folder may not be written to, or the owner not be given.
        Invalid: the path is too long for a socket, or its folder is missing.
    """
    _make_room(place.path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.settimeout(0)
    try:
        bound.bind(os.fspath(place.path))
    except OSError as error:
        bound.close()
        raise _refused(place.path, error) from None
    try:
        place.path.chmod(place.mode)
        if place.owner is not None:
            os.chown(place.path, *place.owner)
    except OSError as error:
        bound.close()
        remove_own(place.path, file_of(place.path))
        raise _refused(place.path, error) from None
    return bound


def file_of(path: Path) -> SocketFile | None:
    """Which socket's file is at a path now; None where there is none."""
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISSOCK(found.st_mode):
        return None
    return SocketFile(found.st_dev, found.st_ino, found.st_mtime_ns)


def remove_own(path: Path, own: SocketFile | None) -> None:
    """Remove a socket's file, unless another service has put its own there by now."""
    if own is not None and file_of(path) == own:
        with suppress(OSError):
            path.unlink()


def address_of(listening: socket.socket) -> str:
    """Where a socket is, for people; a name without a file begins with @, as systemd has it."""
    name = listening.getsockname()
    if isinstance(name, bytes):
        return "unix:@" + name.removeprefix(b"\0").decode("utf-8", "backslashreplace")
    return f"unix:{shown(Path(name))}"


def is_passed(environment: Mapping[str, str]) -> bool:
    """Whether systemd passes sockets to this very process."""
    return environment.get("LISTEN_PID") == str(os.getpid())


def passed_socket(environment: MutableMapping[str, str]) -> socket.socket | None:
    """The socket that systemd passes to this process; None when it passes none to this one.

    What the environment says of it is taken out, so that no child takes it for its own.

    Raises:
        Invalid: when it passes several, or something else than a listening Unix socket.
    """
    if not is_passed(environment):
        return None
    count = environment.get("LISTEN_FDS", "")
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environment.pop(name, None)
    if count != "1":
        raise Invalid(
            f"systemd passes {count or 'no'} sockets (LISTEN_FDS), and one is expected.",
            hint="Name one ListenStream in the socket unit.",
        )
    try:
        passed = socket.socket(fileno=FIRST_PASSED)
    except OSError as error:
        raise Invalid(f"What systemd passes is no socket: {error.strerror}.") from None
    is_listening = passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if passed.family != socket.AF_UNIX or passed.type != socket.SOCK_STREAM or not is_listening:
        passed.detach()
        raise Invalid(
            "What systemd passes is no listening Unix stream socket.",
            hint="Let ListenStream in the socket unit be a path.",
        )
    passed.settimeout(0)
    passed.set_inheritable(False)
    return passed


def _make_room(path: Path) -> None:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(path, error) from None
    if not stat.S_ISSOCK(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "something else than a socket"
        raise Unreachable(
            f"Cannot listen on {shown(path)}: {kind} is there. It was left as it is.",
            layer="file",
            hint="Choose another path, or move it away.",
        )
    _require_nobody(path)
    try:
        path.unlink()
    except OSError as error:
        raise _refused(path, error) from None


def _require_nobody(path: Path) -> None:
    """Raises Unreachable or Denied unless it is sure that nobody listens on a socket's file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(0)
        try:
            caller.connect(os.fspath(path))
        except OSError as error:
            if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
                return
            if error.errno in (errno.EACCES, errno.EPERM):
                raise Denied(
                    f"Cannot listen on {shown(path)}: a socket is there that this user may not "
                    "connect to, so nobody can tell whether it is in use.",
                    hint="Remove it as its owner, or choose another path.",
                ) from None
    raise Unreachable(
        f"Cannot listen on {shown(path)}: somebody listens there already.",
        layer="refused",
        hint="Stop the other service, or choose another path.",
    )


def _refused(path: Path, error: OSError) -> Denied | Invalid | Unreachable:
    reason = error.strerror or str(error)
    said = f"Cannot listen on {shown(path)}: {reason}."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Denied(said, hint="Choose a folder that you may write to, or start as root.")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Invalid(said, hint="Make its folder first.")
    if error.errno is None or error.errno == errno.ENAMETOOLONG:
        return Invalid(said, hint="A socket's path has at most 107 bytes.")
    return Unreachable(said, layer="file")
