"""What the path in the form of an import names: a file, or a folder and which of its files."""

from __future__ import annotations

from pathlib import Path

from console.forms.fields import Values, text_of
from console.forms.jobs import TOLD
from registry_backend.domain.formats import HEAD_BYTES, input_among, told_format


def with_file(values: Values) -> Values:
    """The entries with folder, file and format apart, as far as the files tell; blocks.

    What is not there stays as it was entered, for the registry to refuse.
    """
    place = text_of(values, "folder")
    if not place or "://" in place or "\0" in place:
        return values
    try:
        return _settled(values, Path(place.removeprefix("file:")).expanduser().absolute())
    except (OSError, RuntimeError):  # unreadable, or no such user's home
        return values


def _settled(values: Values, path: Path) -> Values:
    found = dict(values)
    name = text_of(values, "blob_name")
    if not path.is_dir():
        if not path.is_file():
            return values
        found |= {"folder": str(path.parent), "blob_name": path.name}
        path, name = path.parent, path.name
    if text_of(values, "format") != TOLD:
        return found
    if name and (path / name).is_file():
        with (path / name).open("rb") as file:
            found["format"] = told_format(name, file.read(HEAD_BYTES))
    elif not name:
        told = input_among([entry.name for entry in path.iterdir()])
        found |= {"format": told.format, "blob_name": told.name or ""}
    return found
