"""The bundled registry while it is open in this process, shared by its ports."""

from __future__ import annotations

from registry_backend.domain.errors import Unreachable
from registry_backend.domain.journal import Actor
from registry_backend.jobs.runner import JobRunner
from registry_backend.registry import Registry


class Connection:
    """The open registry and who works with it; ports are there before it is opened.

    Args:
        actor: Who the journal names.
        address: Where the registry is, for messages.
    """

    def __init__(self, actor: Actor, address: str) -> None:
        self.actor = actor
        self.address = address
        self.opened: Registry | None = None
        self.runner: JobRunner | None = None

    @property
    def registry(self) -> Registry:
        """The registry. Raises Unreachable while it is closed."""
        if self.opened is None:
            raise self._closed()
        return self.opened

    @property
    def jobs(self) -> JobRunner:
        """Who runs jobs. Raises Unreachable while the registry is closed."""
        if self.runner is None:
            raise self._closed()
        return self.runner

    def _closed(self) -> Unreachable:
        return Unreachable(f"The registry in {self.address} is not open.", layer="file")
