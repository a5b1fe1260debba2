"""What is amiss in a configuration: where, how bad, and what to do about it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from registry_backend.domain.document import Value


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    ERROR = "error"
    """The daemon refuses to start with it, or dies of it."""
    WARNING = "warning"
    """The daemon does otherwise than most would think."""
    NOTE = "note"
    """Worth knowing, and perhaps meant so."""


class Finding(Value):
    """One thing amiss."""

    rule: str
    """What kind of thing: a name for scripts, such as `duplicate-name`."""
    severity: Severity
    file: Path
    line: int = 0
    """Counted from 1; 0 for the file as a whole."""
    column: int = 0
    """Counted from 1; 0 for the line as a whole."""
    key: str = ""
    """Which key: a path such as `provisioning.source`, or of a principal `uid`."""
    message: str
    """What is there and what comes of it, in whole sentences."""
    remedy: str
    """What to do, in one sentence."""
    subject: str = ""
    """With `rule`, the kind of breach: an edit is to blame for those there are more of after it."""


def worst_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Errors, then warnings, then notes; otherwise in their order."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
