"""One import, stretch by stretch: each is one transaction that also moves the checkpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.jobs import Job, JobSpec, JobStatus
from registry_backend.domain.journal import Actor
from registry_backend.jobs.drafts import Chunk
from registry_backend.jobs.entries import apply_entries
from registry_backend.jobs.error_log import ErrorLog
from registry_backend.jobs.outcome import ApplyRules, Outcome
from registry_backend.jobs.plain import create_plain
from registry_backend.jobs.running import Run
from registry_backend.jobs.sources import Source, changed_input, open_source
from registry_backend.jobs.transfers import Moved, attended, deliver, fetch, fetched_stamp
from registry_backend.jobs.work import Work
from registry_backend.storage.base import Transaction

Apply = Callable[[Transaction, JobSpec, Chunk, ApplyRules], Outcome]
"""A way to have a stretch take effect; raises AlreadyExists where another way may do."""


async def run_import(run: Run, work: Work, job: Job) -> None:
    """Read and apply until the end, a cancellation, or the runner's close.

    Raises:
        RegistryError, OSError: why the job as a whole cannot go on.
    """
    current: Job | None = job
    if work.fetched_from is not None:
        moved = Moved()
        current = await attended(run, job, moved, fetch(work, run.patience, moved))
    if current is not None:
        current = await _run_lines(run, work, current)
    if current is not None and not current.status.finished:
        moved = Moved()
        current = await attended(run, current, moved, deliver(work, run.patience, moved))
        if current is not None:
            await run.finish(current)


async def _run_lines(run: Run, work: Work, job: Job) -> Job | None:
    """The job with every line applied or reported; None when it stopped before."""
    source = await asyncio.to_thread(open_source, work.spec, run.preparation)
    stamp = await asyncio.to_thread(fetched_stamp, work) or source.stamp
    if job.input_stamp not in (None, stamp):
        raise changed_input("the input", f"after line {job.counts.lines}")
    log = ErrorLog(work.error_log)
    await asyncio.to_thread(log.cut, job.checkpoint.error_bytes)
    job = job.model_copy(update={"input_stamp": stamp, "total_bytes": source.size})
    ahead = _read(source, job.checkpoint.offset, job.counts.lines)
    quick = True
    try:
        while True:
            chunk = await ahead
            if run.closing:
                await run.release(job.job_id)
                return None
            if not chunk.last:
                ahead = _read(source, chunk.offset, job.counts.lines + chunk.lines)
            saved = await _save(
                *(run, job, chunk, log),
                quick=quick and chunk.plain is not None,
                finishing=chunk.last and work.local,
            )
            if saved is None or chunk.last:
                return saved
            if chunk.plain is not None:
                # Where devices were met that exist already, the next lines name such ones too.
                quick = saved.counts.created - job.counts.created == len(chunk.plain)
            job = saved
    finally:
        # A thread cannot be stopped: it ends with the stretch it is reading.
        await asyncio.wait([ahead])
        if not ahead.cancelled():
            ahead.exception()


def _read(source: Source, offset: int, lines: int) -> asyncio.Task[Chunk]:
    """Read the next stretch while the one before is written."""
    return asyncio.create_task(asyncio.to_thread(source.read, offset=offset, lines=lines))


async def _save(
    run: Run, job: Job, chunk: Chunk, log: ErrorLog, *, quick: bool, finishing: bool
) -> Job | None:
    """The job after this stretch, completed if that is all; None when it is no longer ours."""
    noting = run.note_due() or chunk.last

    def save(apply: Apply) -> Callable[[Transaction], Job | None]:
        def work(transaction: Transaction) -> Job | None:
            if not run.owns(transaction, job.job_id):
                return None
            rules = ApplyRules(
                default_mode=job.spec.default_mode,
                actor=Actor(via="import", name=job.job_id),
                at=run.clock(),
                max_devices=run.max_devices,
            )
            outcome = apply(transaction, job.spec, chunk, rules)
            transaction.add_journal(rules.actor, rules.at, outcome.journal)
            error_bytes = log.put(job.checkpoint.error_bytes, outcome.errors)
            saved = _advanced(job, chunk, outcome, error_bytes, rules)
            if finishing:
                saved = _completed(saved, rules)
            transaction.put_job(saved)
            if noting:
                run.note(transaction, saved)
            return saved

        return work

    # Rare enough that the owners of a stretch are looked up only once one was taken.
    ways: Sequence[Apply] = (_apply_unchecked, _apply_checked)
    if quick:
        ways = (_apply_plain, *ways)
    for way in ways[:-1]:
        try:
            return await run.store.write(save(way))
        except AlreadyExists:
            continue
    return await run.store.write(save(ways[-1]))


def _apply_plain(
    transaction: Transaction, spec: JobSpec, chunk: Chunk, rules: ApplyRules
) -> Outcome:
    outcome = create_plain(transaction, spec.tenant_id, chunk, rules)
    return outcome or _apply_unchecked(transaction, spec, chunk, rules)


def _apply_unchecked(
    transaction: Transaction, spec: JobSpec, chunk: Chunk, rules: ApplyRules
) -> Outcome:
    return apply_entries(transaction, spec, chunk.entries, rules, check_owners=False)


def _apply_checked(
    transaction: Transaction, spec: JobSpec, chunk: Chunk, rules: ApplyRules
) -> Outcome:
    return apply_entries(transaction, spec, chunk.entries, rules, check_owners=True)


def _advanced(job: Job, chunk: Chunk, outcome: Outcome, error_bytes: int, rules: ApplyRules) -> Job:
    checkpoint = job.checkpoint.model_copy(
        update={"offset": chunk.offset, "error_bytes": error_bytes}
    )
    return job.model_copy(
        update={
            "counts": outcome.counted(job.counts, chunk.lines),
            "checkpoint": checkpoint,
            "heartbeat_at": rules.at,
        }
    )


def _completed(job: Job, rules: ApplyRules) -> Job:
    ended = {"status": JobStatus.COMPLETED, "ended_at": rules.at, "owner": None}
    return job.model_copy(update=ended)
