"""A job as table cells and as a detail: progress, rate, time left, failed lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from console.render.detail import Line, Section, Tone, plural
from console.render.text import absolute_time, relative_time, short_number
from registry_backend.domain.jobs import Job, JobStatus, JobType, without_query

_STATUS: dict[JobStatus, tuple[str, Tone]] = {
    JobStatus.ENQUEUED: ("◌ waiting", "muted"),
    JobStatus.RUNNING: ("▶ running", "accent"),
    JobStatus.COMPLETED: ("✓ completed", "good"),
    JobStatus.FAILED: ("✗ failed", "bad"),
    JobStatus.CANCELLED: ("■ cancelled", "warning"),
}
_STOPPING: tuple[str, Tone] = ("■ stopping", "warning")
"""Cancelled, but its log is not yet where it goes."""
_INTERRUPTED: tuple[str, Tone] = ("◌ interrupted", "warning")
"""Unfinished, and nobody runs it."""
BAR = 20
"""Cells of a progress bar in a detail."""
SHORT_BAR = 8
"""Cells of one in a table."""
STATUS_WIDTH = 20
"""Cells of a status in a table."""
PROGRESS_WIDTH = 13
"""Cells of a progress there."""
_NOT_TOLD = "not told"
"""In the place of a figure that nobody counted."""


def status_cell(job: Job) -> tuple[str, Tone]:
    """How it stands; a completed job with failed lines is never shown as plainly good.

    The cell of a table holds 20 characters: figures that are too long for it are rounded.
    """
    if job.status is JobStatus.COMPLETED and job.counts.failed:
        counts = job.counts
        few, whole = short_number(counts.failed), short_number(counts.lines)
        shapes = (f"{counts.failed:,} of {counts.lines:,}", f"{few} of {whole}", f"{few}/{whole}")
        texts = [f"! {shape} {_refused(job)}" for shape in shapes]
        return (next((text for text in texts if len(text) <= STATUS_WIDTH), texts[-1]), "warning")
    if job.status is JobStatus.COMPLETED and not job.counts_told:
        return ("? completed, untold", "warning")
    return _standing(job)


def status_text(job: Job) -> tuple[str, Tone]:
    """The same in full, for a detail."""
    if job.status is JobStatus.COMPLETED and job.counts.failed:
        failed = f"{job.counts.failed:,} of {plural(job.counts.lines, _unit(job))} {_refused(job)}"
        return (f"! completed, {failed}", "warning")
    if job.status is JobStatus.COMPLETED and not job.counts_told:
        return (f"? completed, {_untold(job)}", "warning")
    return _standing(job)


def _untold(job: Job) -> str:
    """What nobody told of it."""
    importing = job.spec.type is JobType.IMPORT
    return "failed lines not told" if importing else "number of devices not told"


def _standing(job: Job) -> tuple[str, Tone]:
    if job.interrupted:
        return _INTERRUPTED
    return _STOPPING if job.stopping else _STATUS[job.status]


def _unit(job: Job) -> str:
    return "line" if job.spec.type is JobType.IMPORT else "device"


def _refused(job: Job) -> str:
    """What befell lines that were not applied, or devices that could not be written."""
    return "refused" if job.spec.type is JobType.IMPORT else "failed"


def kind_cell(job: Job) -> str:
    """Which way."""
    arrow = "→" if job.spec.type is JobType.EXPORT else "←"
    return f"{arrow} {job.spec.type.value}"


def format_cell(job: Job) -> tuple[str, Tone]:
    """In which format."""
    return (job.spec.format, "muted")


def folder_cell(job: Job) -> tuple[str, Tone]:
    """Where it reads or writes."""
    return (job.spec.shown_folder, "muted")


def progress_cell(job: Job) -> tuple[str, Tone]:
    """A bar while it runs; lines when it is over."""
    if job.status.finished and not job.counts_told:
        return (_NOT_TOLD, "muted")
    if job.status.finished:
        lines = plural(job.counts.lines, "line")
        rounded = f"{short_number(job.counts.lines)} lines"
        return (lines if len(lines) <= PROGRESS_WIDTH else rounded, "muted")
    fraction = job.fraction
    if job.moved_bytes is not None:
        return (f"{_arrow(job)} {_megabytes(job.moved_bytes)}", "accent")
    if fraction is None:
        return (f"{plural(job.counts.lines, 'line')} …" if job.counts.lines else "…", "accent")
    return (f"{bar(fraction, SHORT_BAR)} {fraction:.0%}", "accent")


def _arrow(job: Job) -> str:
    """Which way a blob moves: an import brings its input before it reads the first line."""
    begins = job.spec.type is JobType.IMPORT and not job.counts.lines
    return "⇣" if begins else "⇡"


def _megabytes(count: int) -> str:
    """Bytes for a person.

    >>> _megabytes(12_345_678)
    '12.3 MB'
    """
    return f"{count / 1e6:,.1f} MB"


def started_cell(job: Job, now: datetime) -> tuple[str, Tone]:
    """When it was asked for; how long it will still take, while that can be said."""
    left = time_left(job, now)
    if left is not None:
        return (f"{_coarse(left)} left", "accent")
    return (relative_time(job.created_at, now), "muted")


def bar(fraction: float, width: int = BAR) -> str:
    """A progress bar in characters.

    >>> bar(0.5, 4)
    '━━──'
    """
    done = round(max(0.0, min(1.0, fraction)) * width)
    return "━" * done + "─" * (width - done)


def elapsed(job: Job, now: datetime) -> timedelta:
    """How long it has been running, or ran."""
    begin = job.started_at or job.created_at
    return max(timedelta(0), (job.ended_at or now) - begin)


def rate(job: Job, now: datetime) -> float:
    """Lines a second since it started."""
    seconds = elapsed(job, now).total_seconds()
    return job.counts.lines / seconds if seconds > 0 else 0.0


def time_left(job: Job, now: datetime) -> timedelta | None:
    """How long it will take at the rate so far; None when that cannot be said."""
    fraction = job.fraction
    still = job.interrupted or job.moved_bytes is not None
    if job.status is not JobStatus.RUNNING or not fraction or still:
        return None
    return elapsed(job, now) * ((1 - fraction) / fraction)


def duration(span: timedelta) -> str:
    """`4 s`, `3 min 5 s`, `2 h 10 min`.

    >>> duration(timedelta(seconds=185))
    '3 min 5 s'
    """
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _coarse(span: timedelta) -> str:
    """One unit only, rounded: `42 s`, `2 min` for 1 min 56 s, `2 h`."""
    seconds = span.total_seconds()
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{int(seconds)} s"


def detail(job: Job, now: datetime) -> tuple[Section, ...]:
    """All there is to know about a job."""
    lines = [Line("status", *status_text(job))]
    if job.status is JobStatus.RUNNING and job.moved_bytes is not None:
        way = "brought from" if _arrow(job) == "⇣" else "taken to"
        told = f"{_megabytes(job.moved_bytes)} {way} the container"
        lines.append(Line("transfer", told, "accent"))
    elif job.status is JobStatus.RUNNING and job.fraction is not None:
        lines.append(Line("progress", f"{bar(job.fraction)} {job.fraction:.0%}", "accent"))
        left = time_left(job, now)
        if left is not None:
            lines.append(Line("time left", f"about {duration(left)}"))
    if job.counts.lines and job.counts_told and not job.interrupted:
        lines.append(Line("rate", f"{rate(job, now):,.0f} lines/s"))
    if job.interrupted:
        lines.append(Line("", "its program ended; it goes on when the registry is", "muted"))
        lines.append(Line("", "opened for writing", "muted"))
    else:
        lines.append(Line("took" if job.ended_at else "running", duration(elapsed(job, now))))
    if job.failure_reason:
        tone: Tone = "warning" if job.status is JobStatus.COMPLETED else "bad"
        lines.append(Line("why", job.failure_reason, tone))
    if job.resumed:
        lines.append(Line("resumed", plural(job.resumed, "time"), "warning"))
    sections = [Section(f"{job.spec.type.value.capitalize()} {job.spec.format}", tuple(lines))]
    sections.append(Section("Lines", _counts(job)))
    sections.append(Section("Where", _where(job)))
    sections.append(Section("Record", _record(job)))
    return tuple(sections)


def _counts(job: Job) -> tuple[Line, ...]:
    counts = job.counts
    if not job.counts_told:
        return _known_counts(job)
    whole = f" of {job.total_lines:,}" if job.total_lines else ""
    if job.spec.type is JobType.EXPORT:
        written = Line("written", f"{counts.lines:,}{whole}")
        if not counts.failed:
            return (written,)
        return (written, Line("failed", f"{counts.failed:,}", "bad"), _READ_THEM_OF_EXPORT)
    failed: Tone = "bad" if counts.failed else ""
    told = (
        Line("created", f"{counts.created:,}"),
        Line("updated", f"{counts.updated:,}"),
        Line("deleted", f"{counts.deleted:,}"),
    )
    untold = (
        Line("applied", f"{counts.applied:,}"),
        Line("", "the hub does not say which were created, updated or deleted", "muted"),
    )
    lines = [
        Line("read", f"{counts.lines:,}{whole}"),
        *(untold if counts.applied_untold else told),
        Line("refused", f"{counts.failed:,}", failed),
    ]
    if counts.failed:
        lines.append(_READ_THEM_OF_IMPORT)
    if counts.passed_over:
        lines.append(Line("skipped", f"{counts.passed_over:,}, blank or as it was"))
    return tuple(lines)


def _known_counts(job: Job) -> tuple[Line, ...]:
    """Where nobody counts: the lines known to have failed, and no zeros."""
    if job.spec.type is JobType.EXPORT:
        return (Line("written", _NOT_TOLD, "muted"),)
    applied = Line("applied", _NOT_TOLD, "muted")
    if not job.counts.failed:
        return (applied, Line("refused", _NOT_TOLD, "muted"))
    return (applied, Line("refused", f"{job.counts.failed:,}", "bad"), _READ_THEM_OF_IMPORT)


_READ_THEM_OF_IMPORT = Line("", "press l to read them; importErrors.log has them too", "muted")
_READ_THEM_OF_EXPORT = Line("", "press l to read them; exportErrors.log has them too", "muted")


def _where(job: Job) -> tuple[Line, ...]:
    lines = [Line("tenant", job.spec.tenant_id), Line(_place(job), job.spec.shown_folder)]
    if job.spec.format != "hono-1.1":
        lines.append(Line("file", job.spec.blob_name))
    if job.spec.type is JobType.EXPORT:
        lines.append(Line("keys", "left out" if job.spec.exclude_keys else "included"))
    else:
        lines.append(Line("mode", job.spec.default_mode.value))
        if job.spec.output_folder:
            lines.append(Line("log", without_query(job.spec.output_folder)))
    return tuple(lines)


def _place(job: Job) -> str:
    return "container" if "://" in job.spec.shown_folder else "folder"


def _record(job: Job) -> tuple[Line, ...]:
    moments = (
        ("created", job.created_at),
        ("started", job.started_at),
        ("ended", job.ended_at),
    )
    lines = [Line(name, absolute_time(moment)) for name, moment in moments if moment]
    return (*lines, Line("id", job.job_id, "muted"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended, for a message that passes by."""

    title: str
    text: str
    severity: Literal["information", "warning", "error"]


def outcome(job: Job) -> Outcome:
    """What a finished job did, failed lines included."""
    name = f"{job.spec.type.value.capitalize()} of {job.spec.tenant_id}"
    word, tone = status_cell(job)
    if job.status is JobStatus.FAILED:
        text = "\n".join(filter(None, (job.failure_reason or "It gave no reason.", _done(job))))
        return Outcome(f"✗ {name} failed", text, "error")
    if job.status is JobStatus.CANCELLED:
        text = "\n".join(filter(None, (_done(job), job.failure_reason)))
        return Outcome(f"■ {name} was cancelled", text, "warning")
    severity: Literal["information", "warning"] = "warning" if tone == "warning" else "information"
    failed = (
        f", {job.counts.failed:,} of {job.counts.lines:,} {_refused(job)}"
        if job.counts.failed
        else ""
    )
    if not job.counts_told:
        failed = f", {_untold(job)}"
    return Outcome(f"{word[0]} {name} is complete{failed}", _done(job), severity)


def _done(job: Job) -> str:
    counts = job.counts
    if not job.counts_told:
        if counts.failed:
            return f"{plural(counts.failed, 'line')} refused: l in the jobs pane shows them."
        return (job.failure_reason or "") if job.status is JobStatus.COMPLETED else ""
    if job.spec.type is JobType.EXPORT:
        written = f"{plural(counts.lines, 'device')} written to {job.spec.shown_folder}."
        if not counts.failed:
            return written
        return f"{written} {plural(counts.failed, 'device')} failed: l in the jobs pane shows why."
    figures = (
        ("created", counts.created),
        ("updated", counts.updated),
        ("deleted", counts.deleted),
        ("applied", counts.applied_untold),
    )
    done = ", ".join(f"{count:,} {word}" for word, count in figures if count) or "Nothing changed"
    if not counts.failed:
        return f"{done}."
    return f"{done}. {plural(counts.failed, 'line')} refused: l in the jobs pane shows them."
