"""A finding as compilers print theirs, as a line of a list, and as a detail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from console.render.detail import Line, Section, Tone
from console.render.text import sanitise
from registry_backend.domain.document import JsonObject
from registry_backend.domain.findings import Finding, Severity

GLYPHS: dict[Severity, tuple[str, Tone]] = {
    Severity.ERROR: ("✗", "bad"),
    Severity.WARNING: ("▲", "warning"),
    Severity.NOTE: ("·", "muted"),
}
_PLURALS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.NOTE: ("note", "notes"),
}


def place(finding: Finding, *, short: bool = False) -> str:
    """Where: `agent.toml:3:7`, as far as it is known."""
    file = finding.file.name if short else str(finding.file)
    numbers = [str(number) for number in (finding.line, finding.column) if number]
    return ":".join([file, *numbers])


def compiler_line(finding: Finding) -> str:
    """One line that editors can follow: file, line, column, severity, what, what to do."""
    where = place(finding)
    return sanitise(
        f"{where}: {finding.severity}: {finding.message} {finding.remedy} [{finding.rule}]"
    )


def finding_json(finding: Finding) -> JsonObject:
    """A finding for programs; a line or column of 0 is left out."""
    members: JsonObject = {
        "severity": finding.severity.value,
        "rule": finding.rule,
        "file": str(finding.file),
    }
    if finding.line:
        members["line"] = finding.line
    if finding.column:
        members["column"] = finding.column
    if finding.key:
        members["key"] = finding.key
    return members | {"message": finding.message, "remedy": finding.remedy}


def tally(findings: Sequence[Finding]) -> str:
    """How many of each: `1 error, 2 warnings`; `nothing amiss` when there are none."""
    counts = Counter(finding.severity for finding in findings)
    parts = [
        f"{counts[severity]} {_PLURALS[severity][counts[severity] > 1]}"
        for severity in Severity
        if counts[severity]
    ]
    return ", ".join(parts) or "nothing amiss"


def section(finding: Finding) -> Section:
    """A finding on its own: what, where, what to do."""
    glyph, tone = GLYPHS[finding.severity]
    return Section(
        f"{glyph} {finding.severity}",
        (
            Line("where", place(finding)),
            Line("what", finding.message, tone),
            Line("to do", finding.remedy),
        ),
    )
