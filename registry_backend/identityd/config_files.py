"""The files of one configuration as this process may use them: named, read, and opened to edits."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from registry_backend.domain.errors import Denied, Invalid, NotFound
from registry_backend.identityd.configuration import (
    Snapshot,
    Source,
    read_configuration,
    read_source,
)
from registry_backend.identityd.files import (
    decode,
    is_mounted_read_only,
    may_write,
    read_file,
    shown,
)
from registry_backend.identityd.names import GENERATED
from registry_backend.identityd.users import KnownUsers, Users


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """One main file and one override folder; nothing is kept between two calls."""

    main_file: Path
    config_dir: Path
    read_only: bool = False
    """Whether every write is refused."""
    users: Users = field(default_factory=KnownUsers)
    """Whom uids belong to; as it is here, to nobody."""

    def snapshot(self) -> Snapshot:
        """All files as they are now; a broken one is told of in its place."""
        return read_configuration(self.main_file, self.config_dir, self.why_not_editable)

    def is_main(self, path: Path) -> bool:
        """Whether it is the main file, which may be a link."""
        return path == self.main_file

    def target(self, path: Path) -> Path:
        """The file to replace: a main file that is a link stays one."""
        return Path(os.path.realpath(path)) if self.is_main(path) else path

    def named(self, file: str) -> Path:
        """The file of this configuration that a person or a plan names.

        Raises:
            Invalid: when it is none.
        """
        if file == str(self.main_file):
            return self.main_file
        path = self.config_dir / file
        stem, _, extension = path.name.rpartition(".")
        if path.parent != self.config_dir or not stem or extension != "toml":
            raise Invalid(
                f"{shown(path)} is no file of this configuration.",
                hint=f"Name {shown(self.main_file)} or a .toml file in {shown(self.config_dir)}.",
            )
        return path

    def data(self, path: Path) -> bytes | None:
        """The bytes of a file; None when it is not there.

        Raises:
            RegistryError: when it cannot be read.
        """
        try:
            return read_file(path, follow_links=self.is_main(path))
        except NotFound:
            return None

    def text(self, file: Path) -> str:
        """The text of a file as it stands; empty for a main file that is not there.

        Raises:
            RegistryError: when it cannot be read, or is no UTF-8.
        """
        path = self.named(str(file))
        data = self.data(path)
        if data is None:
            if not self.is_main(path):
                raise NotFound(f"There is no {shown(path)} any more.")
            return ""
        return decode(data, path)

    def editable_source(self, file: Path) -> Source:
        """A file that may be edited, understood.

        Raises:
            RegistryError: when it cannot be read or understood, or may not be written.
        """
        path = self.named(str(file))
        source = read_source(path, follow_links=self.is_main(path))
        if source.problem:
            raise Invalid(source.problem)
        self.refuse_unless_editable(path)
        return source

    def refuse_unless_editable(self, path: Path) -> None:
        """Raises Denied, and says why, when a file may not be written."""
        if reason := self.why_not_editable(path):
            raise Denied(f"{shown(path)} was not changed. {reason}")

    def why_not_editable(self, path: Path) -> str:
        """Why a file may not be written, in sentences; empty when it may."""
        if self.read_only:
            return "This session is read-only."
        if GENERATED in (path.name, self.target(path).name):
            return (
                "The file is generated: `aziotctl config apply` overwrites it. "
                "Put principals in a file of their own."
            )
        target = self.target(path)
        if is_mounted_read_only(target.parent):
            return "Its file system is mounted read-only; mount it writable first."
        if os.path.exists(target) and not may_write(target):  # noqa: PTH110 (a name too long is no crash)
            return "This user may not write it; run as root or as its owner."
        if target.parent.is_dir() and not may_write(target.parent):
            return (
                f"This user may not write the folder {shown(target.parent)}, "
                "where saving makes the new file; run as root or as its owner."
            )
        return ""
