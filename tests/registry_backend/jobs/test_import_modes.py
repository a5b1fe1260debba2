"""Every import mode against every state of a device (iothub 6.4)."""

from __future__ import annotations

import pytest

from registry_backend.domain.jobs import ImportMode, JobStatus
from registry_backend.storage.base import Store
from registry_backend.wire.iothub import etag_of
from tests.registry_backend.jobs.support import (
    KEYS,
    Jobs,
    add_tenant,
    hub_line,
    keys_in,
    read_fleet,
)

M = ImportMode
CREATED, OVERWRITTEN, DELETED = "created", "overwritten", "deleted"

TABLE: dict[ImportMode, tuple[str | int, str | int, str | int]] = {
    # mode: (device missing, exists with equal etag, exists with another etag)
    M.CREATE_OR_UPDATE: (CREATED, OVERWRITTEN, OVERWRITTEN),
    M.CREATE: (CREATED, 409001, 409001),
    M.UPDATE: (404001, OVERWRITTEN, OVERWRITTEN),
    M.UPDATE_IF_MATCH_ETAG: (404001, OVERWRITTEN, 412001),
    M.CREATE_OR_UPDATE_IF_MATCH_ETAG: (CREATED, OVERWRITTEN, 412001),
    M.DELETE: (404001, DELETED, DELETED),
    M.DELETE_IF_MATCH_ETAG: (404001, DELETED, 412001),
}
STATES = ("missing", "equal", "different")


def test_the_table_has_every_mode() -> None:
    """A mode that is added needs its row."""
    assert set(TABLE) == set(ImportMode)


@pytest.mark.parametrize("as_default", [True, False], ids=["job default", "on the line"])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("mode", list(TABLE))
async def test_a_mode_does_what_the_contract_says(
    jobs: Jobs, store: Store, mode: ImportMode, state: str, as_default: bool
) -> None:
    """The outcome is the table's, in the registry, in the counts and in the log."""
    if state != "missing":
        await jobs.import_lines(hub_line("d", keys=(0, 1)))
        await jobs.import_lines(hub_line("d", keys=(2, 3)))
    expected = TABLE[mode][STATES.index(state)]
    etag = etag_of(1) if state == "equal" else etag_of(7)
    members = {"eTag": f'"{etag}"', "status": "Disabled"}
    if not as_default:
        members["importMode"] = mode.value.upper()
    line = hub_line("d", keys=(4, 5), **members)

    job = await jobs.import_lines(line, mode=mode if as_default else M.CREATE_OR_UPDATE)

    fleet = await read_fleet(store)
    assert job.status is JobStatus.COMPLETED
    if isinstance(expected, int):
        assert await jobs.codes(job) == [(1, expected)]
        assert job.counts.failed == 1
        assert job.counts.applied == 0
        assert ("d" in fleet) == (state != "missing")
        if state != "missing":
            assert keys_in(fleet, "d") == [KEYS[2], KEYS[3]]
        return
    assert await jobs.codes(job) == []
    assert job.counts.applied == 1
    if expected == DELETED:
        assert job.counts.deleted == 1
        assert fleet == {}
        return
    assert job.counts.created == (expected == CREATED)
    assert keys_in(fleet, "d") == [KEYS[4], KEYS[5]]
    assert not fleet["d"][0].enabled
    assert fleet["d"][0].revision == (0 if expected == CREATED else 2)


@pytest.mark.parametrize("etag", ["*", '"*"'])
async def test_a_star_matches_any_version(jobs: Jobs, store: Store, etag: str) -> None:
    """Clients send the star with and without quotes (iothub 1, row 13)."""
    await jobs.import_lines(hub_line("d"))

    job = await jobs.import_lines(hub_line("d", eTag=etag, importMode="deleteIfMatchEtag"))

    assert job.counts.deleted == 1
    assert await read_fleet(store) == {}


async def test_later_lines_act_on_what_earlier_ones_left(jobs: Jobs, store: Store) -> None:
    """Within one file, and so within one transaction, order decides."""
    job = await jobs.import_lines(
        hub_line("a", importMode="create", keys=(0, 1)),
        hub_line("a", importMode="create", keys=(2, 3)),
        hub_line("a", importMode="updateIfMatchETag", eTag=etag_of(0), keys=(4, 5)),
        hub_line("a", importMode="updateIfMatchETag", eTag=etag_of(0), keys=(2, 3)),
        hub_line("b", importMode="create"),
        hub_line("b", importMode="delete"),
        hub_line("b", importMode="update"),
        hub_line("c", importMode="create"),
        hub_line("c", importMode="delete"),
        hub_line("c", importMode="create", keys=(6, 7)),
    )

    fleet = await read_fleet(store)
    assert await jobs.codes(job) == [(2, 409001), (4, 412001), (7, 404001)]
    assert (job.counts.created, job.counts.updated, job.counts.deleted) == (4, 1, 2)
    assert sorted(fleet) == ["a", "c"]
    assert keys_in(fleet, "a") == [KEYS[4], KEYS[5]]
    assert keys_in(fleet, "c") == [KEYS[6], KEYS[7]]


async def test_a_recreated_device_has_another_generation(jobs: Jobs, store: Store) -> None:
    """The generation id tells it from the device before it (iothub 4.1)."""
    await jobs.import_lines(hub_line("d"))
    first = (await read_fleet(store))["d"][0]

    await jobs.import_lines(hub_line("d", importMode="delete"), hub_line("d"))

    second = (await read_fleet(store))["d"][0]
    assert second.generation_id != first.generation_id
    assert second.revision == 0


async def test_lines_over_the_device_limit_fail_and_the_rest_is_applied(
    jobs: Jobs, store: Store
) -> None:
    """403002 for what does not fit; a deletion makes room again."""
    await add_tenant(store, "small", **{"registration-limits": {"max-devices": 2}})
    lines = [
        hub_line("a"),
        hub_line("b"),
        hub_line("c"),
        hub_line("a", importMode="delete"),
        hub_line("d"),
        hub_line("e"),
    ]
    (jobs.folder / "devices.txt").write_text("\n".join(lines))

    job = await jobs.run(jobs.spec(tenant_id="small"))

    assert await jobs.codes(job) == [(3, 403002), (6, 403002)]
    assert sorted(await read_fleet(store, "small")) == ["b", "d"]
