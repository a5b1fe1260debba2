"""What a configuration comes to: each principal in the daemon's order, with its rights."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from registry_backend.domain.document import Value
from registry_backend.domain.findings import Finding, Severity
from registry_backend.domain.permissions import Operation, Role
from registry_backend.domain.principals import FilePrincipal, PrincipalConfig


class Standing(StrEnum):
    """Whether a table counts, and if not, why."""

    COUNTS = "counts"
    SHADOWED = "shadowed"
    """A later table has the same uid."""
    SECOND_UNTYPED = "second untyped"
    """An earlier table has no idtype either."""
    UNUSABLE = "cannot be used"
    """It breaks the daemon's reading, and with it the whole configuration."""
    NOT_READ = "not read"
    """The daemon passes over its file."""
    REPLACED = "replaced"
    """A later file puts something else in the place of all tables before it."""


class EffectivePrincipal(Value):
    """One table, and what it comes to."""

    entry: FilePrincipal
    standing: Standing
    number: int = 0
    """Its place in the daemon's order, from 1; 0 when it has none."""
    role: Role | None = None
    """What its uid becomes by it; None where it has no effect."""
    why_inert: str = ""
    """Why it has no effect; empty when it has."""
    may_call: tuple[Operation, ...] = ()
    makes_module: bool = False
    """Whether a module of its name is kept in the hub, which even a shadowed table does."""
    user: str | None = None
    """The name of the uid's user; None where this machine knows none."""
    groups: tuple[str, ...] = ()
    is_caller: bool = False
    """Whether whoever looks at this calls the service by that uid."""
    findings: tuple[Finding, ...] = ()
    """What is amiss with it."""


class Setting(Value):
    """One value of the merged configuration beside its principals."""

    key: str
    """With dots: `provisioning.source`."""
    value: str
    """As TOML."""
    file: Path
    line: int


class EffectiveView(Value):
    """The whole configuration with its principals' rights and all that is amiss."""

    config: PrincipalConfig
    principals: tuple[EffectivePrincipal, ...] = ()
    """In the daemon's order; behind them those that it does not read."""
    settings: tuple[Setting, ...] = ()
    """Everything that is merged beside principals, known to the daemon or not."""
    findings: tuple[Finding, ...] = ()
    """All of them, those of principals too; file by file."""

    @property
    def starts(self) -> bool:
        """Whether the daemon would start with it, as far as can be seen."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    @property
    def unread(self) -> tuple[Path, ...]:
        """Files and folders that were not read here, so that nobody knows what they say."""
        return tuple(file.path for file in self.config.files if file.unread_here)
