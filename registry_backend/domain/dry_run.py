"""What an import would do, found out without doing it (iothub 6.6)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from registry_backend.domain.document import Value
from registry_backend.domain.jobs import JobError

Effect = Literal["create", "update", "delete", "refuse", "skip"]
"""What a line would do; skip: it asks for nothing."""


class DryRun(Value):
    """Counts of an import's lines by what they would do."""

    lines: int = 0
    effects: dict[Effect, int] = Field(default_factory=dict)
    by_mode: dict[str, dict[Effect, int]] = Field(default_factory=dict)
    """The same by the import mode that each line names, or the job's own."""
    refused: tuple[JobError, ...] = ()
    """Lines that would fail, in order; at most the first thousand."""
    warnings: tuple[str, ...] = ()
    """Sentences on what a person would want to know before, such as duplicate ids."""
    exact: bool = True
    """False where a remote registry could not be asked for every device."""

    def count(self, effect: Effect) -> int:
        """How many lines would do that."""
        return self.effects.get(effect, 0)
