"""Watching a job from the terminal until it ends, or a person has had enough."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator

from console.adapters.ports.jobs import JobsPort
from console.commands.output import say
from registry_backend.domain.errors import Invalid, Unreachable
from registry_backend.domain.jobs import Job, JobType

ALL_TENANTS = "*"
"""In a job: whatever tenants the files, or the registry, have."""
_REFUSED = {JobType.IMPORT: "refused", JobType.EXPORT: "failed"}
"""What befell lines that were not applied, or devices that were not written."""
_LOOK_EVERY = 0.1
"""Seconds between two looks at a running job; one that a registry runs elsewhere has its own."""
_ASK_AGAIN = 2.0
"""Seconds between two attempts to read a job of a registry that is out of reach."""
_ATTEMPTS = 60


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
    """The job at its end; it is cancelled when that is asked for.

    A registry that is out of reach for a while is asked again.

    Raises:
        Unreachable: it stayed out of reach; the job is named, since it may go on.
    """
    progress, patience = Progress(), _Patience(job)
    asked = False
    while not job.status.finished:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupted.wait(), patience.pause or _LOOK_EVERY)
        try:
            if interrupted.is_set() and not asked:
                asked = True
                with contextlib.suppress(Invalid):  # it ended by itself in this moment
                    await jobs.cancel(job.job_id)
            if asked:
                await asyncio.sleep(_LOOK_EVERY)
            job = await jobs.get(job.job_id)
        except Unreachable as error:
            patience.lose(error, at_once=asked)
            continue
        patience.regain()
        progress.show(job)
    progress.clear()
    return job


class _Patience:
    """How long to go on asking for a job that cannot be read."""

    def __init__(self, job: Job) -> None:
        self._name = f"{job.spec.type.value} {job.job_id}"
        self._attempts = 0

    @property
    def pause(self) -> float:
        """Seconds to the next attempt; 0: it can be read."""
        return _ASK_AGAIN if self._attempts else 0.0

    def regain(self) -> None:
        """It could be read."""
        if self._attempts:
            say(f"The registry answers again; the {self._name} is watched on.")
        self._attempts = 0

    def lose(self, error: Unreachable, *, at_once: bool) -> None:
        """It could not. Raises Unreachable when that has been enough, or is to be `at_once`."""
        self._attempts += 1
        if at_once or self._attempts > _ATTEMPTS:
            raise Unreachable(
                f"{error.message} The {self._name} may go on there.",
                layer=error.layer,
                hint="See idconsole list jobs once the registry can be reached.",
            ) from None
        if self._attempts == 1:
            say(f"{error} The {self._name} may go on there; asking again.")


async def go_on_first(jobs: JobsPort, tenant_id: str, interrupted: asyncio.Event) -> Job | None:
    """Let jobs end that a program left unfinished, which this one has taken up; the last of them.

    They would keep a new one of the tenant from beginning.
    """
    last = None
    for job in await jobs.list(None if tenant_id == ALL_TENANTS else tenant_id):
        if not job.status.finished and _runs_here(job) and not interrupted.is_set():
            name = f"{job.spec.type.value} {job.job_id} of tenant {job.spec.tenant_id}"
            say(f"The {name} was interrupted, and goes on first.")
            last = await watch(jobs, job, interrupted)
            say(
                f"The {name} {last.status.value}, {last.counts.failed:,} {_REFUSED[job.spec.type]}."
            )
    return last


def _runs_here(job: Job) -> bool:
    """Whether this very program runs it, by the number that its owner's name has."""
    return job.owner is not None and job.owner.split(":")[1:2] == [str(os.getpid())]


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
        word = _REFUSED[job.spec.type]
        failed = f", {job.counts.failed:,} {word}" if job.counts.failed else ""
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
