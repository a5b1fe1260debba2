"""The whole configuration read: every file with its principals, or the reason why it has none."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from registry_backend.domain.errors import Denied, Invalid, LimitReached, NotFound, RegistryError
from registry_backend.domain.principals import ConfigFile, FilePrincipal, PrincipalConfig
from registry_backend.identityd.blocks import PRINCIPAL, Layout, cut
from registry_backend.identityd.edit import parse, principal_tables
from registry_backend.identityd.files import decode, list_folder, read_file, shown
from registry_backend.identityd.lexer import statements
from registry_backend.identityd.places import Places
from registry_backend.identityd.tables import read_principal
from registry_backend.identityd.values import Table

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
"""How `tomllib` ends its sentences."""
_MEND = "It cannot be read; mend it first."
_REPLACED = "a later file replaces it, so that nothing of it counts"
_FATAL = "the daemon refuses to start"
_REMEMBERED = 64
"""Files that are not taken apart again while their bytes are the same."""

WhyNotEditable = Callable[[Path], str]
"""Says why a file may not be edited; empty when it may."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read and understood."""

    path: Path
    data: bytes
    text: str
    document: Table
    principals: tuple[FilePrincipal, ...]
    places: Places
    """Where its keys stand."""
    problem: str = ""
    """Why its principals cannot be told apart, though the rest is understood."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The configuration as it stood at one moment."""

    config: PrincipalConfig
    sources: tuple[Source, ...]
    """The readable files, in the daemon's order."""


def read_configuration(main_file: Path, config_dir: Path, why_not: WhyNotEditable) -> Snapshot:
    """Read the main file and the override folder; a broken file is told of in its place."""
    skipped: list[tuple[Path, str]] = []
    files: list[ConfigFile] = []
    sources: list[Source] = []
    paths: list[Path] = []
    try:
        paths, skipped = list_folder(config_dir)
    except NotFound:
        skipped.append((config_dir, "there is no such folder; the main file stands alone"))
    except RegistryError as error:
        files.append(_broken(config_dir, error))
    for path in [main_file, *paths]:
        try:
            data = read_file(path, follow_links=path == main_file)
        except NotFound:
            # The daemon takes an absent main file for an empty one; another was just removed.
            skipped.insert(0, (path, "there is no such file; the daemon goes on without it"))
        except RegistryError as error:
            files.append(_broken(path, error))
        else:
            _take(path, data, why_not(path), files, sources)
    config = PrincipalConfig(
        files=tuple(_judged(files, sources)),
        main_file=main_file,
        config_dir=config_dir,
        skipped=tuple(skipped),
    )
    return Snapshot(config, tuple(sources))


def changed(before: Snapshot, path: Path, data: bytes | None) -> Snapshot:
    """The configuration as it would be with other bytes in one file; None for no such file."""
    config = before.config
    files = [file for file in config.files if file.path != path]
    sources = [source for source in before.sources if source.path != path]
    if data is not None:
        _take(path, data, "", files, sources)

    def order(path: Path) -> tuple[bool, bytes]:
        return path != config.main_file, os.fsencode(path)

    files.sort(key=lambda file: order(file.path))
    sources.sort(key=lambda source: order(source.path))
    judged = tuple(_judged(files, sources))
    return Snapshot(config.model_copy(update={"files": judged}), tuple(sources))


def _take(
    path: Path, data: bytes, why_not: str, files: list[ConfigFile], sources: list[Source]
) -> None:
    """Add a file to those that are described, and to the readable ones if it is."""
    try:
        source = understand(path, data)
    except RegistryError as error:
        files.append(_broken(path, error, text_editable=not why_not and _is_text(data)))
    else:
        files.append(_described(source, why_not))
        sources.append(source)


def _judged(files: Iterable[ConfigFile], sources: Sequence[Source]) -> Iterator[ConfigFile]:
    """The files, with what comes of each `principal` that is no array (identityd 4.3)."""
    told = {}
    for number, source in enumerate(sources, start=1):
        if source.problem:
            later = (each.document for each in sources[number:])
            told[source.path] = any(_replaces(each, source.document) for each in later), source
    for file in files:
        if file.path not in told:
            yield file
            continue
        replaced, source = told[file.path]
        problem = f"{source.problem.removesuffix('.')}; {_REPLACED if replaced else _FATAL}."
        yield file.model_copy(update={"replaced": replaced, "problem": problem})


def _replaces(later: Table, earlier: Table) -> bool:
    """Whether a `principal` takes the place of an earlier one that is no array."""
    merge = isinstance(later.get(PRINCIPAL), dict) and isinstance(earlier.get(PRINCIPAL), dict)
    return PRINCIPAL in later and not merge


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_source(path: Path, *, follow_links: bool) -> Source:
    """Read and understand one file.

    Raises:
        RegistryError: naming the file and what is wrong with it, with its place where known.
    """
    data = read_file(path, follow_links=follow_links)
    return understand(path, data)


@lru_cache(maxsize=_REMEMBERED)
def understand(path: Path, data: bytes) -> Source:
    """The bytes of a file as text, document and principals.

    A file with something else than an array under `principal` has none, and says so.

    Raises:
        Invalid: when they are no UTF-8 or no TOML.
    """
    text = decode(data, path)
    try:
        document = parse(text)
    except Invalid as error:
        raise _of_file(path, error) from None
    try:
        tables = principal_tables(document)
    except Invalid as error:
        places = Places(text, statements(text))
        return Source(path, data, text, document, (), places, str(_of_file(path, error)))
    layout = cut(text)
    found = [_file_principal(path, layout, at, table) for at, table in enumerate(tables)]
    return Source(path, data, text, document, tuple(found), Places(text, layout.found))


def _file_principal(path: Path, layout: Layout, index: int, table: object) -> FilePrincipal:
    block = layout.blocks[index]
    text = layout.text_of(block)
    principal, problem = None, ""
    try:
        principal = read_principal(table)
    except Invalid as error:
        problem = error.message
    return FilePrincipal(
        principal=principal,
        file=path,
        line=block.line,
        index=index,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        problem=problem,
        label=_label(table),
    )


def _label(table: object) -> str:
    name = table.get("name") if isinstance(table, dict) else None
    return name if isinstance(name, str) else ""


def _line_of_principal(source: Source) -> int:
    return source.places.of((PRINCIPAL,))[0]


def _of_file(path: Path, error: Invalid) -> Invalid:
    return Invalid(f"{shown(path)} {error.message}.", hint=error.hint)


def _described(source: Source, why_not: str) -> ConfigFile:
    reason = _MEND if source.problem else why_not
    return ConfigFile(
        path=source.path,
        principals=source.principals,
        problem=source.problem,
        line=_line_of_principal(source) if source.problem else 0,
        editable=not reason,
        text_editable=not why_not,
        why_not_editable=reason,
    )


def _broken(path: Path, error: RegistryError, *, text_editable: bool = False) -> ConfigFile:
    place = _PLACE.search(error.message)
    return ConfigFile(
        path=path,
        problem=str(error),
        line=int(place[1]) if place else 0,
        column=int(place[2]) if place else 0,
        unread_here=isinstance(error, Denied | LimitReached),
        too_large=isinstance(error, LimitReached),
        editable=False,
        text_editable=text_editable,
        why_not_editable=_MEND,
    )
