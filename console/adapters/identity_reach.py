"""Why a socket could not be spoken through, read off the file and off the error (identityd 6).

An operator who mixes up these layers mends the wrong thing, so each is told apart.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from console.adapters.identity_caller import Caller
from console.adapters.identity_permission import UNIT, not_permitted
from registry_backend.domain.errors import Layer, Unreachable

MAX_PATH = 107
"""Bytes of a socket's path; the kernel has room for no more."""
_LOOK = (
    f"See `systemctl status {UNIT}.socket {UNIT}`; `journalctl -u {UNIT}` says why it does not "
    "start."
)
_START = (
    f"{_LOOK} Where systemd listens for it ({UNIT}.socket), callers wait in line while it starts; "
    "where it listens itself, it does so only once the device is provisioned."
)
"""What to do where nobody listens (identityd 5 and 6)."""


def not_connected(path: Path, error: OSError, caller: Caller) -> Unreachable:
    """Why no connection came about; looks at the file, so it may block for as long as that takes.

    Args:
        path: The socket's.
        error: What connecting raised.
        caller: Who tried.
    """
    if len(os.fsencode(path)) > MAX_PATH:
        text = f"its path is longer than the {MAX_PATH} bytes that a socket's may have"
        return _ended(path, "file", text, "Name the socket by a shorter path, such as a link.")
    if isinstance(error, PermissionError):
        return not_permitted(path, caller)
    try:
        mode = path.stat().st_mode
    except PermissionError:
        return not_permitted(path, caller)
    except OSError as found:
        return _no_file(path, found)
    if not stat.S_ISSOCK(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        hint = f"The service's socket is usually /run/aziot/identityd.sock, not {path}."
        return _ended(path, "file", f"it is {kind}, not a socket", hint)
    if error.errno == errno.ECONNREFUSED:
        text = "nobody listens; the service is not started, or starts and fails again and again"
        return _ended(path, "refused", text, _START)
    return _ended(path, "refused", error.strerror or "the connection failed", _START)


def dropped(path: Path, caller: Caller) -> Unreachable:
    """The connection was taken, and ended without an answer."""
    bound = "10 unless max_requests says otherwise"
    return Unreachable(
        f"{path}: the service closed the connection without an answer.",
        layer="dropped",
        hint=(
            f"It does so when {caller} holds too many connections at once ({bound}): end other "
            f"programs of this user that keep some open, or try again soon. If it happens to all, "
            f"the service crashed (`journalctl -u {UNIT}` says why), or it is another's socket."
        ),
    )


def broken_off(path: Path) -> Unreachable:
    """The answer ended before it was whole."""
    return Unreachable(
        f"{path}: the service ended its answer halfway.",
        layer="dropped",
        hint=f"It may have been stopped or have crashed: see `journalctl -u {UNIT}`.",
    )


def silent(path: Path, seconds: float) -> Unreachable:
    """Nothing came for so long."""
    return Unreachable(
        f"{path}: the service took the connection and said nothing for {seconds:g} s.",
        layer="timeout",
        hint=(
            "It serves one call at a time, so another's call to a slow hub may hold this one up "
            "for minutes: wait and try again, or see its journal."
        ),
    )


def not_understood(path: Path, why: str) -> Unreachable:
    """What came is no HTTP, or not to be read."""
    return Unreachable(
        f"{path}: what answers there does not speak as an Identity Service does: {why}.",
        layer="protocol",
        hint="Check the path: other services have sockets beside it, such as keyd.sock.",
    )


_KINDS = {
    stat.S_IFREG: "a plain file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device file",
    stat.S_IFBLK: "a device file",
}


def _ended(path: Path, layer: Layer, text: str, hint: str) -> Unreachable:
    return Unreachable(f"{path}: {text}.", layer=layer, hint=hint)


def _no_file(path: Path, error: OSError) -> Unreachable:
    if error.errno == errno.ELOOP:
        return _ended(path, "file", "its links lead in a circle", "Mend the link.")
    if path.is_symlink():
        text = f"it is a link to {path.readlink()}, which is not there"
        return _ended(path, "file", text, _START)
    if not os.path.lexists(path.parent):
        text = f"the folder {path.parent} is not there"
        hint = f"Is the Identity Service installed, and {UNIT}.socket started? {_START}"
        return _ended(path, "file", text, hint)
    if error.errno == errno.ENOTDIR:
        return _ended(path, "file", f"{path.parent} is not a folder", "Check the path.")
    hint = (
        f"Where systemd listens for the service, `systemctl start {UNIT}.socket` makes it, whether "
        f"the service runs or not; otherwise the service does, once the device is provisioned. "
        f"{_LOOK}"
    )
    return _ended(path, "file", "there is no socket", hint)
