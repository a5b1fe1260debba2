"""Who a process is to an Identity Service, and what this machine calls users and groups."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who this process is to the service: the kernel tells it the effective uid."""

    uid: int
    name: str
    """Of the user; empty where this machine knows none of that uid."""

    def __str__(self) -> str:
        return f"uid {self.uid} ({self.name})" if self.name else f"uid {self.uid}"


def this_caller() -> Caller:
    """The user of this process."""
    uid = os.geteuid()
    return Caller(uid, user_name(uid))


def user_name(uid: int) -> str:
    """The name of a user; empty where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def group_name(gid: int) -> str:
    """The name of a group; empty where there is none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


def members_of(gid: int) -> frozenset[str]:
    """Whom the group database puts into a group."""
    try:
        return frozenset(grp.getgrgid(gid).gr_mem)
    except KeyError:
        return frozenset()


def groups_of_process() -> frozenset[int]:
    """The groups that count for this process, whatever the database says by now."""
    return frozenset((os.getegid(), *os.getgroups()))
