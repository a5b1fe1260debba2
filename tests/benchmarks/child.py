"""One task in a process of its own, so that its memory peak is its own.

`python -m tests.benchmarks.child TASK DATA FOLDER [ADDRESS]` prints the result as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib import import_module
from io import BufferedWriter
from pathlib import Path

from registry_backend.domain.jobs import JobSpec, JobStatus, JobType
from registry_backend.domain.journal import Actor
from registry_backend.jobs.owners import this_process
from registry_backend.jobs.runner import JobRunner
from registry_backend.jobs.work import spool_beside
from registry_backend.open import open_registry
from tests.benchmarks.blob_plain import BlobWriter, reading_blob
from tests.benchmarks.fleet import TENANT, open_plain
from tests.benchmarks.references import parse_and_insert, read_and_write

LINES, EXPORTED, WRITTEN = "devices.txt", "exported.txt", "written.txt"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """What a task did: lines, seconds without the program's start, and peak memory in bytes."""

    lines: int
    seconds: float
    peak: int


def run_child(task: str, data: Path, folder: Path, address: str = "") -> Done:
    """Run a task of `TASKS` in a process of its own, through a container if one is named."""
    words = [task, str(data), str(folder), *([address] if address else [])]
    command = [sys.executable, "-m", "tests.benchmarks.child", *words]
    ended = subprocess.run(command, capture_output=True, check=False, cwd=_ROOT, text=True)
    if ended.returncode:
        raise RuntimeError(f"{task} failed: {ended.stderr}")
    return Done(**json.loads(ended.stdout))


def _job(kind: JobType, name: str) -> Callable[[Path, Path], tuple[int, float]]:
    def task(data: Path, folder: Path) -> tuple[int, float]:
        place = sys.argv[4] if len(sys.argv) > 4 else str(folder)
        spec = JobSpec(type=kind, tenant_id=TENANT, folder=place, blob_name=name)
        return asyncio.run(_run_job(data, spec))

    return task


def _try_import(data: Path, folder: Path) -> tuple[int, float]:
    spec = JobSpec(type=JobType.IMPORT, tenant_id=TENANT, folder=str(folder), blob_name=LINES)
    return asyncio.run(_run_trial(data, spec))


async def _run_trial(data: Path, spec: JobSpec) -> tuple[int, float]:
    registry = await open_registry(data)
    runner = JobRunner(registry.store, owner=this_process())
    try:
        began = time.perf_counter()
        found = await runner.dry_run(spec)
        return found.lines, time.perf_counter() - began
    finally:
        await runner.close()
        await registry.close()


async def _run_job(data: Path, spec: JobSpec) -> tuple[int, float]:
    if spec.folder.startswith("http"):
        import_module("aiohttp")  # as in a server, which has loaded it to be asked for a job
    registry = await open_registry(data)
    spool = spool_beside(data)
    runner = JobRunner(registry.store, owner=this_process(), spool=spool)
    try:
        began = time.perf_counter()
        job = await runner.create(spec, actor=Actor(via="console", name="bench"))
        job = await runner.wait(job.job_id)
        seconds = time.perf_counter() - began
    finally:
        await runner.close()
        await registry.close()
    if job.status is not JobStatus.COMPLETED or job.counts.failed:
        raise RuntimeError(f"the job ended as {job}")
    return job.counts.lines, seconds


def _parse_and_insert(data: Path, folder: Path) -> tuple[int, float]:
    container = _container()
    began = time.perf_counter()
    with reading_blob(container, LINES) if container else (folder / LINES).open("rb") as source:
        lines = parse_and_insert(data, source, TENANT)
    return lines, time.perf_counter() - began


def _read_and_write(data: Path, folder: Path) -> tuple[int, float]:
    container = _container()
    began = time.perf_counter()
    with closing(open_plain(data)) as connection:
        if container:
            with BufferedWriter(BlobWriter(container, WRITTEN), 1 << 20) as blob:
                lines = read_and_write(connection, blob, TENANT)
        else:
            with (folder / WRITTEN).open("wb") as file:
                lines = read_and_write(connection, file, TENANT)
    return lines, time.perf_counter() - began


def _container() -> str:
    """The blob container that was named; empty: none."""
    address = sys.argv[4] if len(sys.argv) > 4 else ""
    return address if address.startswith("http") else ""


TASKS: dict[str, Callable[[Path, Path], tuple[int, float]]] = {
    "import": _job(JobType.IMPORT, LINES),
    "export": _job(JobType.EXPORT, EXPORTED),
    "dry-run": _try_import,
    "parse-and-insert": _parse_and_insert,
    "read-and-write": _read_and_write,
}


def _peak() -> int:
    """The largest resident size of this program; unlike rusage's it forgets the parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    count, taken = TASKS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps(asdict(Done(count, taken, _peak()))))
