"""The measurements run, and the references do the same work as the product; no time is judged."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.azurite import needs_azurite
from tests.benchmarks import fleet, hono, hub, identity
from tests.benchmarks.child import EXPORTED, WRITTEN
from tests.benchmarks.figures import Figure, Spread, table
from tests.benchmarks.hono_servers import plain, product
from tests.benchmarks.moving import PLAIN, PRODUCT, measure_blobs, measure_moving
from tests.benchmarks.reads import measure_reads
from tests.benchmarks.writes import CALLERS, measure_writes

DEVICES = 3000
SAME_ROWS = (
    "SELECT devices, enabled, credentials FROM counts",
    "SELECT device_id, enabled, document FROM devices ORDER BY device_id",
    """SELECT device_id, position, type, auth_id, enabled, expires_at,
        json_remove(document, '$.secrets[0].id', '$.secrets[1].id')
        FROM credentials ORDER BY device_id""",
)
TABLES = ("tenants", "devices", "credentials", "device_links", "counts")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """The sample fleet three times over."""
    fleet.build_base(tmp_path / "base.sqlite")
    fleet.multiply(tmp_path / "base.sqlite", tmp_path / "large.sqlite", devices=DEVICES)
    return tmp_path / "large.sqlite"


def whats_of(place: str) -> list[str]:
    """What is measured of jobs with such a container."""
    return [
        f"{task}, {place}, {what}"
        for task in ("import", "export")
        for what in ("lines", "peak memory")
    ]


def rows_of(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a query finds in a registry's file."""
    with closing(fleet.open_plain(path)) as connection:
        return connection.execute(sql).fetchall()


def test_the_reference_of_an_import_leaves_the_same_rows(tmp_path: Path) -> None:
    """Every table has as many rows, and devices and credentials say the same of each device."""
    figures = list(measure_moving(tmp_path, devices=DEVICES, rounds=1))

    assert [figure.what for figure in figures] == [*whats_of("file: container"), "dry run, lines"]
    for name in TABLES:
        count = f"SELECT count(*) FROM {name}"  # noqa: S608 - constant
        assert rows_of(tmp_path / PRODUCT, count) == rows_of(tmp_path / PLAIN, count), name
    journal = "SELECT count(*) FROM journal WHERE resource = 'device' AND action = 'created'"
    for sql in (journal, *SAME_ROWS):
        assert rows_of(tmp_path / PRODUCT, sql) == rows_of(tmp_path / PLAIN, sql)
    assert rows_of(tmp_path / PLAIN, journal) == [(DEVICES,)]


def test_the_reference_of_an_export_writes_the_same_file(tmp_path: Path) -> None:
    """Byte for byte."""
    list(measure_moving(tmp_path, devices=DEVICES, rounds=1))

    written = (tmp_path / WRITTEN).read_bytes()
    assert written.count(b"\n") == DEVICES
    assert written == (tmp_path / EXPORTED).read_bytes()


@needs_azurite
@pytest.mark.xdist_group("azurite")
def test_jobs_through_a_blob_storage_are_held_against_references_through_it(tmp_path: Path) -> None:
    """Both leave the same rows."""
    figures = list(measure_blobs(tmp_path, devices=DEVICES, rounds=1))

    assert [figure.what for figure in figures] == whats_of("blob container")
    for sql in SAME_ROWS:
        assert rows_of(tmp_path / PRODUCT, sql) == rows_of(tmp_path / PLAIN, sql)


def test_the_larger_fleet_is_the_sample_many_times_over(registry: Path) -> None:
    """Ids differ, counts hold, and each device can be found by a part of its id."""
    assert rows_of(registry, "SELECT count(DISTINCT device_id) FROM devices") == [(DEVICES,)]
    assert rows_of(registry, "SELECT sum(devices), sum(enabled), sum(credentials) FROM counts") == (
        rows_of(
            registry,
            """SELECT count(*), sum(enabled), (SELECT count(*) FROM credentials) FROM devices""",
        )
    )
    indexed = "SELECT indexed_up_to = (SELECT max(row) FROM devices) FROM search_progress"
    assert rows_of(registry, indexed) == [(1,)]


def test_reads_are_measured_for_points_and_pages(registry: Path) -> None:
    """Each with a reference."""
    figures = list(measure_reads(registry, seconds=0.05, rounds=1))

    assert len(figures) == 4
    assert all(figure.ratio is not None and figure.size == DEVICES for figure in figures)


def test_each_counted_write_is_in_the_journal(registry: Path) -> None:
    """For every number of callers, and for the reference."""
    before = rows_of(registry, "SELECT max(sequence) FROM journal")
    figures = list(measure_writes(registry, seconds=0.05, rounds=1))
    after = rows_of(registry, "SELECT max(sequence) FROM journal")

    assert len(figures) == 2 * len(CALLERS)
    assert all(figure.ours.median > 0 and figure.theirs for figure in figures)
    assert int(str(after[0][0])) - int(str(before[0][0])) >= 2 * len(CALLERS) + 1


def test_the_table_says_which_budgets_are_kept() -> None:
    """A ratio on the wrong side is named, by the median or the tail as the figure asks."""
    theirs = Spread.of(10.0, 10.0, 10.0)
    kept = Figure(
        "page", 5, "ms", Spread.of(12.0, 14.0, 15.0), "small", theirs, "<= 1.5", tail=True
    )
    missed = Figure("import", 5, "/s", Spread.of(5.0, 5.9, 9.0), "alone", theirs, ">= 0.6")

    assert (kept.ratio, kept.verdict) == (1.5, "kept")
    assert missed.verdict == "MISSED"
    lines = table([kept, missed]).splitlines()
    assert lines[2].endswith("kept")
    assert lines[3].endswith("MISSED")


def test_the_bare_framework_answers_and_stores_the_same(registry: Path, tmp_path: Path) -> None:
    """GET gives the same bytes as the product, and a PUT leaves the same document and count."""
    (device_id, document), *_ = hono.some_devices(registry)[0]
    path = f"/v1/devices/{fleet.TENANT}/{device_id}"
    answers, rows = [], []
    for serve in (product, plain):
        copy = tmp_path / f"{serve.__name__}.sqlite"
        copy.write_bytes(registry.read_bytes())
        with serve(copy, tmp_path) as server:
            answers.append(exchange(server.port, "GET", path))
            assert exchange(server.port, "PUT", path, document.replace('"ext"', '"ext" '))[0] == 204
            sql = f"""SELECT document, enabled, revision, updated_at IS NULL FROM devices
                WHERE device_id = '{device_id}'"""  # noqa: S608 - an id of the fleet
            rows.append(rows_of(copy, sql))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert rows[0] == rows[1]
    assert rows[0][0][3] == 0


def test_requests_and_searches_are_measured(registry: Path, tmp_path: Path) -> None:
    """Each request against the bare framework, each search against the smaller registry."""
    points = list(hono.measure_points(registry, tmp_path, seconds=0.1, rounds=1))
    assert [figure.what.partition(" ")[0] for figure in points] == ["GET"] * 3 + ["PUT"] * 3
    assert all(figure.ours.median > 0 and figure.theirs for figure in points[:2] + points[3:5])

    sizes = {fleet.BASE_DEVICES: tmp_path / "base.sqlite", DEVICES: registry}
    lists = list(hono.measure_lists(sizes, tmp_path, times=3))
    assert len(lists) == len(hono.SEARCHES)


async def test_the_bare_hub_answers_and_stores_the_same(registry: Path, tmp_path: Path) -> None:
    """GET gives the same bytes as the product, a PUT too, and leaves the same device."""
    device_id, body = hub.hub_devices(registry)[0][0]
    path = f"/devices/{device_id}?{hub.VERSION}"
    answers, rows = [], []
    for module in ("", "hub_plain"):
        copy = tmp_path / f"hub{module}.sqlite"
        copy.write_bytes(registry.read_bytes())
        headers = {"Authorization": await hub.owner_token(copy), "Host": hub.HOST, "If-Match": "*"}
        serve = (
            plain(copy, tmp_path, module=module)
            if module
            else (product(copy, tmp_path, "--default-tenant", fleet.TENANT))
        )
        with serve as server:
            answers.append(
                [
                    exchange(server.port, "GET", path, **headers),
                    exchange(server.port, "PUT", path, body, **headers),
                    exchange(server.port, "GET", path, **headers),
                ]
            )
        sql = f"""SELECT document, enabled, revision, updated_at IS NULL, credentials_revision
            FROM devices WHERE device_id = '{device_id}'"""  # noqa: S608 - an id of the fleet
        ((document, *others),) = rows_of(copy, sql)
        rows.append([json.loads(str(document)), *others])
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [200, 200, 200]
    assert rows[0] == rows[1]
    assert rows[0][0]["status-reason"] == "moved"


def test_the_hub_and_its_tokens_are_measured(registry: Path, tmp_path: Path) -> None:
    """Each request against the bare framework, each way to check a token against its digest."""
    points = list(hub.measure_hub(registry, tmp_path, seconds=0.1, rounds=1))
    assert [figure.what.partition(" ")[0] for figure in points] == ["GET"] * 3 + ["PUT"] * 3
    tokens = list(hub.measure_tokens(tmp_path, seconds=0.01, rounds=1))
    assert len(tokens) == 3
    assert all(figure.ours.median > 0 and figure.theirs for figure in tokens)


def test_identities_are_measured_over_sockets(tmp_path: Path) -> None:
    """The reference answers the very bytes that the service does, and answers of both count."""
    figures = list(identity.measure_identity(tmp_path, seconds=0.1, rounds=1))
    assert [figure.unit for figure in figures] == ["/s", "ms", "us"]
    assert all(figure.ours.median > 0 and figure.theirs for figure in figures)
    assert json.loads((tmp_path / "identity.json").read_bytes())["spec"]["deviceId"] == "bench"


def exchange(
    port: int, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, bytes]:
    """Status and body of one answer."""
    sent = {"Content-Type": "application/json", **headers} if body else headers
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as peer:
        peer.request(method, path, body, sent)
        answer = peer.getresponse()
        return answer.status, answer.read()
