"""The local folder of a job, checked before the job is accepted (iothub 6.2)."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.wire.hono_files import FILE_NAMES

ERROR_LOG = "importErrors.log"
EXPORT_ERROR_LOG = "exportErrors.log"
"""Devices an export could not write; only there when there are any."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its absolute path."""

    path: Path

    @classmethod
    def parse(cls, text: str) -> Folder:
        """Read a path or a `file:` URI. Raises Invalid at `folder`."""
        if "\0" in text:
            raise Invalid.at("folder", "must not contain a NUL character")
        if text.lower().startswith("file:"):
            parts = urlsplit(text)
            if parts.netloc not in ("", "localhost"):
                raise Invalid.at("folder", f"names the machine {parts.netloc!r}, not this one")
            text = unquote(parts.path)
        elif "://" in text:
            raise Invalid.at("folder", "must be a folder of this machine, or a file: address")
        if not text:
            raise Invalid.at("folder", "must not be empty")
        try:
            return cls(Path(text).expanduser().absolute())
        except RuntimeError as error:
            raise Invalid.at("folder", str(error)) from None

    def file(self, name: str, *, field: str = "blob_name") -> Path:
        """The path of a file right in this folder. Raises Invalid at `field`."""
        if not name or name in (".", "..") or "/" in name or "\0" in name:
            raise Invalid.at(field, "must be the name of a file in the folder, without slashes")
        if len(os.fsencode(name)) > 200:
            raise Invalid.at(field, "must not be longer than 200 bytes")
        return self.path / name

    def check_exists(self) -> None:
        """Raises Invalid at `folder`."""
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            raise Invalid.at("folder", f"there is no folder {self.path}") from None
        except OSError as error:
            raise Invalid.at("folder", f"{self.path} cannot be opened: {error.strerror}") from None
        if not stat.S_ISDIR(mode):
            raise Invalid.at("folder", f"{self.path} is a file, not a folder")

    def check_writable(self) -> None:
        """Write and remove a small file, as a hub probes its container. Raises Invalid."""
        try:
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"probe")
                probe.flush()
        except OSError as error:
            raise Invalid.at(
                "folder", f"{self.path} cannot be written to: {error.strerror}"
            ) from None

    def check_readable(self, name: str) -> Path:
        """The path of an input file that is there and can be read. Raises Invalid."""
        path = self.file(name)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Invalid.at("blob_name", f"{path} is not a regular file")
            with path.open("rb"):
                pass
        except FileNotFoundError:
            raise Invalid.at("blob_name", f"there is no file {name} in {self.path}") from None
        except OSError as error:
            raise Invalid.at("blob_name", f"{path} cannot be read: {error.strerror}") from None
        return path


def input_paths(spec: JobSpec) -> list[Path]:
    """The files an import reads, those of Hono's three that are there. Raises Invalid."""
    folder = Folder.parse(spec.folder)
    folder.check_exists()
    if spec.format != "hono-1.1":
        return [folder.check_readable(spec.blob_name)]
    there = [name for name in FILE_NAMES if (folder.path / name).exists()]
    if not there:
        raise Invalid.at("folder", f"{folder.path} has none of {', '.join(FILE_NAMES)}")
    return [folder.check_readable(name) for name in there]


def check_containers(spec: JobSpec) -> JobSpec:
    """The job as it can be run, with its folder made absolute.

    Raises:
        Invalid: naming `folder` or `blob_name`, and what is wrong with it.
    """
    folder = Folder.parse(spec.folder)
    folder.check_exists()
    folder.check_writable()
    if spec.type is JobType.IMPORT:
        input_paths(spec)
    elif spec.format != "hono-1.1":
        path = folder.file(spec.blob_name)
        if path.is_dir():
            raise Invalid.at("blob_name", f"{path} is a folder")
    if spec.format != "hono-1.1" and spec.blob_name in (ERROR_LOG, EXPORT_ERROR_LOG):
        raise Invalid.at("blob_name", f"{spec.blob_name} is where errors are written")
    return spec.model_copy(update={"folder": str(folder.path)})


def stamp_of(paths: list[Path]) -> tuple[str, int]:
    """What tells these files from changed ones, and their size together. Raises OSError."""
    found = [path.stat() for path in paths]
    text = ",".join(f"{entry.st_size}:{entry.st_mtime_ns}" for entry in found)
    return text, sum(entry.st_size for entry in found)
