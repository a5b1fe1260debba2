"""The bundled registry while it is open in this process, shared by its ports."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from registry_backend.domain.errors import Unreachable
from registry_backend.domain.journal import Actor
from registry_backend.registry import Registry

if TYPE_CHECKING:
    from registry_backend.jobs.runner import JobRunner


class Connection:
    """The open registry and who works with it; ports are there before it is opened.

    Args:
        actor: Who the journal names.
        address: The registry's file.
        read_only: Look at jobs, but take up none.
    """

    def __init__(self, actor: Actor, address: str, *, read_only: bool) -> None:
        self.actor = actor
        self.address = address
        self.opened: Registry | None = None
        self._read_only = read_only
        self._runner: JobRunner | None = None
        self._beginning = asyncio.Lock()

    @property
    def registry(self) -> Registry:
        """The registry. Raises Unreachable while it is closed."""
        if self.opened is None:
            raise Unreachable(f"The registry in {self.address} is not open.", layer="file")
        return self.opened

    async def jobs(self) -> JobRunner:
        """Who runs jobs; takes up interrupted ones when first asked for.

        Raises:
            Unreachable: the registry is closed.
        """
        async with self._beginning:
            registry = self.registry
            if self._runner is None:
                from console.adapters.local_jobs import (  # noqa: PLC0415 - after the first rows
                    job_runner,
                )

                runner = job_runner(registry, Path(self.address))
                if not self._read_only:
                    await runner.start()
                self._runner = runner
        return self._runner

    async def close(self) -> None:
        """Stop jobs where they can go on later, finish what was accepted, release the file."""
        async with self._beginning:
            registry, runner = self.opened, self._runner
            self.opened = self._runner = None
        try:
            if runner is not None:
                await runner.close()
        finally:
            if registry is not None:
                await registry.close()
