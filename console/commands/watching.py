"""Watching a job from the terminal until it ends, or a person has had enough."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator

from console.adapters.ports.jobs import JobsPort
from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import Job

_LOOK_EVERY = 0.1
"""Seconds between two looks at a running job."""


@contextlib.contextmanager
def interruption() -> Iterator[asyncio.Event]:
    """Ctrl+C and a polite kill ask for the end of the job instead of tearing it."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def watch(jobs: JobsPort, job: Job, interrupted: asyncio.Event) -> Job:
    """The job at its end; it is cancelled when that is asked for."""
    progress = Progress()
    asked = False
    while not job.status.finished:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupted.wait(), _LOOK_EVERY)
        if interrupted.is_set() and not asked:
            asked = True
            with contextlib.suppress(Invalid):  # it ended by itself in this moment
                await jobs.cancel(job.job_id)
        if asked:
            await asyncio.sleep(_LOOK_EVERY)
        job = await jobs.get(job.job_id)
        progress.show(job)
    progress.clear()
    return job


class Progress:
    """One line that rewrites itself, on a terminal only."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = time.monotonic()

    def show(self, job: Job) -> None:
        """How far a job is."""
        fraction = "" if job.fraction is None else f"{job.fraction:4.0%}  "
        if job.moved_bytes is not None:
            fraction = f"{job.moved_bytes / 1e6:,.1f} MB of blobs moved  "
        failed = f", {job.counts.failed:,} failed" if job.counts.failed else ""
        self.show_lines(job.counts.lines, before=fraction, after=failed)

    def show_lines(self, lines: int, *, before: str = "", after: str = "") -> None:
        """How many lines were read or written so far, and how fast."""
        if not self._terminal:
            return
        rate = lines / max(0.1, time.monotonic() - self._began)
        line = f"{before}{lines:,} lines{after}, {rate:,.0f} a second"
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave the line empty."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
