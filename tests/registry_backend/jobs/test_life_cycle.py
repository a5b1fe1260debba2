"""Accepting, cancelling, failing, forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from registry_backend.domain.errors import Invalid, LimitReached, NotFound
from registry_backend.domain.jobs import ImportMode, JobSpec, JobStatus, JobType
from registry_backend.domain.journal import Change
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.support import TESTER, Jobs, add_tenant, hub_line, read_fleet


def fields_of(error: Invalid) -> list[str]:
    """Which fields a refusal names."""
    return [problem.field for problem in error.problems]


def assert_is_a_sentence(error: Invalid) -> None:
    """What a person reads names no field of ours, and ends with what to do."""
    told = str(error)
    assert not any(name in told for name in ("blob_name", "default_mode", "tenant_id", "folder:"))
    assert error.hint
    assert told.endswith(f". {error.hint}")
    assert [problem.problem for problem in error.problems] == [told]


@pytest.mark.parametrize("kind", list(JobType))
@pytest.mark.parametrize(
    "folder", ["missing", "file", "http://host/container", "file://elsewhere/x", "a\0b"]
)
async def test_a_folder_that_cannot_be_used_is_refused(
    jobs: Jobs, kind: JobType, folder: str
) -> None:
    """At once, naming the folder (iothub 6.2)."""
    (jobs.folder / "file").write_text("")
    path = folder if ":" in folder or "\0" in folder else str(jobs.folder / folder)

    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(JobSpec(type=kind, tenant_id="T", folder=path), actor=TESTER)

    assert fields_of(refused.value) == ["folder"]
    assert_is_a_sentence(refused.value)
    assert await jobs.runner.list(None) == []


@pytest.mark.parametrize("name", ["missing.txt", "sub", "../devices.txt", "", "..", "x" * 300])
async def test_an_input_that_cannot_be_read_is_refused(jobs: Jobs, name: str) -> None:
    """Missing, a folder, outside, or no name."""
    (jobs.folder / "sub").mkdir()
    spec = jobs.spec().model_copy(update={"blob_name": name})

    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(spec, actor=TESTER)

    assert fields_of(refused.value) == ["blob_name"]
    assert_is_a_sentence(refused.value)


async def test_hono_files_need_one_of_three(jobs: Jobs) -> None:
    """An empty folder is no registry."""
    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(jobs.spec(format="hono-1.1"), actor=TESTER)

    assert fields_of(refused.value) == ["folder"]


async def test_a_file_address_is_a_folder(jobs: Jobs, store: Store) -> None:
    """A container on this machine; the job keeps the path."""
    (jobs.folder / "devices.txt").write_text(hub_line("a"))
    spec = jobs.spec().model_copy(update={"folder": jobs.folder.as_uri()})

    job = await jobs.run(spec)

    assert job.spec.folder == str(jobs.folder)
    assert list(await read_fleet(store)) == ["a"]


async def test_a_tenant_that_is_not_there_is_refused(jobs: Jobs) -> None:
    """Lines name no tenant, so none can be created."""
    (jobs.folder / "devices.txt").write_text("")

    with pytest.raises(NotFound, match="'nobody'"):
        await jobs.runner.create(jobs.spec(tenant_id="nobody"), actor=TESTER)


async def test_an_etag_mode_needs_a_format_with_etags(jobs: Jobs) -> None:
    """Only device lines carry them."""
    (jobs.folder / "devices.txt").write_text("")
    spec = jobs.spec(format="ndjson", mode=ImportMode.UPDATE_IF_MATCH_ETAG)

    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(spec, actor=TESTER)

    assert fields_of(refused.value) == ["default_mode"]
    assert_is_a_sentence(refused.value)


async def test_a_tenant_has_one_job_at_a_time(jobs: Jobs, store: Store) -> None:
    """The refusal names the running one; another tenant is free, all tenants together are not."""
    await add_tenant(store, "other")
    (jobs.folder / "devices.txt").write_text("\n".join(hub_line(f"d{n}") for n in range(3000)))
    first = await jobs.runner.create(jobs.spec(), actor=TESTER)

    with pytest.raises(LimitReached, match=first.job_id):
        await jobs.runner.create(jobs.spec(JobType.EXPORT), actor=TESTER)
    with pytest.raises(LimitReached, match=first.job_id):
        await jobs.runner.create(
            jobs.spec(JobType.EXPORT, format="hono-1.1", tenant_id="*"), actor=TESTER
        )
    other = await jobs.runner.create(jobs.spec(tenant_id="other"), actor=TESTER)

    assert (await jobs.runner.wait(first.job_id)).counts.created == 3000
    assert (await jobs.runner.wait(other.job_id)).counts.created == 3000


async def test_a_cancelled_import_keeps_what_it_applied(jobs: Jobs, store: Store) -> None:
    """Counts, checkpoint and registry agree."""
    lines = [hub_line(f"d{number:05}") for number in range(12_000)]
    (jobs.folder / "devices.txt").write_text("\n".join(lines))
    progressed = asyncio.Event()

    def heard(changes: Sequence[Change]) -> None:
        if any(change.resource == "device" for change in changes):
            progressed.set()

    stop = store.subscribe(heard)
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)
    await progressed.wait()
    cancelled = await jobs.runner.cancel(job.job_id, actor=TESTER)
    final = await jobs.runner.wait(job.job_id)
    stop()

    fleet = await read_fleet(store)
    assert cancelled.status is final.status is JobStatus.CANCELLED
    assert final.counts == cancelled.counts
    assert 0 < len(fleet) == final.counts.created < len(lines)
    assert final.ended_at is not None


async def test_a_cancelled_export_leaves_no_file(jobs: Jobs) -> None:
    """The file of that name from before stays as it was."""
    await jobs.import_lines(*[hub_line(f"d{number:05}") for number in range(6000)])
    before = (jobs.folder / "devices.txt").read_bytes()

    job = await jobs.runner.create(jobs.spec(JobType.EXPORT, format="ndjson"), actor=TESTER)
    await jobs.runner.cancel(job.job_id, actor=TESTER)
    final = await jobs.runner.wait(job.job_id)

    assert final.status is JobStatus.CANCELLED
    assert (jobs.folder / "devices.txt").read_bytes() == before
    assert not list(jobs.folder.glob(".*.part"))


async def test_a_finished_job_cannot_be_cancelled_but_forgotten(jobs: Jobs) -> None:
    """And then it is unknown."""
    job = await jobs.import_lines(hub_line("a"))

    with pytest.raises(Invalid, match="completed already"):
        await jobs.runner.cancel(job.job_id, actor=TESTER)
    await jobs.runner.forget(job.job_id, actor=TESTER)

    with pytest.raises(NotFound):
        await jobs.runner.get(job.job_id)
    with pytest.raises(NotFound):
        await jobs.runner.forget(job.job_id, actor=TESTER)


async def test_a_log_that_a_later_job_replaced_is_not_shown_as_its_own(jobs: Jobs) -> None:
    """Two jobs in one folder share the file's name."""
    first = await jobs.import_lines("{", "{")
    await jobs.import_lines("{")

    with pytest.raises(NotFound, match="replaced"):
        await jobs.runner.errors(first.job_id, skip=0, limit=10)


async def test_an_input_that_vanishes_fails_the_job(jobs: Jobs, tmp_path: Path) -> None:
    """The reason names the file."""
    (jobs.folder / "devices.txt").write_text(hub_line("a"))
    job = await jobs.runner.create(jobs.spec(), actor=TESTER)
    jobs.folder.rename(tmp_path / "moved")

    final = await jobs.runner.wait(job.job_id)

    assert final.status is JobStatus.FAILED
    assert final.failure_reason is not None
    assert str(jobs.folder) in final.failure_reason
