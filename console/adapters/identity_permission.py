"""What keeps a caller from a socket, and the way in that costs least (identityd 4.6 and 6).

As packaged, anyone may enter the socket's folder, and the group aziotid opens the socket. Advice
leads back there, never into the group of root, whom a socket may belong to by mistake.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from console.adapters.identity_caller import (
    Caller,
    group_name,
    groups_of_process,
    members_of,
    user_name,
)
from registry_backend.domain.errors import Unreachable

UNIT = "aziot-identityd"
"""The systemd unit of the daemon; its socket unit has the same name."""
GROUP = "aziotid"
"""Whose socket it is, as packaged."""
_NEEDED = stat.S_IRGRP | stat.S_IWGRP
_OPENS_ONLY = "The group opens the socket only; what one may ask there is for principals to say."
_AS_PACKAGED = (
    f"{UNIT}.socket makes it with SocketUser={GROUP}, SocketGroup={GROUP} and SocketMode=0660: see "
    f"`systemctl cat {UNIT}.socket` and restart it"
)


def not_permitted(path: Path, caller: Caller) -> Unreachable:
    """What keeps the caller out: a folder on the way, or the mode of the socket.

    Args:
        path: The socket's; it is there, as far as the caller can see.
        caller: Who tried.
    """
    for folder in reversed(path.absolute().parents):
        if not os.access(folder, os.X_OK, effective_ids=True):
            text = f"{caller} may not enter the folder {folder} ({_ownership(folder)})"
            return Unreachable(f"{path}: {text}.", layer="permission", hint=_entering(folder))
    text = f"{caller} may not use the socket ({_ownership(path)})"
    return Unreachable(f"{path}: {text}.", layer="permission", hint=_joining(path, caller))


def _ownership(path: Path) -> str:
    found = path.stat()
    owner = user_name(found.st_uid) or str(found.st_uid)
    group = group_name(found.st_gid) or str(found.st_gid)
    return f"owner {owner}, group {group}, mode {stat.S_IMODE(found.st_mode):04o}"


def _entering(folder: Path) -> str:
    owner = user_name(folder.stat().st_uid)
    other = f", or run this console as {owner}" if owner else ""
    return (
        "As packaged, anyone may enter the folder of the service's socket, /run/aziot (mode 0755). "
        f"If this is its folder, let others enter it: `sudo chmod o+x {folder}`{other}."
    )


def _joining(path: Path, caller: Caller) -> str:
    found = path.stat()
    group = group_name(found.st_gid)
    if found.st_gid == 0:
        return (
            "Nobody should join the group of root for it. As packaged, the group "
            f"{GROUP} opens the socket: {_AS_PACKAGED}, or run this console with sudo."
        )
    if found.st_mode & _NEEDED != _NEEDED:
        who = f"its group {group or found.st_gid}"
        return f"The mode does not let {who} in either. As packaged, {_AS_PACKAGED}."
    if found.st_gid in groups_of_process():
        return (
            f"This process is in the group {group or found.st_gid} already, so something beside "
            "the mode keeps it out, such as an access control list or a security module."
        )
    return _into_group(group, found.st_gid, caller)


def _into_group(group: str, gid: int, caller: Caller) -> str:
    """How to get into a group that opens the socket; only users with a name can be put into one."""
    if not caller.name or not group:
        nobody = f"no user has uid {caller.uid}" if not caller.name else f"group {gid} has no name"
        return (
            f"On this machine {nobody}, so `usermod` cannot help. Start this process with the "
            f"further group {group or gid}: `--group-add {gid}` for a container, "
            f"SupplementaryGroups={group or gid} in a unit. {_OPENS_ONLY}"
        )
    if caller.name in members_of(gid):
        return (
            f"{caller.name} is in the group {group}, but has not logged in since: log out and in "
            f"again, or use `newgrp {group}`."
        )
    return (
        f"Join the group: `sudo usermod -aG {group} {caller.name}`, then log out and in again. "
        f"{_OPENS_ONLY}"
    )
