"""The users of this machine, as far as a configuration names them."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from registry_backend.domain.errors import Invalid
from registry_backend.domain.principals import MAX_UID

DAEMON_USER = "aziotid"
"""The account the daemon runs as (identityd 4.6)."""
_MANY = 100
"""Questions after which one reading of all users costs less than the questions to come."""
_NAME_SERVICES = Path("/etc/nsswitch.conf")
_LISTED = frozenset({"files", "compat", "systemd"})
"""Sources of users that tell all they know when they are listed; directories often do not."""


@dataclass(frozen=True, slots=True)
class User:
    """A line of the user database."""

    uid: int
    name: str
    groups: Mapping[int, str] = field(default_factory=dict)
    """Names of all its groups by number, its own first."""


class Users(Protocol):
    """Where users are looked up."""

    def by_uid(self, uid: int) -> User | None:
        """The user of that number."""

    def by_name(self, name: str) -> User | None:
        """The user of that name."""


@dataclass(frozen=True, slots=True)
class KnownUsers:
    """A list of users: those of another machine, or of none."""

    users: tuple[User, ...] = ()

    def by_uid(self, uid: int) -> User | None:
        """As Users."""
        return next((user for user in self.users if user.uid == uid), None)

    def by_name(self, name: str) -> User | None:
        """As Users."""
        return next((user for user in self.users if user.name == name), None)


class SystemUsers:
    """The users that this machine's name services know, each asked for once.

    After many questions all users are read at once, where the machine's own files are all there is.
    """

    def __init__(self) -> None:
        self._known: dict[int, User | None] = {}
        self._all: dict[int, pwd.struct_passwd] | None = None

    def by_uid(self, uid: int) -> User | None:
        """As Users."""
        if uid not in self._known:
            if len(self._known) == _MANY and can_be_listed():
                self._all = {entry.pw_uid: entry for entry in reversed(pwd.getpwall())}
            entry = _entry_of(uid) if self._all is None else self._all.get(uid)
            self._known[uid] = None if entry is None else _user(entry)
        return self._known[uid]

    def by_name(self, name: str) -> User | None:
        """As Users."""
        try:
            return _user(pwd.getpwnam(name))
        except KeyError:
            return None


def find_uid(text: str) -> int:
    """The uid that a person names: by number, or by a user of this machine.

    Raises:
        Invalid: when there is no such user, or no such number.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        if int(text) > MAX_UID:
            raise Invalid.told("uid", f"A uid is at most {MAX_UID}.")
        return int(text)
    try:
        return pwd.getpwnam(text).pw_uid
    except (KeyError, ValueError):
        raise Invalid.told("uid", f"No user of this machine is called “{text}”.") from None


def _entry_of(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return None


def can_be_listed(name_services: Path = _NAME_SERVICES) -> bool:
    """Whether a list of all users leaves none out that could be asked for."""
    try:
        lines = name_services.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    found = [line.partition("#")[0].split()[1:] for line in lines if line.startswith("passwd:")]
    return len(found) == 1 and _LISTED.issuperset(found[0])


def _user(entry: pwd.struct_passwd) -> User:
    # os.getgrouplist tells numbers only, and each would be looked up again.
    own = {entry.pw_gid: _group_name(entry.pw_gid)}
    others = {
        group.gr_gid: group.gr_name for group in grp.getgrall() if entry.pw_name in group.gr_mem
    }
    return User(entry.pw_uid, entry.pw_name, {**own, **others})


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
