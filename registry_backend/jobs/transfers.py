"""Bringing a job's blobs to this machine and taking them back, in stretches of bounded size."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from registry_backend.domain.errors import NotFound, VersionMismatch
from registry_backend.domain.jobs import Job
from registry_backend.jobs.blobs import BlobHead, Blobs, Patience
from registry_backend.jobs.running import Run
from registry_backend.jobs.troubles import about
from registry_backend.jobs.work import Work

LOOK_SECONDS = 0.5
"""How often a transfer is asked whether its job is still wanted."""
_ONLY_OWNER = 0o600
_STARTS = 3
"""How often a blob that changes while it is read is begun anew."""
_COMPLETE = ".complete"
"""Names the state of each blob once all of them are here."""


@dataclass(slots=True)
class Moved:
    """How far a transfer is."""

    count: int = 0
    """Bytes of content."""


async def attended(
    run: Run, job: Job, moved: Moved, transfer: Coroutine[object, object, None]
) -> Job | None:
    """Run a transfer; its job keeps saying that it is alive, and how many bytes have `moved`.

    None when the job was cancelled or taken over, or the runner closes: the transfer has stopped,
    and in the last case the job was let go of. Raises what the transfer raises.
    """
    task = asyncio.ensure_future(transfer)
    current: Job | None = job
    try:
        while current is not None:
            done, _ = await asyncio.wait({task}, timeout=LOOK_SECONDS)
            if done:
                await task
                return current.model_copy(update={"moved_bytes": None})
            if run.closing:
                await run.release(job.job_id)
                return None
            current = await run.save(current.model_copy(update={"moved_bytes": moved.count}))
        return None
    finally:
        task.cancel()
        await asyncio.wait({task})


async def fetch(work: Work, patience: Patience, moved: Moved | None = None) -> None:
    """Bring an import's blobs here, each in one state from its first byte to its last.

    Raises:
        RegistryError: why the container cannot be read.
        OSError: why the files cannot be written.
    """
    container, folder = work.fetched_from, work.source.path
    if container is None or (folder / _COMPLETE).exists():
        return
    states = []
    async with Blobs(container, "input", patience) as blobs:
        there = await blobs.find(work.inputs())
        if not there:
            names = " or ".join(work.inputs())
            raise NotFound(
                f"The input blob container has no blob {names} any more.",
                hint=f"Looked in {container.shown}.",
            )
        for name in there:
            path = folder / work.inputs()[name]
            settled = _fetch_settled(blobs, name, path, patience.block_bytes, moved or Moved())
            states.append(await settled)
    text = ",".join(f"{state.size}:{state.etag}" for state in states)
    await asyncio.to_thread(_write_whole, folder / _COMPLETE, text)


def fetched_stamp(work: Work) -> str | None:
    """What tells the state of the blobs that were brought; None for files of this machine."""
    if work.fetched_from is None:
        return None
    return (work.source.path / _COMPLETE).read_text("utf-8")


async def deliver(work: Work, patience: Patience, moved: Moved | None = None) -> None:
    """Take a job's files to its container, each in place of a blob of that name.

    Raises:
        RegistryError: why the container cannot be written.
        OSError: why the files cannot be read.
    """
    container, folder = work.delivered_to, work.target.path
    if container is None:
        return
    async with Blobs(container, "output", patience) as blobs:
        for name, file_name in work.outputs().items():
            if (folder / file_name).exists():
                path = folder / file_name
                await _deliver(blobs, name, path, patience.block_bytes, moved or Moved())


async def _fetch_settled(
    blobs: Blobs, name: str, path: Path, block_bytes: int, moved: Moved
) -> BlobHead:
    """Fetch a blob; begin anew when it changes meanwhile, since no line was applied yet."""
    for start in range(1, _STARTS + 1):
        state = await blobs.head(name)
        try:
            await _fetch(blobs, name, state, path, block_bytes, moved)
        except VersionMismatch:
            if start == _STARTS:
                raise
        else:
            break
    return state


async def _fetch(
    blobs: Blobs, name: str, state: BlobHead, path: Path, block_bytes: int, moved: Moved
) -> None:
    """Fetch one state of a blob, going on where an earlier try at the same state ended."""
    part, mark = path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.etag")
    known = f"{state.size}:{state.etag}"
    if not state.etag or not mark.exists() or mark.read_text("utf-8") != known:
        part.unlink(missing_ok=True)
        _write_whole(mark, known)
    with about(part), await asyncio.to_thread(_open_at_end, part) as file:
        while file.tell() < state.size:
            content = await blobs.read(name, state, offset=file.tell(), length=block_bytes)
            await asyncio.to_thread(file.write, content)
            moved.count += len(content)
        await asyncio.to_thread(_sync, file)
    part.replace(path)


async def _deliver(blobs: Blobs, name: str, path: Path, block_bytes: int, moved: Moved) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= block_bytes:
            await blobs.put(name, file.read(block_bytes))
            return
        count = 0
        while content := await asyncio.to_thread(file.read, block_bytes):
            await blobs.put_block(name, count, content)
            count += 1
            moved.count += len(content)
        await blobs.put_blocks(name, range(count))


def _open_at_end(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _ONLY_OWNER)
    file = os.fdopen(descriptor, "ab")
    file.seek(0, os.SEEK_END)
    return file


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write_whole(path: Path, text: str) -> None:
    """Have a small text on disk, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
        _sync(file)
    beside.replace(path)
