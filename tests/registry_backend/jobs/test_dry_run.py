"""Dry runs: what an import would do is what it then does."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.errors import Invalid, NotFound, Unsupported
from registry_backend.domain.imports import MAX_REFUSED, DryRunCounter, Refusal, judge
from registry_backend.domain.jobs import ImportMode, Job, JobError, JobFormat, JobType
from registry_backend.jobs import sources
from registry_backend.jobs.lines import read_chunk
from registry_backend.storage.base import Store
from registry_backend.storage.sqlite import open_sqlite
from tests.registry_backend.jobs.support import Jobs, add_tenant, hub_line, read_fleet

IDS = ["a", "b", "c", "d"]
ETAGS = ["MA==", "MQ==", "Mg==", "*", '"MA=="', None]

hub_lines = st.builds(
    lambda device_id, mode, etag, more: hub_line(
        device_id, **{**({"importMode": mode} if mode else {}), "eTag": etag, **more}
    ),
    st.sampled_from(IDS),
    st.sampled_from([None, *(mode.value for mode in ImportMode), "no mode"]),
    st.sampled_from(ETAGS),
    st.sampled_from(
        [
            {},
            {"status": "disabled"},
            {"status": ...},
            {"authentication": {"symmetricKey": {"primaryKey": "short", "secondaryKey": "x"}}},
            {"authentication": {"x509Thumbprint": {"primaryThumbprint": "A" * 40}}},
            {"capabilities": {"iotEdge": True}},
            {"deviceScope": "somewhere"},
        ]
    ),
)
odd_lines = st.sampled_from(["", "{broken", "[]", '{"status":"enabled"}', "just words"])


def whole_device(device_id: str, claims: Sequence[tuple[str, str]]) -> str:
    """A line of ndjson whose device is known by these."""
    credentials = [
        {"type": kind, "auth-id": auth_id, "secrets": [{"key": "MDEyMzQ1Njc4OWFiY2RlZg=="}]}
        for kind, auth_id in claims
    ]
    line = {"device-id": device_id, "attributes": {}, "credentials": credentials}
    return json.dumps(line)


whole_lines = st.builds(
    whole_device,
    st.sampled_from(IDS),
    st.lists(
        st.tuples(st.sampled_from(["psk", "x-custom"]), st.sampled_from(["a", "b", "shared"])),
        max_size=2,
        unique=True,
    ),
)
fleets = st.lists(st.one_of(hub_lines, whole_lines), max_size=6)
limits = st.sampled_from([{}, {"max-devices": 2}, {"max-credentials-per-device": 1}])

stretches = st.sampled_from([1, 2, 2000])
"""Lines applied together: what one stretch leaves, the next must see."""


def assert_agrees(found: DryRun, job: Job) -> None:
    """Each count of the dry run is the import's."""
    counts = job.counts
    assert job.failure_reason is None
    assert found.lines == counts.lines
    assert {
        "create": found.count("create"),
        "update": found.count("update"),
        "delete": found.count("delete"),
        "refuse": found.count("refuse"),
        "skip": found.count("skip"),
    } == {
        "create": counts.created,
        "update": counts.updated,
        "delete": counts.deleted,
        "refuse": counts.failed,
        "skip": counts.passed_over,
    }
    by_mode: Counter[str] = Counter()
    for effects in found.by_mode.values():
        by_mode.update({str(effect): count for effect, count in effects.items()})
    assert by_mode == Counter(
        {effect: count for effect, count in found.effects.items() if effect != "skip"}
    )


async def try_and_do(
    fleet: Sequence[str],
    lines: Sequence[str],
    mode: ImportMode,
    limit: dict[str, int],
    job_format: JobFormat,
    stretch: int,
) -> None:
    """Make a fleet, try a file, do it, and hold one against the other."""
    short = partial(read_chunk, max_lines=stretch)
    with (
        tempfile.TemporaryDirectory() as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sources, "read_chunk", short)
        folder = Path(place)
        store = await open_sqlite(folder / "registry.sqlite")
        try:
            members = {"registration-limits": limit} if limit else {}
            await add_tenant(store, "T", **members)
            jobs = Jobs(store, folder)
            for line in fleet:
                kind: JobFormat = "ndjson" if "device-id" in line else "devices.txt"
                (folder / "devices.txt").write_text(line)
                await jobs.run(jobs.spec(format=kind))
            (folder / "devices.txt").write_text("\n".join(lines))
            spec = jobs.spec(format=job_format, mode=mode)
            before = await read_fleet(store)
            found = await jobs.runner.dry_run(spec)
            assert await read_fleet(store) == before
            job = await jobs.run(spec)
            assert_agrees(found, job)
            errors = await jobs.runner.errors(job.job_id, skip=0, limit=100)
            assert list(found.refused) == list(errors)
            await jobs.runner.close()
        finally:
            await store.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    fleets,
    st.lists(st.one_of(hub_lines, odd_lines), max_size=12),
    st.sampled_from(ImportMode),
    limits,
    stretches,
)
async def test_a_dry_run_of_device_lines_is_what_the_import_then_does(
    fleet: list[str], lines: list[str], mode: ImportMode, limit: dict[str, int], stretch: int
) -> None:
    """For random files, fleets, modes and limits: the counts, and each refused line's text."""
    await try_and_do(fleet, lines, mode, limit, "devices.txt", stretch)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    fleets,
    st.lists(st.one_of(whole_lines, st.just("{broken")), max_size=10),
    st.sampled_from(
        [ImportMode.CREATE_OR_UPDATE, ImportMode.CREATE, ImportMode.UPDATE, ImportMode.DELETE]
    ),
    limits,
    stretches,
)
async def test_a_dry_run_of_whole_devices_is_what_the_import_then_does(
    fleet: list[str], lines: list[str], mode: ImportMode, limit: dict[str, int], stretch: int
) -> None:
    """Also where devices take from each other what they are known by."""
    await try_and_do(fleet, lines, mode, limit, "ndjson", stretch)


async def test_what_a_line_may_not_take_is_refused_even_if_a_later_one_gives_it_back(
    jobs: Jobs,
) -> None:
    """Each line stands for itself, whichever lines are applied together."""
    await jobs.import_lines(hub_line("b"))
    lines = [whole_device("a", [("psk", "b")]), whole_device("a", [])]
    (jobs.folder / "devices.txt").write_text("\n".join(lines))
    spec = jobs.spec(format="ndjson")
    found = await jobs.runner.dry_run(spec)
    assert (found.count("refuse"), found.count("create")) == (1, 1)
    assert_agrees(found, await jobs.run(spec))


async def test_lines_far_apart_see_each_other(jobs: Jobs, store: Store) -> None:
    """A later stretch of the file sees what an earlier one did."""
    lines = [hub_line(f"d{number}", importMode="create") for number in range(4500)]
    lines += [hub_line("d1", importMode="delete"), hub_line("d1", importMode="update")]
    lines += [hub_line("d2", importMode="updateIfMatchETag", eTag="MA==")] * 2
    (jobs.folder / "devices.txt").write_text("\n".join(lines))
    told: list[int] = []
    found = await jobs.runner.dry_run(jobs.spec(), progress=told.append)
    assert told == [2000, 4000, 4504]
    assert [error.line for error in found.refused] == [4502, 4504]
    assert "4 lines name a device that an earlier line names, such as d1, d2" in found.warnings[0]
    assert_agrees(found, await jobs.run(jobs.spec()))
    assert len(await read_fleet(store)) == 4499


async def test_honos_files_can_be_tried(jobs: Jobs) -> None:
    """Tenants they bring are counted as the import counts them."""
    devices = [{"tenant": "new", "devices": [{"device-id": "a", "data": {}}, {"device-id": "b"}]}]
    (jobs.folder / "device-identities.json").write_text(json.dumps(devices))
    spec = jobs.spec(format="hono-1.1").model_copy(update={"tenant_id": "*"})
    found = await jobs.runner.dry_run(spec)
    assert found.count("create") == 3
    assert_agrees(found, await jobs.run(spec))


async def test_what_every_line_needs_is_told_first(jobs: Jobs) -> None:
    """A missing status is the fault that people make most (iothub 4.3)."""
    lines = [hub_line(f"d{number}", status=...) for number in range(3)]
    (jobs.folder / "devices.txt").write_text("\n".join([*lines, hub_line("good")]))
    found = await jobs.runner.dry_run(jobs.spec())
    (warning,) = found.warnings
    assert warning.startswith("3 of 4 lines would be refused: the id or the status is missing")


@pytest.mark.parametrize("stretch", [1, 2000])
async def test_keys_that_would_be_made_anew_are_told_of(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    """A line without keys has a hub make some: a fleet imported so can no longer connect."""
    monkeypatch.setattr(sources, "read_chunk", partial(read_chunk, max_lines=stretch))
    keys = {"primaryKey": None, "secondaryKey": None}
    no_keys: dict[str, Any] = {"authentication": {"symmetricKey": keys}}
    lines = [hub_line("a", **no_keys), hub_line("b")]
    (jobs.folder / "devices.txt").write_text("\n".join(lines))
    assert (await jobs.runner.dry_run(jobs.spec())).warnings == ()
    await jobs.run(jobs.spec())
    lines = [*lines, hub_line("a", status="disabled", **no_keys), hub_line("new", **no_keys)]
    (jobs.folder / "devices.txt").write_text("\n".join(lines))
    (told,) = [each for each in (await jobs.runner.dry_run(jobs.spec())).warnings if "keys" in each]
    assert told.startswith("2 lines hold no keys for devices that are there")


@pytest.mark.parametrize("stretch", [1, 2000])
async def test_what_short_lines_would_take_away_is_told_of(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    """A line replaces the whole device: one that is at the edge no longer is, nor is there why."""
    monkeypatch.setattr(sources, "read_chunk", partial(read_chunk, max_lines=stretch))
    full = [
        hub_line("edge", capabilities={"iotEdge": True}, parentScopes=["up"]),
        hub_line("leaf", deviceScope="edge", statusReason="lent out"),
        hub_line("plain", capabilities={"iotEdge": False}),
    ]
    (jobs.folder / "devices.txt").write_text("\n".join(full))
    await jobs.run(jobs.spec())
    assert (await jobs.runner.dry_run(jobs.spec())).warnings == ()
    short = [
        hub_line("edge", capabilities={"iotEdge": True}),
        hub_line("leaf", deviceScope="edge"),
        hub_line("plain"),
        hub_line("new"),
    ]
    (jobs.folder / "devices.txt").write_text("\n".join(short))
    (told,) = (await jobs.runner.dry_run(jobs.spec())).warnings
    assert told.startswith("2 lines leave out capabilities, scopes or a status reason")
    (jobs.folder / "devices.txt").write_text(hub_line("leaf", importMode="delete"))
    assert (await jobs.runner.dry_run(jobs.spec())).warnings == ()
    (jobs.folder / "fleet.csv").write_text("id,status\nedge,enabled\nplain,enabled\n")
    csv = jobs.spec(format="csv").model_copy(update={"blob_name": "fleet.csv"})
    warnings = (await jobs.runner.dry_run(csv)).warnings
    assert [each for each in warnings if each.startswith("1 line leaves out capabilities")]


async def test_only_a_bounded_number_of_refused_lines_is_kept(jobs: Jobs) -> None:
    """All are counted."""
    (jobs.folder / "devices.txt").write_text('{"id":"d"}\n' * 2500)
    found = await jobs.runner.dry_run(jobs.spec())
    assert (len(found.refused), found.count("refuse")) == (MAX_REFUSED, 2500)


async def test_what_cannot_begin_cannot_be_tried(jobs: Jobs) -> None:
    """No file, no tenant, no import."""
    with pytest.raises(Invalid, match=r"no file devices\.txt"):
        await jobs.runner.dry_run(jobs.spec())
    (jobs.folder / "devices.txt").write_text("")
    with pytest.raises(NotFound):
        await jobs.runner.dry_run(jobs.spec(tenant_id="nobody"))
    with pytest.raises(Unsupported):
        await jobs.runner.dry_run(jobs.spec(JobType.EXPORT))


TABLE = [
    # mode                          missing   matching   differing
    ("createOrUpdate",              "create", "update",  "update"),
    ("create",                      "create", 409001,    409001),
    ("update",                      404001,   "update",  "update"),
    ("updateIfMatchETag",           404001,   "update",  412001),
    ("createOrUpdateIfMatchETag",   "create", "update",  412001),
    ("delete",                      404001,   "delete",  "delete"),
    ("deleteIfMatchETag",           404001,   "delete",  412001),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "missing", "matching", "differing"), TABLE)
def test_the_table_is_the_contracts(
    mode: str, missing: str | int, matching: str | int, differing: str | int
) -> None:
    """Row by row (iothub 6.4)."""

    def verdict(*, exists: bool, etag_matches: bool) -> str | int:
        found = judge(ImportMode(mode), exists=exists, etag_matches=etag_matches)
        return found.code if isinstance(found, Refusal) else found

    assert verdict(exists=False, etag_matches=False) == missing
    assert verdict(exists=True, etag_matches=True) == matching
    assert verdict(exists=True, etag_matches=False) == differing


def test_a_counter_remembers_what_its_lines_left() -> None:
    """For a registry that can only be asked what it has now."""
    counter = DryRunCounter(ImportMode.CREATE_OR_UPDATE)
    assert counter.judge(1, "a", ImportMode.CREATE, None, current=None) == "create"
    assert counter.judge(2, "a", ImportMode.CREATE, None, current=None) == "refuse"
    assert counter.judge(3, "a", ImportMode.DELETE_IF_MATCH_ETAG, "*", current=None) == "delete"
    assert counter.judge(4, "a", ImportMode.UPDATE, None, current=None) == "refuse"
    assert (
        counter.judge(5, "b", ImportMode.UPDATE_IF_MATCH_ETAG, "MQ==", current="MQ==") == "update"
    )
    assert (
        counter.judge(6, "b", ImportMode.UPDATE_IF_MATCH_ETAG, "MQ==", current="MQ==") == "refuse"
    )
    counter.refuse(JobError(line=7, code=400012, message="broken"))
    counter.skip()
    found = counter.result(exact=False)
    assert (found.lines, found.exact) == (8, False)
    assert found.effects == {"create": 1, "refuse": 4, "delete": 1, "update": 1, "skip": 1}
    assert [error.line for error in found.refused] == [2, 4, 6, 7]
    assert found.warnings[0].startswith("4 lines name a device that an earlier line names")
