"""What an operator types about the Identity Service, as what the server is given."""

from __future__ import annotations

import grp
import pwd
import re
from collections.abc import Callable
from pathlib import Path

from registry_backend.domain.errors import Invalid
from registry_backend.identityd.behaviour_config import ConfigPaths
from registry_backend.server_sockets import SocketPlace
from registry_backend.server_unix import UnixListener

DEFAULT_MODE = "0660"
_MODE = re.compile(r"[0-7]{3,4}")
_ID = re.compile(r"[0-9]{1,10}")
_MAX_ID = 2**32 - 2
"""The one above it stands for no change."""


def parse_unix(
    path: Path | None, *, config: Path, config_dir: Path, mode: str, owner: str, default_tenant: str
) -> UnixListener:
    """The listener of an Identity Service; without a path only a socket from systemd will do.

    Args:
        path: Where the socket shall be.
        config: The main file.
        config_dir: The folder of override files.
        mode: Of the socket, in octal, such as `0660`.
        owner: `USER`, `USER:GROUP` or `:GROUP`, by name or number; empty leaves it as it is.
        default_tenant: What hub names other than NAME.azure-devices.net mean.

    Raises:
        Invalid: saying which part cannot be understood.
    """
    place = None if path is None else SocketPlace(path, _mode(mode), _owner(owner))
    return UnixListener(ConfigPaths(config, config_dir), place, default_tenant)


def _mode(text: str) -> int:
    if not _MODE.fullmatch(text):
        raise Invalid(f"--unix-mode {text!r}: expected three or four octal digits, such as 0660.")
    return int(text, 8)


def _owner(text: str) -> tuple[int, int] | None:
    user, _, group = text.partition(":")
    if not user and not group:
        return None
    uid = _number(user, "user", lambda name: pwd.getpwnam(name).pw_uid)
    gid = _number(group, "group", lambda name: grp.getgrnam(name).gr_gid)
    return uid, gid


def _number(name: str, kind: str, look_up: Callable[[str], int]) -> int:
    """A name's number; -1, which changes nothing, where no name is given."""
    if not name:
        return -1
    if _ID.fullmatch(name) and int(name) <= _MAX_ID:
        return int(name)
    try:
        return look_up(name)
    except KeyError:
        raise Invalid(
            f"--unix-owner: this machine has no {kind} {name!r}.",
            hint="Expected USER, USER:GROUP or :GROUP, by name or number.",
        ) from None
