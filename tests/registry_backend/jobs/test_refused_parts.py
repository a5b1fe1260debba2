"""A part of an entry that is refused: what is stored stays, and what is told is what was done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.jobs import Job, JobFormat, JobStatus
from registry_backend.storage.base import Store
from tests.registry_backend.jobs.support import KEYS, Jobs, add_tenant, read_fleet

GOOD = {"type": "psk", "auth-id": "q1", "secrets": [{"key": KEYS[0]}]}
OTHER = {"type": "psk", "auth-id": "q2", "secrets": [{"key": KEYS[1]}]}
BAD = {"type": "psk", "auth-id": "q1", "secrets": [{"key": "!!"}]}
NEVER_FILLED_IN = {"type": "x509-cert", "auth-id": "${dn}", "secrets": [{}]}
ANCHOR = {
    "subject-dn": "CN=ca",
    "public-key": "bm8ga2V5",
    "not-before": "2020-01-01T00:00:00Z",
    "not-after": "2030-01-01T00:00:00Z",
}


async def import_lines(jobs: Jobs, *lines: dict[str, Any], tenant_id: str = "T") -> Job:
    """Import NDJSON, after trying it: both come to the same."""
    (jobs.folder / "devices.txt").write_text("\n".join(map(json.dumps, lines)))
    return await tried_first(jobs, "ndjson", tenant_id)


async def import_files(jobs: Jobs, **files: Any) -> Job:
    """Import Hono's files, after trying them: both come to the same."""
    names = {"devices": "device-identities", "credentials": "credentials", "tenants": "tenants"}
    for name, content in files.items():
        (jobs.folder / f"{names[name]}.json").write_text(json.dumps(content))
    return await tried_first(jobs, "hono-1.1", "*")


async def tried_first(jobs: Jobs, chosen: JobFormat, tenant_id: str) -> Job:
    """The job; a dry run before it counted and told the same."""
    spec = jobs.spec(format=chosen, tenant_id=tenant_id)
    found: DryRun = await jobs.runner.dry_run(spec)
    job = await jobs.run(spec)
    counts = job.counts
    errors = await jobs.runner.errors(job.job_id, skip=0, limit=100)
    assert found.lines == counts.lines
    assert (found.count("create"), found.count("update")) == (counts.created, counts.updated)
    assert (found.count("refuse"), found.count("skip")) == (counts.failed, counts.passed_over)
    assert [error.message for error in found.refused] == [error.message for error in errors]
    return job


def of_tenant(member: str, *entries: dict[str, Any], tenant_id: str = "T") -> list[Any]:
    """A file that holds these for one tenant."""
    return [{"tenant": tenant_id, member: entries}]


def of_device(device_id: str, *credentials: dict[str, Any]) -> list[dict[str, Any]]:
    """Credentials as Hono's files name them."""
    return [{"device-id": device_id, **each} for each in credentials]


async def messages(jobs: Jobs, job: Job) -> list[str]:
    """What was told of refused entries."""
    return [each.message for each in await jobs.runner.errors(job.job_id, skip=0, limit=100)]


async def held(store: Store, device_id: str) -> list[str]:
    """The auth-ids of a device's credentials."""
    return [each.auth_id for each in (await read_fleet(store))[device_id][1].credentials]


async def test_a_refused_line_leaves_the_device_as_it_was(jobs: Jobs, store: Store) -> None:
    """Its attributes, its credentials, its version."""
    await import_lines(jobs, {"device-id": "q1", "credentials": [GOOD]})
    before = (await read_fleet(store))["q1"]

    line = {"device-id": "q1", "attributes": {"ext": {"new": 1}}, "credentials": [OTHER, BAD]}
    job = await import_lines(jobs, line)

    assert (job.counts.created, job.counts.updated, job.counts.failed) == (0, 0, 1)
    assert (await read_fleet(store))["q1"] == before
    (told,) = await messages(jobs, job)
    assert told.startswith("the device was not written: credential 'q1' of type psk")


async def test_a_refused_line_makes_no_device(jobs: Jobs, store: Store) -> None:
    """Half of one would pass for a copy."""
    job = await import_lines(jobs, {"device-id": "new", "credentials": [OTHER, BAD]})

    assert (job.counts.created, job.counts.failed) == (0, 1)
    assert await read_fleet(store) == {}


@pytest.mark.parametrize("refused", [BAD, NEVER_FILLED_IN], ids=["by the registry", "unfilled"])
async def test_a_refused_credential_of_a_file_leaves_the_set_that_is_stored(
    jobs: Jobs, store: Store, refused: dict[str, Any]
) -> None:
    """The device itself is updated, a device that is new gets what could be read."""
    await import_lines(jobs, {"device-id": "q1", "credentials": [GOOD]})

    job = await import_files(
        jobs,
        devices=of_tenant(
            "devices", {"device-id": "q1", "data": {"enabled": False}}, {"device-id": "new"}
        ),
        credentials=of_tenant(
            "credentials",
            *of_device("q1", OTHER, refused),
            *of_device("new", {**OTHER, "auth-id": "n"}, {**refused, "type": "vendor-x"}),
        ),
    )

    assert (job.counts.created, job.counts.updated) == (1, 1)
    assert await held(store, "q1") == ["q1"]
    assert not (await read_fleet(store))["q1"][0].enabled
    assert "n" in await held(store, "new")
    assert "a device that has credentials keeps those" in (await messages(jobs, job))[0]


@pytest.mark.parametrize(
    "credentials",
    [
        [{"tenant": "T", "credentials": "none"}],
        [{"tenant": "${tenant}", "credentials": []}],
        [{"tenant": "T", "credentials": [{"device-id": "${id}", **GOOD}]}],
        [{"tenant": "T", "credentials": ["text"]}],
    ],
    ids=["a tenant's list", "a tenant's name", "a device's name", "no object"],
)
async def test_what_may_be_of_a_device_leaves_the_set_that_is_stored(
    jobs: Jobs, store: Store, credentials: list[Any]
) -> None:
    """Nobody can tell whose credentials those were."""
    await import_lines(jobs, {"device-id": "q1", "credentials": [GOOD]})

    job = await import_files(
        jobs, devices=of_tenant("devices", {"device-id": "q1"}), credentials=credentials
    )

    assert (job.counts.updated, job.counts.failed) == (1, 1)
    assert await held(store, "q1") == ["q1"]


async def test_a_set_that_was_read_whole_takes_the_place_of_the_stored_one(
    jobs: Jobs, store: Store
) -> None:
    """Another device's refused credential does not matter, nor does another tenant's."""
    await import_lines(jobs, {"device-id": "q1", "credentials": [GOOD]}, {"device-id": "q2"})

    await import_files(
        jobs,
        devices=of_tenant("devices", {"device-id": "q1"}, {"device-id": "q2"}),
        credentials=[
            *of_tenant("credentials", *of_device("q1", OTHER), *of_device("q2", BAD)),
            {"tenant": "elsewhere", "credentials": "none"},
        ],
    )

    assert await held(store, "q1") == ["q2"]


async def test_a_device_that_stands_there_twice_is_refused_the_second_time(
    jobs: Jobs, store: Store
) -> None:
    """As a double credential is, and its own credentials are told of once."""
    first = {"device-id": "q1", "data": {"ext": {"which": "first"}}}
    second = {"device-id": "q1", "data": {"ext": {"which": "second"}}}

    job = await import_files(
        jobs,
        devices=of_tenant("devices", first, second),
        credentials=of_tenant("credentials", *of_device("q1", BAD)),
    )

    told = await messages(jobs, job)
    assert (job.counts.created, job.counts.failed, len(told)) == (1, 2, 2)
    assert any("devices[1]: the same device stands there before" in each for each in told)
    assert (await read_fleet(store))["q1"][0].attributes.ext == {"which": "first"}


@pytest.mark.parametrize("anchors", [[ANCHOR], [{"subject-dn": "${ca}"}]], ids=["bad", "unfilled"])
async def test_a_refused_trust_anchor_of_a_file_leaves_those_that_are_stored(
    jobs: Jobs, store: Store, anchors: list[Any]
) -> None:
    """The rest of the tenant is updated."""
    await add_tenant(store, "trusting", **{"trusted-ca": [{**ANCHOR, "id": "one"}]})

    job = await import_files(
        jobs,
        tenants=[{"tenant-id": "trusting", "minimum-message-size": 7, "trusted-ca": anchors}],
    )

    tenant = await store.read(lambda snapshot: snapshot.get_tenant("trusting"))
    assert tenant is not None
    assert tenant.attributes.minimum_message_size == 7
    assert [each.id for each in tenant.attributes.trusted_ca] == ["one"]
    assert (job.counts.updated, job.counts.failed) == (1, 1)
    assert "a tenant that has trust anchors keeps those" in (await messages(jobs, job))[0]


async def test_a_tenants_line_that_is_refused_leaves_the_tenant_as_it_was(
    jobs: Jobs, store: Store
) -> None:
    """Its devices are imported all the same."""
    head = {"format": "idconsole-1", "tenant-id": "T", "tenant": {"trusted-ca": [ANCHOR]}}
    before = await store.read(lambda snapshot: snapshot.get_tenant("T"))

    job = await import_lines(jobs, head, {"device-id": "d"})

    assert (job.counts.created, job.counts.updated, job.counts.failed) == (1, 0, 1)
    assert await store.read(lambda snapshot: snapshot.get_tenant("T")) == before


async def test_devices_whose_tenant_was_refused_are_not_left_without_a_reason(jobs: Jobs) -> None:
    """The job fails with what was wrong with the tenant's line."""
    head = {"format": "idconsole-1", "tenant-id": "new", "tenant": {"trusted-ca": [ANCHOR]}}
    lines = (head, {"device-id": "d"})
    (jobs.folder / "devices.txt").write_text("\n".join(map(json.dumps, lines)))

    job = await jobs.run(jobs.spec(format="ndjson", tenant_id="new"))

    assert job.status is JobStatus.FAILED
    assert "There is no tenant 'new' to import into. Refused before: the tenant was not " in str(
        job.failure_reason
    )
    assert "trusted-ca[0].public-key" in str(job.failure_reason)
