"""A principal with its rights, or a file that cannot be read, as a row of table cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console.render import findings as finding_texts
from console.render.detail import Tone, plural
from registry_backend.domain.effective import EffectivePrincipal, EffectiveView, Setting, Standing
from registry_backend.domain.findings import Finding, Severity
from registry_backend.domain.permissions import Role
from registry_backend.domain.principals import FilePrincipal, Principal, PrincipalConfig

SETTINGS = "settings"
"""The name of the line that stands for everything beside principals."""

_STANDINGS: dict[Standing, tuple[str, Tone]] = {
    Standing.SHADOWED: ("○ shadowed", "warning"),
    Standing.SECOND_UNTYPED: ("○ second untyped", "warning"),
    Standing.UNUSABLE: ("✗ cannot be used", "bad"),
    Standing.NOT_READ: ("– not read", "muted"),
    Standing.REPLACED: ("○ replaced", "warning"),
}
_ROLES: dict[Role, tuple[str, Tone]] = {
    Role.DAEMON: ("◆ daemon", "accent"),
    Role.HOST_PROCESS: ("● host process", "good"),
}


@dataclass(frozen=True, slots=True)
class PrincipalRow:
    """One line of the list: a table of a file, the settings, or a file with a problem.

    Args:
        file: Where it stands.
        effective: What the table comes to; None for anything but a table.
        problem: What is wrong with it; empty when all is well.
        editable: Whether the file may be written.
        why_not: Why it may not.
        absence: What stands for the role of a file or folder that is calmly passed over, in the
            daemon's eyes no fault: it is not there, or is not one the daemon reads.
        settings: What is configured beside principals.
        findings: What is amiss with it.
    """

    file: Path
    effective: EffectivePrincipal | None = None
    problem: str = ""
    editable: bool = True
    why_not: str = ""
    absence: str = ""
    settings: tuple[Setting, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from other rows."""
        if self.settings:
            return SETTINGS
        return key_of(self.file, self.entry.index if self.entry else None)

    @property
    def entry(self) -> FilePrincipal | None:
        """The table, where it is one."""
        return self.effective.entry if self.effective else None

    @property
    def principal(self) -> Principal | None:
        """The principal, where it can be understood."""
        return self.entry.principal if self.entry else None

    @property
    def name(self) -> str:
        """The principal's name, as far as it can be read, or the file's."""
        if self.settings:
            return "(settings)"
        if self.principal is not None:
            return self.principal.name
        return (self.entry.label if self.entry else "") or self.file.name


def key_of(file: Path, index: int | None) -> str:
    """What tells the row of a file's table from others; None for the file itself."""
    return f"{file}#{'' if index is None else index}"


def rows_of(view: EffectiveView) -> tuple[PrincipalRow, ...]:
    """Every table in the daemon's order, the settings, then what is not or cannot be read.

    Where there is nothing at all there are no rows either: an empty list says how to begin.
    """
    if nothing_there(view):
        return ()
    files = {file.path: file for file in view.config.files}
    rows = []
    for found in view.principals:
        file = files.get(found.entry.file)
        rows.append(
            PrincipalRow(
                found.entry.file,
                found,
                found.entry.problem,
                file.editable if file else False,
                file.why_not_editable if file else "The daemon does not read this file.",
                findings=found.findings,
            )
        )
    return (*rows, *_settings_rows(view), *_broken_rows(view), *_skipped_rows(view))


def nothing_there(view: EffectiveView) -> bool:
    """Whether no service is configured here: neither the file nor the folder is there."""
    config = view.config
    places = {config.main_file, config.config_dir}
    return not config.files and places <= {path for path, _ in config.skipped}


def row_of_finding(rows: Sequence[PrincipalRow], finding: Finding) -> PrincipalRow | None:
    """The row that a finding is about, or the nearest there is."""
    exact = [row for row in rows if finding in row.findings]
    return next(iter(exact or [row for row in rows if row.file == finding.file]), None)


def _settings_rows(view: EffectiveView) -> list[PrincipalRow]:
    if not view.settings:
        return []
    ours = tuple(
        found
        for found in view.findings
        if found.line and not found.key.startswith("principal") and found.rule != "unusable-file"
    )
    return [PrincipalRow(view.config.main_file, settings=view.settings, findings=ours)]


def _broken_rows(view: EffectiveView) -> list[PrincipalRow]:
    return [
        PrincipalRow(
            file.path,
            problem=file.problem,
            editable=False,
            absence="– not readable here" if file.unread_here else "",
            findings=tuple(found for found in view.findings if found.file == file.path),
        )
        for file in view.config.files
        if file.problem
    ]


def _skipped_rows(view: EffectiveView) -> list[PrincipalRow]:
    """What is passed over; files whose principals are shown have rows already."""
    shown = {found.entry.file for found in view.principals}
    return [
        _skipped_row(path, why, view.config)
        for path, why in view.config.skipped
        if path not in shown
    ]


def _skipped_row(path: Path, why: str, config: PrincipalConfig) -> PrincipalRow:
    """The two places themselves are skipped only when they are not there."""
    absent = path in (config.main_file, config.config_dir)
    absence = "– not there" if absent else "– not read"
    return PrincipalRow(path, None, why, editable=False, absence=absence)


def glyph_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """The worst that is amiss with it, in one character."""
    for severity in (Severity.ERROR, Severity.WARNING):
        if any(found.severity is severity for found in row.findings):
            return finding_texts.GLYPHS[severity]
    return ("✗", "bad") if row.problem and not row.absence else ("", "")


def name_cell(row: PrincipalRow) -> str | tuple[str, Tone]:
    """The name."""
    return (row.name, "muted") if row.settings else row.name


def uid_cell(row: PrincipalRow) -> str:
    """The uid."""
    return str(row.principal.uid) if row.principal else ""


def user_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """Who has that uid here."""
    if row.principal is None or row.effective is None:
        return ("", "")
    if row.effective.is_caller:
        return (f"{row.effective.user or row.principal.uid} (you)", "accent")
    return (row.effective.user, "") if row.effective.user is not None else ("?", "muted")


def idtype_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """What identities it may have, in a word."""
    if row.principal is None:
        return ("", "")
    if row.principal.idtype is None:
        return ("untyped", "muted")
    if not row.principal.idtype:
        return ("none", "warning")
    return (" ".join(kind.value for kind in row.principal.idtype), "")


def role_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """What its uid becomes by it, or why it has no effect."""
    if row.absence:
        return (row.absence, "muted")
    if row.settings:
        return (plural(len(row.settings), "value"), "muted")
    if row.effective is None:
        return ("✗ cannot be used", "bad")
    if row.effective.role is None:
        return _STANDINGS.get(row.effective.standing, ("○ no effect", "warning"))
    return _ROLES.get(row.effective.role, (row.effective.role.value, ""))


def file_cell(row: PrincipalRow) -> tuple[str, Tone]:
    """Where it stands."""
    if row.settings:
        count = len({setting.file for setting in row.settings})
        return (row.settings[0].file.name if count == 1 else f"{count} files", "muted")
    place = f"{row.file.name}:{row.entry.line}" if row.entry else row.file.name
    return (place, "muted")
