"""Jobs between the containers of a real blob storage, for the tests that use one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from registry_backend.domain.jobs import ImportMode, Job, JobFormat, JobSpec, JobType
from registry_backend.jobs.blobs import Patience
from tests.azurite import Azurite
from tests.registry_backend.jobs.support import Jobs

HASTY = Patience(attempts=3, first_pause=0.01, longest_pause=0.05, request_seconds=5.0)
SMALL_BLOCKS = Patience(
    attempts=3, first_pause=0.01, longest_pause=0.05, request_seconds=10.0, block_bytes=50_000
)


@dataclass(slots=True)
class BlobJobs:
    """A runner, a storage, and two containers of this test alone."""

    jobs: Jobs
    azurite: Azurite
    source: str
    target: str
    spool: Path

    def put_lines(self, *lines: str, blob: str = "devices.txt") -> None:
        """Put a blob of lines into the input container."""
        self.azurite.put(self.source, blob, "".join(f"{line}\n" for line in lines).encode())

    def log(self) -> bytes:
        """The errors in the output container."""
        return self.azurite.get(self.target, "importErrors.log")

    def spec(
        self,
        kind: JobType = JobType.IMPORT,
        *,
        format: JobFormat = "devices.txt",  # noqa: A002 - the model's word
        blob_name: str = "devices.txt",
        input_rights: str = "r",
        output_rights: str = "rwd",
        mode: ImportMode = ImportMode.CREATE_OR_UPDATE,
    ) -> JobSpec:
        """A job with signatures for just these rights."""
        output = self.azurite.sas(self.target, output_rights)
        importing = kind is JobType.IMPORT
        return JobSpec(
            type=kind,
            tenant_id="T",
            folder=self.azurite.sas(self.source, input_rights) if importing else output,
            output_folder=output if importing else None,
            format=format,
            blob_name=blob_name,
            default_mode=mode,
        )

    async def run(self, spec: JobSpec) -> Job:
        """Create a job and wait for its end."""
        return await self.jobs.run(spec)


def make_containers(azurite: Azurite) -> tuple[str, str]:
    """An input and an output container of a name that nobody else uses."""
    name = uuid4().hex[:12]
    for container in (f"in-{name}", f"out-{name}"):
        azurite.make_container(container)
    return f"in-{name}", f"out-{name}"


def stored_texts(registry: Path) -> str:
    """Everything that the registry's jobs and its journal say, as text."""
    connection = sqlite3.connect(registry)
    try:
        rows = [
            *connection.execute("SELECT document FROM jobs"),
            *connection.execute("SELECT before, after FROM journal"),
        ]
    finally:
        connection.close()
    return "\n".join(str(row) for row in rows)
