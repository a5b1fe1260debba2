"""Jobs between containers of a real blob storage (iothub 6, 9.1)."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from registry_backend.domain.errors import Invalid, LimitReached
from registry_backend.domain.jobs import JobSpec, JobStatus, JobType
from registry_backend.jobs.blob_address import CONTAINER_REFUSED
from registry_backend.jobs.places import ContainerKind
from registry_backend.storage.base import Store
from tests.azurite import Azurite, needs_azurite
from tests.registry_backend.jobs.blob_jobs import (
    SMALL_BLOCKS,
    BlobJobs,
    make_containers,
    stored_texts,
)
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line, read_fleet

pytestmark = [needs_azurite, pytest.mark.xdist_group("azurite")]


async def test_an_import_reads_a_blob_and_leaves_an_empty_log(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """Read is all that the input's signature must permit (iothub 4.5, 6.5)."""
    blob_jobs.put_lines(*(hub_line(f"d{number}") for number in range(2500)))

    job = await blob_jobs.run(blob_jobs.spec())

    assert (job.status, job.failure_reason) == (JobStatus.COMPLETED, None)
    assert (job.counts.created, job.counts.failed, job.fraction) == (2500, 0, 1.0)
    assert len(await read_fleet(store)) == 2500
    assert blob_jobs.log() == b""
    assert blob_jobs.azurite.blobs(blob_jobs.target) == ["importErrors.log"]
    assert not blob_jobs.spool.exists() or not list(blob_jobs.spool.iterdir())


async def test_failed_lines_are_logged_in_the_container_and_told_here(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """The job completes, the other lines are applied, and both logs say the same (iothub 6.5)."""
    blob_jobs.put_lines(hub_line("a"), "{broken", hub_line("b", status=...), hub_line("c"))

    job = await blob_jobs.run(blob_jobs.spec())

    assert (job.status, job.counts.created, job.counts.failed) == (JobStatus.COMPLETED, 2, 2)
    logged = [json.loads(line) for line in blob_jobs.log().splitlines()]
    assert [(line["line"], line["errorCode"]) for line in logged] == [(2, 400012), (3, 400005)]
    assert await blob_jobs.jobs.codes(job) == [(2, 400012), (3, 400005)]
    assert sorted(await read_fleet(store)) == ["a", "c"]
    kept = [path.name for path in blob_jobs.spool.rglob("*") if path.is_file()]
    assert kept == ["importErrors.log"]
    await blob_jobs.jobs.runner.forget(job.job_id, actor=TESTER)
    assert list(blob_jobs.spool.iterdir()) == []


async def test_an_export_is_written_in_blocks_over_an_older_blob(blob_jobs: BlobJobs) -> None:
    """And equals what an export to a folder writes (iothub 6.3)."""
    await blob_jobs.jobs.import_lines(*(hub_line(f"d{number}") for number in range(2000)))
    blob_jobs.azurite.put(blob_jobs.target, "devices.txt", b"old")

    job = await blob_jobs.run(blob_jobs.spec(JobType.EXPORT))
    await blob_jobs.jobs.run(blob_jobs.jobs.spec(JobType.EXPORT))

    assert (job.status, job.counts.lines) == (JobStatus.COMPLETED, 2000)
    written = blob_jobs.azurite.get(blob_jobs.target, "devices.txt")
    assert written == (blob_jobs.jobs.folder / "devices.txt").read_bytes()
    assert len(written) > 3 * SMALL_BLOCKS.block_bytes
    assert not list(blob_jobs.spool.iterdir())


@pytest.mark.parametrize("count", [0, 1])
async def test_few_devices_are_written_too(blob_jobs: BlobJobs, count: int) -> None:
    """None make an empty blob."""
    await blob_jobs.jobs.import_lines(*(hub_line(f"d{number}") for number in range(count)))
    job = await blob_jobs.run(blob_jobs.spec(JobType.EXPORT))
    assert job.status is JobStatus.COMPLETED
    assert blob_jobs.azurite.get(blob_jobs.target, "devices.txt").count(b"\n") == count


async def test_all_of_honos_files_go_through_a_container(blob_jobs: BlobJobs, store: Store) -> None:
    """Three blobs out, three blobs in."""
    await blob_jobs.jobs.import_lines(hub_line("a"), hub_line("b"))
    out = blob_jobs.spec(JobType.EXPORT, format="hono-1.1").model_copy(update={"tenant_id": "*"})
    exported = await blob_jobs.run(out)
    assert exported.status is JobStatus.COMPLETED
    names = blob_jobs.azurite.blobs(blob_jobs.target)
    assert names == ["credentials.json", "device-identities.json", "tenants.json"]
    back = out.model_copy(update={"type": JobType.IMPORT})
    imported = await blob_jobs.run(back)
    assert (imported.status, imported.counts.failed) == (JobStatus.COMPLETED, 0)
    assert imported.counts.updated >= 2
    assert sorted(await read_fleet(store)) == ["a", "b"]


async def test_a_blob_of_another_name_in_a_folder_is_read(
    blob_jobs: BlobJobs, store: Store
) -> None:
    """A name may have slashes and blanks (iothub 4.5, inputBlobName)."""
    blob_jobs.put_lines("Device Id;status", "a;enabled", blob="fleet/new devices.csv")
    job = await blob_jobs.run(blob_jobs.spec(format="csv", blob_name="fleet/new devices.csv"))
    assert (job.status, job.counts.created) == (JobStatus.COMPLETED, 1)
    assert list(await read_fleet(store)) == ["a"]


async def test_an_import_may_read_a_blob_and_log_to_a_folder(
    blob_jobs: BlobJobs, tmp_path: Path
) -> None:
    """Each side is a container of its own."""
    blob_jobs.put_lines("{broken")
    (tmp_path / "log").mkdir()
    spec = blob_jobs.spec().model_copy(update={"output_folder": (tmp_path / "log").as_uri()})
    job = await blob_jobs.run(spec)
    assert (job.status, job.counts.failed) == (JobStatus.COMPLETED, 1)
    assert (tmp_path / "log/importErrors.log").read_bytes().count(b"\n") == 1
    assert await blob_jobs.jobs.codes(job) == [(1, 400012)]


@pytest.mark.parametrize(
    ("update", "told", "at"),
    [
        ({"input_rights": "w"}, "Unauthorized to read from input blob container.", "folder"),
        (
            {"output_rights": "rd"},
            "Unauthorized to write to output blob container.",
            "output_folder",
        ),
        (
            {"output_rights": "rwl"},
            "Unauthorized to delete from output blob container.",
            "output_folder",
        ),
        ({"blob_name": "nothing.txt"}, "The input blob container has no blob nothing.txt.", None),
    ],
    ids=["no right to read", "no right to write", "no right to delete", "no such blob"],
)
async def test_a_container_that_refuses_is_found_out_before_the_job_begins(
    blob_jobs: BlobJobs, update: dict[str, str], told: str, at: str | None
) -> None:
    """With the hub's words and its code; no job exists then (iothub 6.2)."""
    blob_jobs.put_lines(hub_line("a"))
    spec = blob_jobs.spec(
        input_rights=update.get("input_rights", "r"),
        output_rights=update.get("output_rights", "rwd"),
        blob_name=update.get("blob_name", "devices.txt"),
    )

    with pytest.raises(Invalid) as refused:
        await blob_jobs.jobs.runner.create(spec, actor=TESTER)

    assert refused.value.message == told
    assert refused.value.code == CONTAINER_REFUSED
    assert [problem.field for problem in refused.value.problems] == [at or "blob_name"]
    assert "sig=" not in str(refused.value)
    assert await blob_jobs.jobs.runner.list(None) == []


async def test_an_input_container_that_is_not_there_is_no_missing_blob(
    blob_jobs: BlobJobs,
) -> None:
    """Who mistyped its name need not look for the blob."""
    spec = blob_jobs.spec()
    gone = spec.model_copy(update={"folder": blob_jobs.azurite.sas("not-there", "r")})
    with pytest.raises(Invalid) as refused:
        await blob_jobs.jobs.runner.create(gone, actor=TESTER)
    assert refused.value.message == "The input blob container does not exist."


async def test_signatures_that_ended_or_are_forged_are_refused(blob_jobs: BlobJobs) -> None:
    """As is a container that is not there."""
    blob_jobs.put_lines(hub_line("a"))
    good, azurite = blob_jobs.spec(), blob_jobs.azurite
    for folder in (
        azurite.sas(blob_jobs.source, "r", minutes=-5),
        azurite.sas(blob_jobs.source, "r", key=b"another"),
        azurite.sas("not-there", "r"),
        f"{azurite.root}/{blob_jobs.source}",
    ):
        with pytest.raises(Invalid) as refused:
            await blob_jobs.jobs.runner.create(
                good.model_copy(update={"folder": folder}), actor=TESTER
            )
        assert refused.value.code == CONTAINER_REFUSED
        assert "sig=" not in str(refused.value)


async def test_a_signature_that_ended_is_told_as_such(blob_jobs: BlobJobs) -> None:
    """With the time that it names itself, and nothing else of it."""
    blob_jobs.put_lines(hub_line("a"))
    ended = blob_jobs.azurite.sas(blob_jobs.source, "r", minutes=-5)
    (time,) = parse_qs(urlsplit(ended).query)["se"]
    spec = blob_jobs.spec().model_copy(update={"folder": ended})
    with pytest.raises(Invalid) as refused:
        await blob_jobs.jobs.runner.create(spec, actor=TESTER)
    assert f"Its signature ended at {time}: make a new one." in str(refused.value)
    assert "sig=" not in str(refused.value)


async def test_a_running_job_is_named_before_any_container_is_touched(
    blob_jobs: BlobJobs,
) -> None:
    """A quota is looked at first: a wrong signature does not hide it (iothub 6.2)."""
    lines = [hub_line(f"d{number}") for number in range(6000)]
    (blob_jobs.jobs.folder / "devices.txt").write_text("\n".join(lines))
    first = await blob_jobs.jobs.runner.create(blob_jobs.jobs.spec(), actor=TESTER)
    with pytest.raises(LimitReached, match=first.job_id):
        await blob_jobs.jobs.runner.create(blob_jobs.spec(input_rights="w"), actor=TESTER)
    await blob_jobs.jobs.runner.wait(first.job_id)


async def test_the_signature_shows_nowhere(
    blob_jobs: BlobJobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the stored job once it ended, its journal, its errors, its reprs or a log."""
    caplog.set_level(logging.DEBUG)
    blob_jobs.put_lines(hub_line("a"), "{broken")
    good = await blob_jobs.run(blob_jobs.spec())
    blob_jobs.put_lines(hub_line("b"))
    spec = blob_jobs.spec()
    job = await blob_jobs.jobs.runner.create(spec, actor=TESTER)
    assert "sig=" not in repr(job) + str(job) + repr(spec)
    ended = await blob_jobs.jobs.runner.wait(job.job_id)

    assert [good.status, ended.status] == [JobStatus.COMPLETED] * 2
    for each in (good, ended):
        assert each.spec.folder == f"{blob_jobs.azurite.root}/{blob_jobs.source}"
        assert each.spec.output_folder == f"{blob_jobs.azurite.root}/{blob_jobs.target}"
        assert "sig=" not in each.model_dump_json()
    assert "sig=" not in stored_texts(tmp_path / "registry.sqlite")
    assert b"sig=" not in blob_jobs.log()
    assert "sig=" not in caplog.text


async def test_a_cancelled_job_leaves_no_copy_behind(blob_jobs: BlobJobs, store: Store) -> None:
    """What was applied stays; what was brought here goes."""
    blob_jobs.put_lines(*(hub_line(f"d{number}") for number in range(6000)))
    job = await blob_jobs.jobs.runner.create(blob_jobs.spec(), actor=TESTER)
    cancelled = await blob_jobs.jobs.runner.cancel(job.job_id, actor=TESTER)
    ended = await blob_jobs.jobs.runner.wait(job.job_id)

    assert ended == cancelled
    assert "sig=" not in ended.model_dump_json()
    assert len(await read_fleet(store)) == ended.counts.created
    assert not blob_jobs.spool.exists() or not list(blob_jobs.spool.iterdir())


async def test_an_import_can_be_tried_from_a_container(blob_jobs: BlobJobs, store: Store) -> None:
    """It needs no output, writes nothing, and leaves nothing."""
    blob_jobs.put_lines(hub_line("a"), "{broken")
    spec = blob_jobs.spec(output_rights="r")
    found = await blob_jobs.jobs.runner.dry_run(spec)
    assert (found.lines, found.count("create"), found.count("refuse")) == (2, 1, 1)
    assert await read_fleet(store) == {}
    assert not list(blob_jobs.spool.iterdir())


@pytest.mark.parametrize("kinds", [frozenset({"blob"}), frozenset({"path", "file"})])
async def test_an_operator_decides_which_containers_there_are(
    store: Store, tmp_path: Path, azurite: Azurite, kinds: frozenset[ContainerKind]
) -> None:
    """A server takes no folder of its machine unless it is told to."""
    source, target = make_containers(azurite)
    jobs = Jobs(store, tmp_path, spool=tmp_path / "s", containers=kinds)
    there = BlobJobs(jobs, azurite, source, target, tmp_path / "s")
    for spec, kind in (
        (there.spec(JobType.EXPORT), "blob"),
        (JobSpec(type=JobType.EXPORT, tenant_id="T", folder=tmp_path.as_uri()), "file"),
        (JobSpec(type=JobType.EXPORT, tenant_id="T", folder=str(tmp_path)), "path"),
    ):
        if kind in kinds:
            assert (await jobs.run(spec)).status is JobStatus.COMPLETED
        else:
            with pytest.raises(Invalid, match="does not read or write there"):
                await jobs.runner.create(spec, actor=TESTER)
    await jobs.runner.close()
