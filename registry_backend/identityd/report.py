"""What the checks write their findings to."""

from __future__ import annotations

from registry_backend.domain.findings import Finding, Severity
from registry_backend.domain.principals import FilePrincipal
from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.plain import plain
from registry_backend.identityd.users import Users
from registry_backend.identityd.whole import Place, Whole


class Report:
    """A configuration under scrutiny, and what was found so far."""

    def __init__(self, whole: Whole, users: Users) -> None:
        self.whole = whole
        self.users = users
        self.findings: list[Finding] = []

    def at(
        self,
        path: KeyPath,
        rule: str,
        severity: Severity,
        message: str,
        remedy: str,
        *,
        subject: str = "",
    ) -> None:
        """Tell of a key of the merged configuration."""
        about = subject or self._about(path)
        self._add(self.whole.place(path), rule, severity, message, remedy, path, about)

    def in_file(
        self,
        place: Place,
        rule: str,
        severity: Severity,
        message: str,
        remedy: str,
        *,
        key: KeyPath = (),
        subject: str = "",
    ) -> None:
        """Tell of a file, or of a place in one."""
        self._add(place, rule, severity, message, remedy, key, subject)

    def where(self, index: int) -> str:
        """The place of a principal in the merged order, for a sentence about another."""
        return place_text(self.whole.ordered[index])

    def _about(self, path: KeyPath) -> str:
        """A key, and whose it is: a principal's place in the files moves with every edit."""
        key = key_text(path)
        if len(path) < 2 or path[0] != "principal" or not isinstance(path[1], int):
            return key
        entry = self.whole.ordered[path[1]]
        return f"{key} of {entry.principal.uid if entry.principal else entry.label}"

    def _add(
        self,
        place: Place,
        rule: str,
        severity: Severity,
        message: str,
        remedy: str,
        path: KeyPath,
        subject: str,
    ) -> None:
        key = key_text(path)
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                file=place.file,
                line=place.line,
                column=place.column,
                key=key,
                message=plain(message),
                remedy=plain(remedy),
                subject=subject or key or str(place.file),
            )
        )


def key_text(path: KeyPath) -> str:
    """A path for people; that of a principal's key is without its number, which the line tells.

    >>> key_text(("principal", 3, "idtype", 0))
    'principal.idtype'
    """
    return ".".join(part for part in path if isinstance(part, str))


def place_text(entry: FilePrincipal) -> str:
    """Where a principal stands: `agent.toml:3`."""
    return f"{entry.file.name}:{entry.line}"
