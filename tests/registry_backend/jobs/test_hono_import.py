"""Importing Hono's three files: all or nothing of a file, and counts that add up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_backend.domain.jobs import ImportMode, Job, JobStatus
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.support import Jobs, read_fleet
from tests.wire.hono_example import example_files


async def import_devices(
    jobs: Jobs, tenant_id: str, *devices: Any, mode: ImportMode = ImportMode.CREATE_OR_UPDATE
) -> Job:
    """Import a device file alone."""
    content = [{"tenant": tenant_id, "devices": devices}]
    (jobs.folder / "device-identities.json").write_text(json.dumps(content))
    return await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*", mode=mode))


def counted(job: Job) -> tuple[int, ...]:
    """Lines, created, updated, deleted, failed, passed over; the first is the sum of the rest."""
    counts = job.counts
    parts = (counts.created, counts.updated, counts.deleted, counts.failed)
    assert counts.lines == sum(parts) + counts.passed_over
    return (counts.lines, *parts, counts.passed_over)


async def test_a_tenant_that_only_devices_name_is_an_entry(jobs: Jobs) -> None:
    """One that is created counts as created, one that is there as passed over."""
    broken = {"device-id": "${x}"}

    first = await import_devices(jobs, "t1", {"device-id": "d1"}, broken)
    again = await import_devices(jobs, "t1", {"device-id": "d1"}, broken)

    assert counted(first) == (3, 2, 0, 0, 1, 0)
    assert counted(again) == (3, 0, 1, 0, 1, 1)


async def test_the_shipped_example_adds_up(jobs: Jobs) -> None:
    """Two tenants, three devices, two parts that were never filled in."""
    for name, content in example_files().items():
        (jobs.folder / name).write_bytes(content)

    job = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    assert counted(job) == (7, 5, 0, 0, 2, 0)


async def test_what_the_registry_refuses_is_an_entry_too(jobs: Jobs) -> None:
    """A device without the credential that was refused is there, and both are counted."""
    weak = {"hash-function": "bcrypt", "pwd-hash": "$2b$10$x"}
    entry = {"device-id": "d", "type": "hashed-password", "auth-id": "u", "secrets": [weak]}
    (jobs.folder / "credentials.json").write_text(
        json.dumps([{"tenant": "T", "credentials": [entry]}])
    )

    job = await import_devices(jobs, "T", {"device-id": "d"})

    assert counted(job) == (3, 1, 0, 0, 1, 1)


@pytest.mark.parametrize("mode", [ImportMode.UPDATE, ImportMode.DELETE])
async def test_only_a_mode_that_creates_makes_a_tenant(
    jobs: Jobs, store: Store, mode: ImportMode
) -> None:
    """Its devices fail, each by its name."""
    job = await import_devices(jobs, "ghost", {"device-id": "a"}, {"device-id": "b"}, mode=mode)

    assert counted(job) == (3, 0, 0, 0, 2, 1)
    errors = await jobs.runner.errors(job.job_id, skip=0, limit=10)
    assert [error.device_id for error in errors] == ["a", "b"]
    assert {error.message for error in errors} == {"There is no tenant 'ghost'."}
    assert await store.read(lambda snapshot: snapshot.get_tenant("ghost")) is None


@pytest.mark.parametrize("name", ["tenants.json", "device-identities.json", "credentials.json"])
async def test_a_file_that_cannot_be_parsed_fails_the_job_before_anything_is_applied(
    jobs: Jobs, store: Store, name: str
) -> None:
    """With the file, line and column."""
    for other, content in example_files().items():
        (jobs.folder / other).write_bytes(content)
    (jobs.folder / name).write_text('[\n  {"tenant-id": "DEFAULT_TENANT"},\n  nonsense\n]')

    job = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    assert job.status is JobStatus.FAILED
    assert f"{name} is not JSON" in str(job.failure_reason)
    assert "line 3, column 3" in str(job.failure_reason)
    assert counted(job) == (0, 0, 0, 0, 0, 0)
    assert await store.read(lambda snapshot: snapshot.get_tenant("DEFAULT_TENANT")) is None
    assert await read_fleet(store, "DEFAULT_TENANT") == {}


async def test_a_copied_line_of_which_a_part_is_refused_fails_once(
    jobs: Jobs, store: Store
) -> None:
    """Nothing of it takes effect, and one error names every part."""
    weak = {"hash-function": "bcrypt", "pwd-hash": "$2b$10$x"}
    credentials = [
        {"type": "hashed-password", "auth-id": name, "secrets": [weak]} for name in ("u", "v")
    ]
    lines = [{"device-id": "a", "credentials": credentials}, {"device-id": "b"}]
    (jobs.folder / "devices.txt").write_text("\n".join(map(json.dumps, lines)))

    job = await jobs.run(jobs.spec(format="ndjson"))

    assert counted(job) == (2, 1, 0, 0, 1, 0)
    (error,) = await jobs.runner.errors(job.job_id, skip=0, limit=10)
    assert error.line == 1
    assert "'u'" in error.message
    assert "'v'" in error.message
    assert sorted(await read_fleet(store)) == ["b"]
