"""A principal with its rights, or a file that cannot be read, as a detail and as JSON."""

from __future__ import annotations

from console.render import findings as finding_texts
from console.render.answers import OPERATIONS
from console.render.detail import Line, Section
from console.render.principals import PrincipalRow, idtype_cell, role_cell
from registry_backend.domain.config_secrets import hidden_members, hidden_text
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.effective import EffectivePrincipal
from registry_backend.domain.permissions import Operation, Role

_OWN_MODULE = "have the identity of its own name"


def detail(row: PrincipalRow) -> tuple[Section, ...]:
    """All there is to know about a principal."""
    found = tuple(finding_texts.section(finding) for finding in row.findings)
    if row.settings:
        return (*_settings_sections(row), *found)
    sections = [Section(row.name, tuple(_standing_lines(row))), *found]
    if row.effective and row.effective.may_call:
        sections.append(Section("May", text="\n".join(_rights(row.effective))))
    where = [Line("file", str(row.file))]
    if row.entry:
        where.append(Line("line", str(row.entry.line)))
    if row.effective and row.effective.number:
        where.append(Line("order", f"number {row.effective.number} to the daemon"))
    if row.why_not:
        where.append(Line("read-only", row.why_not, "warning"))
    sections.append(Section("Where", tuple(where)))
    if row.entry:
        sections.append(Section("As it stands", text=hidden_text(row.entry.text.strip("\r\n"))))
    return tuple(sections)


def _standing_lines(row: PrincipalRow) -> list[Line]:
    lines: list[Line] = []
    principal, effective = row.principal, row.effective
    if row.absence:
        return _absence_lines(row)
    if effective is not None:
        lines.append(Line("role", *role_cell(row)))
        if effective.why_inert:
            lines.append(Line("no effect", effective.why_inert, "warning"))
    elif row.problem and not row.findings:  # which say it too
        lines.append(Line("problem", row.problem, "bad"))
    if principal is None or effective is None:
        return lines
    lines.append(Line("uid", str(principal.uid)))
    if effective.is_caller:
        lines.append(Line("caller", "this console calls the service as this uid", "accent"))
    if effective.user is None:
        lines.append(Line("user", "none of this machine's", "muted"))
    else:
        lines += [Line("user", effective.user), Line("groups", ", ".join(effective.groups))]
    lines.append(Line("identities", *idtype_cell(row)))
    if effective.makes_module:
        lines.append(Line("module", f"“{principal.name}” is kept in the hub"))
    if principal.has_localid:
        lines.append(Line("local id", f"x509 {principal.localid_attributes or 'client'}"))
    return lines + [
        Line(name, value if isinstance(value, str) else compact_json(value))
        for name, value in hidden_members(principal.other).items()
    ]


def document(row: PrincipalRow) -> JsonObject:
    """What is copied: the principal as JSON, or the settings, with nothing secret in it."""
    if row.effective is not None:
        found: JsonObject = hidden_members(row.effective.model_dump(mode="json"))
        found["entry"]["text"] = hidden_text(row.effective.entry.text)
        return found
    if row.settings:
        return {setting.key: setting.value for setting in row.settings}
    return {"file": str(row.file), "problem": row.problem}


def _absence_lines(row: PrincipalRow) -> list[Line]:
    """That it is passed over, and why, unless a finding says that too."""
    why = [] if row.findings else [Line("why", row.problem)]
    return [Line("state", row.absence, "muted"), *why]


def _rights(effective: EffectivePrincipal) -> list[str]:
    """Each call it may make, in words."""
    own_only = effective.role is Role.HOST_PROCESS
    words = {operation: OPERATIONS[operation][1] for operation in effective.may_call}
    if own_only and Operation.GET_MODULE in words:
        words[Operation.GET_MODULE] = _OWN_MODULE
    return [f"✓ {text}" for text in words.values()]


def _settings_sections(row: PrincipalRow) -> list[Section]:
    """Each value with the file it comes from, table by table."""
    tables: dict[str, list[Line]] = {}
    for setting in row.settings:
        table, _, key = setting.key.rpartition(".")
        place = f"{setting.value}   {setting.file.name}:{setting.line}"
        tables.setdefault(table, []).append(Line(key, place))
    return [
        Section(f"[{table}]" if table else "Beside principals", tuple(lines))
        for table, lines in tables.items()
    ]
