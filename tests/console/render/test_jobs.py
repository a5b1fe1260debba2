"""Jobs as text: what is told of their progress and of how they ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.panes.job_watch import JobWatch
from console.render import jobs as render
from registry_backend.domain.jobs import (
    Job,
    JobCheckpoint,
    JobCounts,
    JobSpec,
    JobStatus,
    JobType,
)

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def job(status: JobStatus, kind: JobType = JobType.IMPORT, **members: object) -> Job:
    """A job of a thousand bytes that began a minute ago."""
    spec = JobSpec(type=kind, tenant_id="yard", folder="/srv/exchange")
    base = Job(job_id="j1", spec=spec, status=status, created_at=START, started_at=START)
    return base.model_copy(update={"total_bytes": 1000, **members})


def test_a_completed_job_with_failed_lines_is_never_shown_as_plainly_good() -> None:
    """Neither in the list nor in the message."""
    done = job(JobStatus.COMPLETED, counts=JobCounts(lines=5, created=2, failed=3))
    assert render.status_cell(done) == ("! 3 of 5 refused", "warning")
    told = render.outcome(done)
    assert told.severity == "warning"
    assert "2 created" in told.text
    assert "3 lines refused" in told.text


def test_a_job_whose_program_ended_is_interrupted_and_tells_when_it_goes_on() -> None:
    """Neither running time nor time left is told: nobody runs it."""
    left = job(JobStatus.RUNNING, interrupted=True, checkpoint=JobCheckpoint(offset=500))
    assert render.status_cell(left) == ("◌ interrupted", "warning")
    assert render.started_cell(left, START + timedelta(minutes=5))[0] == "5 min ago"
    lines = render.detail(left, START + timedelta(minutes=5))[0].lines
    assert "running" not in {line.label for line in lines}
    assert any("it goes on when" in line.value for line in lines)


def test_a_failed_job_says_why_and_what_it_did_before() -> None:
    """What was applied stays applied."""
    failed = job(JobStatus.FAILED, failure_reason="The disk is full.", counts=JobCounts(created=7))
    told = render.outcome(failed)
    assert told.severity == "error"
    assert told.text.startswith("The disk is full.")
    assert "7 created" in told.text


def test_a_cancelled_job_is_a_warning_and_an_export_counts_devices() -> None:
    """In the words of what it moves."""
    assert render.outcome(job(JobStatus.CANCELLED)).severity == "warning"
    export = job(JobStatus.COMPLETED, JobType.EXPORT, counts=JobCounts(lines=1))
    assert render.outcome(export).text == "1 device written to /srv/exchange."


def test_the_lines_of_an_import_add_up() -> None:
    """Those that asked for nothing are told when there are any."""
    counts = JobCounts(lines=9, created=1, updated=2, deleted=1, failed=2)
    shown = lines_of(job(JobStatus.COMPLETED, counts=counts))
    assert shown["read"] == "9"
    assert shown["skipped"].startswith("3")
    whole = JobCounts(lines=6, created=1, updated=2, deleted=1, failed=2)
    assert "skipped" not in lines_of(job(JobStatus.COMPLETED, counts=whole))


def test_devices_that_an_export_could_not_write_are_shown() -> None:
    """In the detail and in the message."""
    export = job(JobStatus.COMPLETED, JobType.EXPORT, counts=JobCounts(lines=4, failed=2))
    assert lines_of(export)["failed"] == "2"
    assert "2 devices failed" in render.outcome(export).text


def lines_of(shown: Job) -> dict[str, str]:
    """The section of a job's detail that counts its lines."""
    section = next(each for each in render.detail(shown, START) if each.title == "Lines")
    return {line.label: line.value for line in section.lines}


def test_the_time_left_follows_from_the_rate_so_far() -> None:
    """A quarter in a minute leaves three."""
    running = job(JobStatus.RUNNING, checkpoint=JobCheckpoint(offset=250))
    now = START + timedelta(minutes=1)
    assert render.time_left(running, now) == timedelta(minutes=3)
    assert render.time_left(job(JobStatus.RUNNING), now) is None


@pytest.mark.parametrize("fraction", [-1.0, 0.0, 0.3, 1.0, 7.0])
def test_a_bar_is_always_as_wide_as_it_should_be(fraction: float) -> None:
    """Whatever a file that grew meanwhile makes of the fraction."""
    assert len(render.bar(fraction, 12)) == 12


def test_figures_too_long_for_the_table_are_rounded_there_and_whole_in_the_detail() -> None:
    """A count of failed lines is never cut off."""
    done = job(JobStatus.COMPLETED, counts=JobCounts(lines=1_000_000, created=9, failed=12_345))
    assert render.status_cell(done) == ("! 12.3k/1M refused", "warning")
    (status, *_), *_ = (section.lines for section in render.detail(done, START))
    assert status.value == "! completed, 12,345 of 1,000,000 lines refused"


def test_the_signature_of_a_container_is_nowhere_to_be_seen() -> None:
    """Not in the list, the detail or the message."""
    spec = JobSpec(
        type=JobType.IMPORT,
        tenant_id="yard",
        folder="https://store.example/in?sv=1&sig=SECRET",
        output_folder="https://store.example/out?sv=1&sig=SECRET",
    )
    done = job(JobStatus.COMPLETED, spec=spec, counts=JobCounts(lines=5, failed=3))
    texts = [str(render.folder_cell(done)), str(render.detail(done, START))]
    texts.append(render.outcome(done).text)
    assert "https://store.example/out" in texts[1]
    assert all("SECRET" not in text for text in texts)


def test_a_running_job_shows_a_bar_and_the_time_left() -> None:
    """In the table already."""
    running = job(JobStatus.RUNNING, checkpoint=JobCheckpoint(offset=250))
    now = START + timedelta(minutes=1)
    assert render.progress_cell(running) == ("━━────── 25%", "accent")
    assert render.started_cell(running, now) == ("3 min left", "accent")
    nearly_two = START + timedelta(seconds=38)
    assert render.started_cell(running, nearly_two) == ("2 min left", "accent")
    assert render.started_cell(running, START + timedelta(seconds=9)) == ("27 s left", "accent")


def test_a_blob_on_its_way_shows_how_much_of_it_was_moved() -> None:
    """In place of a bar, which stands still before the first line and after the last."""
    brought = job(JobStatus.RUNNING, moved_bytes=12_345_678)
    assert render.progress_cell(brought) == ("⇣ 12.3 MB", "accent")
    lines = {line.label: line.value for line in render.detail(brought, START)[0].lines}
    assert lines["transfer"] == "12.3 MB brought from the container"
    assert "progress" not in lines
    taken = job(JobStatus.RUNNING, JobType.EXPORT, moved_bytes=0, counts=JobCounts(lines=9))
    assert render.progress_cell(taken) == ("⇡ 0.0 MB", "accent")
    assert render.time_left(taken, START) is None


def test_each_outcome_is_told_once() -> None:
    """Jobs that had ended before anybody looked are not news."""
    watch = JobWatch()
    assert watch.look([job(JobStatus.COMPLETED)]) == ()
    assert watch.look([job(JobStatus.RUNNING)]) == ()
    assert watch.running == ("j1",)
    done = job(JobStatus.COMPLETED)
    assert watch.look([done]) == (done,)
    assert watch.look([done]) == ()
