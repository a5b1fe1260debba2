"""Imports of tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import ImportMode, JobFormat, JobType
from registry_backend.jobs.ids import named_ids
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line, read_fleet


async def test_a_table_is_imported_by_stretches(jobs: Jobs, store: Store) -> None:
    """Line numbers are the file's own; its first line names columns, and counts as none."""
    rows = [f"d{number};enabled" for number in range(4500)]
    rows[4000] = "d 4000;enabled"
    (jobs.folder / "devices.txt").write_bytes(
        "\r\n".join(["\ufeffDevice Id;Status", *rows, ""]).encode("utf-8")
    )
    job = await jobs.run(jobs.spec(format="csv"))
    assert (job.counts.lines, job.counts.created, job.counts.passed_over) == (4500, 4499, 0)
    assert await jobs.codes(job) == [(4002, 400004)]
    assert len(await read_fleet(store)) == 4499


async def test_a_table_with_tabs_keeps_its_empty_fields(jobs: Jobs, store: Store) -> None:
    """Blanks at the ends of a row are fields."""
    (jobs.folder / "devices.txt").write_text("eTag\tid\tstatusReason\n\ta\t\n*\tb\tx\n\t\t\n")
    job = await jobs.run(jobs.spec(format="csv", mode=ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG))
    assert (job.counts.created, job.counts.passed_over) == (2, 1)
    assert sorted(await read_fleet(store)) == ["a", "b"]


async def test_a_table_is_tried_and_taken_up_again_by_its_rows(jobs: Jobs, store: Store) -> None:
    """The header counts in neither."""
    rows = "".join(f"d{number}\n" for number in range(4500))
    (jobs.folder / "devices.txt").write_text(f"id\n{rows}oh dear\n")
    found = await jobs.runner.dry_run(jobs.spec(format="csv"))
    job = await jobs.runner.create(jobs.spec(format="csv"), actor=TESTER)
    await jobs.runner.close()
    later = Jobs(store, jobs.folder)
    await later.runner.start()
    ended = await later.runner.wait(job.job_id)
    await later.runner.close()

    assert (found.lines, found.count("create"), found.count("skip")) == (4501, 4500, 0)
    assert (ended.counts.lines, ended.counts.created, ended.counts.passed_over) == (4501, 4500, 0)
    assert await later.codes(ended) == [(4502, 400004)]
    assert ended.resumed == 1


def test_the_ids_of_a_table_can_be_learned(tmp_path: Path) -> None:
    """As those of device lines, without those that go."""
    table = tmp_path / "fleet.csv"
    table.write_text("id,importMode\na,\nb,delete\nc,none\n")
    found = named_ids(table, "csv", tenant_id="T")
    assert found.devices == {"T": {"a": None}}
    assert len(found.faults) == 1


async def test_a_table_is_refused_by_its_first_line(jobs: Jobs) -> None:
    """Before the job exists; and none can be written."""
    (jobs.folder / "devices.txt").write_text("name,status\n")
    with pytest.raises(Invalid, match="'name' is not known"):
        await jobs.runner.create(jobs.spec(format="csv"), actor=TESTER)
    with pytest.raises(Invalid, match="for imports only"):
        await jobs.runner.create(jobs.spec(JobType.EXPORT, format="csv"), actor=TESTER)


@pytest.mark.parametrize(
    ("job_format", "content", "looks"),
    [
        ("devices.txt", "id,status\nd1,enabled\n", "CSV, not lines of devices.txt"),
        ("csv", '{"id":"d1","status":"enabled"}\n', "lines of devices.txt, not CSV"),
        ("ndjson", "id,status\nd1,enabled\n", "CSV, not NDJSON"),
    ],
)
async def test_a_file_of_another_format_is_refused_before_a_line_is_read(
    jobs: Jobs, job_format: JobFormat, content: str, looks: str
) -> None:
    """At the format's field; neither a job nor a dry run counts each of its lines as refused."""
    path = jobs.folder / "devices.txt"
    path.write_text(content)
    spec = jobs.spec(format=job_format)
    for refusing in (jobs.runner.create(spec, actor=TESTER), jobs.runner.dry_run(spec)):
        with pytest.raises(Invalid) as refused:
            await refusing
        (problem,) = refused.value.problems
        assert problem.field == "format"
        assert problem.problem.startswith(f"{path} looks like {looks}.")


async def test_a_table_without_a_header_is_told_to_need_one(jobs: Jobs) -> None:
    """Nothing of its first row is shown, which may be a key."""
    (jobs.folder / "devices.txt").write_text("d1,enabled,c2VjcmV0\n")
    with pytest.raises(Invalid, match="names no column that is known") as refused:
        await jobs.runner.create(jobs.spec(format="csv"), actor=TESTER)
    assert "id,status before the first row" in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)


async def test_a_row_of_a_table_in_the_first_line_is_no_remark(jobs: Jobs) -> None:
    """A remark is a sentence; a row would be lost without a word."""
    job = await jobs.import_lines("d1,enabled", "d2,enabled")
    assert await jobs.codes(job) == [(1, 400012), (2, 400012)]


async def test_a_json_array_is_told_as_one_document(jobs: Jobs) -> None:
    """Each device needs a line of its own."""
    (jobs.folder / "devices.txt").write_text('[\n  {"id":"d1","status":"enabled"}\n]\n')
    with pytest.raises(Invalid, match="looks like one JSON document") as refused:
        await jobs.runner.create(jobs.spec(), actor=TESTER)
    assert [problem.field for problem in refused.value.problems] == ["blob_name"]


async def test_lines_of_a_hub_are_imported_as_ndjson_too(jobs: Jobs) -> None:
    """Beside whole devices, in the order of the file."""
    (jobs.folder / "devices.txt").write_text(
        f'{hub_line("one")}\n{{"device-id":"two","attributes":{{}},"credentials":[]}}\n'
    )
    job = await jobs.run(jobs.spec(format="ndjson"))
    assert (job.counts.created, job.counts.failed) == (2, 0)
    assert set(await read_fleet(jobs.store)) == {"one", "two"}
