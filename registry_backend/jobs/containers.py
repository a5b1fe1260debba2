"""A folder of this machine as a job's container, checked before it is accepted (iothub 6.2)."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from registry_backend.domain.errors import Invalid
from registry_backend.domain.formats import NAMED, ONE_DOCUMENT, seen_instead
from registry_backend.domain.jobs import JobSpec, JobType, without_query
from registry_backend.jobs.blob_address import container_refused
from registry_backend.jobs.sniffing import HEAD_BYTES, seems
from registry_backend.wire.csv_lines import read_header
from registry_backend.wire.hono_files import FILE_NAMES

ERROR_LOG = "importErrors.log"
EXPORT_ERROR_LOG = "exportErrors.log"
"""Devices an export could not write; only there when there are any."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its absolute path."""

    path: Path

    @classmethod
    def parse(cls, text: str, *, at: str = "folder") -> Folder:
        """Read a path or a `file:` URI. Raises Invalid at the field `at`."""
        if "\0" in text:
            raise container_refused(
                "The folder's path has a NUL character in it.", _TYPE_AGAIN, at=at
            )
        if text.lower().startswith("file:"):
            parts = urlsplit(text)
            if parts.netloc not in ("", "localhost"):
                message = f"{parts.netloc} is another machine; the folder must be on this one."
                raise container_refused(message, _ON_THIS_MACHINE, at=at)
            text = unquote(parts.path)
        elif "://" in text:
            message = f"{without_query(text)} is no folder of this machine."
            raise container_refused(message, _ON_THIS_MACHINE, at=at)
        if not text:
            raise container_refused("No folder is named.", _ON_THIS_MACHINE, at=at)
        try:
            return cls(Path(text).expanduser().absolute())
        except RuntimeError as error:
            message = f"The home folder that {text} begins with is not known: {error}"
            raise container_refused(message, "Write the whole path.", at=at) from None

    def file(self, name: str, *, field: str = "blob_name") -> Path:
        """The path of a file right in this folder. Raises Invalid at `field`."""
        if not name or name in (".", "..") or "/" in name or "\0" in name:
            message = f"{name!r} is not the name of a file in the folder {self.path}."
            raise Invalid.told(field, message, hint="Name one without slashes.")
        if len(os.fsencode(name)) > 200:
            message = "The file's name is longer than 200 bytes."
            raise Invalid.told(field, message, hint="Choose a shorter one.")
        return self.path / name

    def check_exists(self, *, at: str = "folder") -> None:
        """Raises Invalid at the field `at`."""
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            message = f"There is no folder {self.path}."
            hint = "Check the spelling, or make it first."
            raise container_refused(message, hint, at=at) from None
        except OSError as error:
            message = f"The folder {self.path} cannot be opened: {error.strerror}."
            raise container_refused(message, _PERMISSIONS, at=at) from None
        if not stat.S_ISDIR(mode):
            message = f"{self.path} is a file, not a folder."
            raise container_refused(message, "Name the folder that it is in.", at=at)

    def check_writable(self, *, at: str = "folder") -> None:
        """Write and remove a small file, as a hub probes its container. Raises Invalid."""
        try:
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"probe")
                probe.flush()
        except OSError as error:
            raise container_refused(
                f"The folder {self.path} cannot be written to: {error.strerror}.",
                "Errors and exports are written there: make room or change its permissions, "
                "or name another folder.",
                at=at,
            ) from None

    def check_readable(self, name: str) -> Path:
        """The path of an input file that is there and can be read. Raises Invalid."""
        path = self.file(name)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise _file_refused(f"{path} is not a regular file.", "Name another file.")
            with path.open("rb"):
                pass
        except FileNotFoundError:
            raise _file_refused(
                f"There is no file {name} in {self.path}.",
                "Put it there, or name the file to import.",
            ) from None
        except OSError as error:
            raise _file_refused(
                f"{path} cannot be read: {error.strerror}.", "Check its permissions."
            ) from None
        return path


def input_paths(spec: JobSpec) -> list[Path]:
    """The files an import reads, those of Hono's three that are there. Raises Invalid."""
    folder = Folder.parse(spec.folder)
    folder.check_exists()
    if spec.format != "hono-1.1":
        return [folder.check_readable(spec.blob_name)]
    there = [name for name in FILE_NAMES if (folder.path / name).exists()]
    if not there:
        raise _folder_refused(
            f"The folder {folder.path} has none of {', '.join(FILE_NAMES)}.",
            "Name the folder that holds them, or choose another format.",
        )
    return [folder.check_readable(name) for name in there]


def check_output(folder: Folder, spec: JobSpec, *, at: str = "folder") -> None:
    """Refuse a folder that results cannot be written to.

    Raises:
        Invalid: naming the field `at` or `blob_name`, and what is wrong with it.
    """
    folder.check_exists(at=at)
    folder.check_writable(at=at)
    if spec.type is JobType.EXPORT and spec.format != "hono-1.1":
        path = folder.file(spec.blob_name)
        if path.is_dir():
            raise _file_refused(f"{path} is a folder.", "Name a file in the folder.")


def check_input(spec: JobSpec) -> None:
    """Refuse an import's files that are not there, or of which no line could be read.

    Raises:
        Invalid: naming `folder` or `blob_name`, and what is wrong with it.
    """
    paths = input_paths(spec)
    _check_text(spec, paths)
    if spec.format == "csv":
        try:
            with paths[0].open("rb") as file:
                read_header(file.readline(HEAD_BYTES))
        except OSError as error:
            raise _file_refused(
                f"{paths[0]} cannot be read: {error.strerror}.", _PERMISSIONS
            ) from None


def _check_text(spec: JobSpec, paths: list[Path]) -> None:
    """Refuse files of which no line could be read."""
    refuse = _folder_refused if spec.format == "hono-1.1" else _file_refused
    for path in paths:
        try:
            seeming = seems(path)
        except OSError as error:
            raise refuse(f"{path} cannot be read: {error.strerror}.", _PERMISSIONS) from None
        if seeming is not None:
            raise refuse(
                f"{path} cannot be imported: it seems to be {seeming.what}.", seeming.advice
            )
        if spec.format != "hono-1.1":
            _check_format(spec, path)


def _check_format(spec: JobSpec, path: Path) -> None:
    """Refuse a file of another format: each of its lines would be one more error."""
    try:
        with path.open("rb") as file:
            seen = seen_instead(file.read(HEAD_BYTES), spec.format)
    except OSError as error:
        raise _file_refused(f"{path} cannot be read: {error.strerror}.", _PERMISSIONS) from None
    if seen == ONE_DOCUMENT:
        raise _file_refused(
            f"{path} looks like one JSON document, not {NAMED[spec.format]}.",
            "Write each device on a line of its own.",
        )
    if seen:
        raise Invalid.told(
            "format",
            f"{path} looks like {seen}, not {NAMED[spec.format]}.",
            hint="Choose that format, or name another file.",
        )


_TYPE_AGAIN = "Type it again."
_ON_THIS_MACHINE = "Name a folder of this machine by its path or its file: address."
_PERMISSIONS = "Check its permissions and those of the folders above it."


def _folder_refused(sentence: str, hint: str) -> Invalid:
    return container_refused(sentence, hint)


def _file_refused(sentence: str, hint: str) -> Invalid:
    return container_refused(sentence, hint, at="blob_name")


def stamp_of(paths: list[Path]) -> tuple[str, int]:
    """What tells these files from changed ones, and their size together. Raises OSError."""
    found = [path.stat() for path in paths]
    text = ",".join(f"{entry.st_size}:{entry.st_mtime_ns}" for entry in found)
    return text, sum(entry.st_size for entry in found)
