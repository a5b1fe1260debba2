"""A principal, or a file that cannot be read, as table cells and as a detail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from console.render.detail import Line, Section, Tone
from registry_backend.domain.document import compact_json
from registry_backend.domain.principals import FilePrincipal, Principal, PrincipalConfig


@dataclass(frozen=True, slots=True)
class PrincipalRow:
    """One line of the list: a table of a file, or a file with a problem.

    Args:
        file: Where it stands.
        entry: The table; None for a file that as a whole cannot be used.
        problem: What is wrong with it; empty when all is well.
        editable: Whether the file may be written.
        why_not: Why it may not.
        absence: What stands for the identities of a file or folder that is calmly passed over,
            in the daemon's eyes no fault: it is not there, or is not one the daemon reads.
    """

    file: Path
    entry: FilePrincipal | None = None
    problem: str = ""
    editable: bool = True
    why_not: str = ""
    absence: str = ""

    @property
    def key(self) -> str:
        """What tells it from other rows."""
        return f"{self.file}#{self.entry.index if self.entry else ''}"

    @property
    def principal(self) -> Principal | None:
        """The principal, where it can be understood."""
        return self.entry.principal if self.entry else None

    @property
    def name(self) -> str:
        """The principal's name, or the file's."""
        return self.principal.name if self.principal else self.file.name


def rows_of(config: PrincipalConfig) -> tuple[PrincipalRow, ...]:
    """Every table in the daemon's order, then what the daemon cannot read or passes over."""
    rows, broken = [], []
    for file in config.files:
        if file.problem:
            broken.append(PrincipalRow(file.path, None, file.problem, editable=False))
        rows += [
            PrincipalRow(file.path, entry, entry.problem, file.editable, file.why_not_editable)
            for entry in file.principals
        ]
    skipped = [_skipped_row(path, why, config) for path, why in config.skipped]
    return (*rows, *broken, *skipped)


def _skipped_row(path: Path, why: str, config: PrincipalConfig) -> PrincipalRow:
    """The two places themselves are skipped only when they are not there."""
    absent = path in (config.main_file, config.config_dir)
    absence = "– not there" if absent else "– not read"
    return PrincipalRow(path, None, why, editable=False, absence=absence)


def name_cell(row: PrincipalRow) -> str:
    """The name."""
    return row.name


def uid_cell(row: PrincipalRow) -> str:
    """The uid."""
    return str(row.principal.uid) if row.principal else ""


def idtype_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """What identities it may have, in a word."""
    if row.absence:
        return (row.absence, "muted")
    if row.principal is None:
        return ("✗ cannot be used", "bad")
    if row.principal.idtype is None:
        return ("◆ daemon", "accent")
    if not row.principal.idtype:
        return ("○ none", "warning")
    return (" ".join(kind.value for kind in row.principal.idtype), "")


def file_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """Where it stands."""
    place = f"{row.file.name}:{row.entry.line}" if row.entry else row.file.name
    return (place, "muted")


def detail(row: PrincipalRow) -> tuple[Section, ...]:
    """All there is to know about a principal."""
    lines: list[Line] = []
    principal = row.principal
    if row.absence:
        lines += [Line("state", row.absence, "muted"), Line("why", row.problem)]
    elif row.problem:
        lines.append(Line("problem", row.problem, "bad"))
    if principal is not None:
        word, tone = idtype_cell(row)
        lines += [Line("uid", str(principal.uid)), Line("identities", word, tone)]
        if principal.has_localid:
            lines.append(Line("local id", f"x509 {principal.localid_attributes or 'client'}"))
        lines += [
            Line(name, value if isinstance(value, str) else compact_json(value))
            for name, value in principal.other.items()
        ]
    sections = [Section(row.name, tuple(lines))]
    where = [Line("file", str(row.file))]
    if row.entry:
        where.append(Line("line", str(row.entry.line)))
    if row.why_not:
        where.append(Line("read-only", row.why_not, "warning"))
    sections.append(Section("Where", tuple(where)))
    if row.entry:
        sections.append(Section("As it stands", text=row.entry.text.strip("\r\n")))
    return tuple(sections)
