"""Configurations written out as files, for tests of what they come to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.findings import Finding
from registry_backend.identityd.checks import check
from registry_backend.identityd.effective import view
from registry_backend.identityd.users import KnownUsers, User, Users
from registry_backend.identityd.whole import Whole, read_whole

BASE = """\
hostname = "gate"
homedir = "/var/lib/aziot/identityd"
[provisioning]
source = "manual"
iothub_hostname = "hub.azure-devices.net"
device_id = "gate-1"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
[localid]
domain = "example.net"
"""
"""A configuration with nothing amiss and no principals."""
NOBODY = KnownUsers()
PEOPLE = KnownUsers(tuple(User(uid, f"user-{uid}", {uid: f"group-{uid}"}) for uid in range(1, 50)))


_NOBODY_UID = 65534


@dataclass(frozen=True)
class Gateway:
    """A main file and an override folder under a temporary root."""

    root: Path
    users: Users = field(default_factory=lambda: PEOPLE)

    @property
    def main(self) -> Path:
        """The main file."""
        return self.root / "config.toml"

    @property
    def folder(self) -> Path:
        """The override folder."""
        return self.root / "config.d"

    def write(self, main: str | None = BASE, **files: str) -> Gateway:
        """Write the main file and `NAME.toml` for each name, with the modes of a package."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if main is not None:
            _put(self.main, main)
        for name, text in files.items():
            _put(self.folder / f"{name}.toml", text)
        return self

    def put(self, files: Mapping[str, str]) -> Gateway:
        """Write files of the folder by their whole names."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for name, text in files.items():
            _put(self.folder / name, text)
        return self

    def whole(self) -> Whole:
        """All of it, read anew."""
        return read_whole(self.main, self.folder)

    def findings(self) -> tuple[Finding, ...]:
        """Everything amiss."""
        return check(self.whole(), self.users)

    def rules(self) -> list[str]:
        """The rules that are broken, in the order of files and lines."""
        return [found.rule for found in self.findings()]

    def view(self) -> EffectiveView:
        """What each principal comes to."""
        return view(self.whole(), self.users)


@contextmanager
def unread(path: Path) -> Iterator[None]:
    """Look as a user who may not read one file, and may read all beside it."""
    for beside in (path.parent, *path.parent.rglob("*")):
        beside.chmod(0o755 if beside.is_dir() else 0o644)
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:  # whom no mode keeps out
        os.seteuid(_NOBODY_UID)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def principal(uid: int, name: str, rest: str = "") -> str:
    """A table; `rest` are further lines, such as `idtype = ["module"]`."""
    return f'[[principal]]\nuid = {uid}\nname = "{name}"\n{rest}\n'
