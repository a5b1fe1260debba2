"""Principals: which local user of a gateway may ask for which identity (identityd 4.2)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from registry_backend.domain.document import JsonObject, Value
from registry_backend.domain.findings import Finding

MAX_UID = 2**32 - 1


class IdType(StrEnum):
    """Kinds of identity a principal may have (identityd 2)."""

    DEVICE = "device"
    MODULE = "module"
    LOCAL = "local"


class Principal(Value):
    """One `[[principal]]` table (identityd 4.2); unknown keys are carried along."""

    uid: Annotated[int, Field(ge=0, le=MAX_UID, strict=True)]
    name: str
    idtype: tuple[IdType, ...] | None = None
    """None: untyped, the one daemon principal. Empty: typed, and allowed nothing."""
    localid_attributes: Literal["client", "server"] | None = None
    """Of `localid = { type = "x509", attributes = … }`."""
    has_localid: bool = False
    """Whether a `localid` table is there at all; its attributes are optional."""
    other: JsonObject = Field(default_factory=dict)

    @model_validator(mode="after")
    def _attributes_imply_localid(self) -> Self:
        if self.localid_attributes and not self.has_localid:
            raise ValueError("localid attributes need a localid table")
        return self


class FilePrincipal(Value):
    """A principal and where it stands."""

    principal: Principal | None
    """None when the table cannot be understood; `problem` says why."""
    file: Path
    line: int
    """Of its header, counted from 1."""
    index: int
    """Counted from 0 within its file; with `file` and `digest` it names the table to edit."""
    digest: str
    """Of the table's bytes: an edit is refused when they have changed since."""
    text: str
    """The table as it stands, comments included."""
    problem: str = ""
    label: str = ""
    """Its name as far as it can be read, even where the table cannot be understood."""


class ConfigFile(Value):
    """One file of the configuration, or why it cannot be read."""

    path: Path
    principals: tuple[FilePrincipal, ...] = ()
    problem: str = ""
    """Why it cannot be read or parsed, with line and column where known; empty when all is well."""
    replaced: bool = False
    """Whether a later file takes the place of what is wrong, so that it stops nobody."""
    line: int = 0
    """Of the problem, counted from 1; 0 when it is of the file as a whole."""
    column: int = 0
    unread_here: bool = False
    """Whether it was not read here, though the daemon may well read it."""
    too_large: bool = False
    """Whether that is because of its size; otherwise this user may not read it."""
    editable: bool = True
    """False for generated files and files we may not write, and where tables are not understood."""
    text_editable: bool = False
    """Whether its text may be changed, though perhaps no table of it can."""
    why_not_editable: str = ""


class PrincipalConfig(Value):
    """The main file and the override folder, in the daemon's order (identityd 4.3)."""

    files: tuple[ConfigFile, ...] = ()
    main_file: Path
    config_dir: Path
    skipped: tuple[tuple[Path, str], ...] = ()
    """Entries of the folder that the daemon passes over, and why."""

    @property
    def principals(self) -> tuple[FilePrincipal, ...]:
        """All tables in the daemon's order."""
        return tuple(found for file in self.files for found in file.principals)


class FileChange(Value):
    """A planned write of one file, shown before it happens."""

    path: Path
    before: bytes | None
    """What the file held when the plan was made; None when there was none."""
    after: bytes | None
    """What it will hold; None to remove the file."""
    summary: str
    warnings: tuple[str, ...] = ()
    """Sentences on what the daemon will do that few would expect; nothing that stops it."""
    stops: tuple[Finding, ...] = ()
    """Why the daemon would refuse to start with it: not written unless `forced`."""
    new_modules: tuple[str, ...] = ()
    """Modules that the daemon will make by it, and remake where the hub has them already."""
    index: int | None = None
    """Of a table that is added: its place in the file, counted from 0."""
    forced: bool = False
    """Whether a person insists nonetheless."""
