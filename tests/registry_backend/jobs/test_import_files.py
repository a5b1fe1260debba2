"""Files as they come: broken lines, odd endings, no text at all."""

from __future__ import annotations

import json
from random import Random

from registry_backend.domain.credentials import Credential, Secret
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.jobs import JobStatus
from registry_backend.jobs.lines import MAX_LINE_BYTES
from registry_backend.storage.base import Store, Transaction
from tests.registry_backend.jobs.support import KEYS, Jobs, hub_line, keys_in, read_fleet


async def test_windows_endings_a_byte_order_mark_and_blank_lines_are_read(
    jobs: Jobs, store: Store
) -> None:
    """Nothing of that is an error, and lines keep their numbers."""
    text = f"\ufeff{hub_line('a')}\r\n\r\n   \r\n{hub_line('b')}\r\n\n{hub_line('c', status=...)}"

    job = await jobs.import_bytes(text.encode("utf-8"))

    assert sorted(await read_fleet(store)) == ["a", "b"]
    assert await jobs.codes(job) == [(6, 400005)]
    assert job.counts.lines == 6


async def test_a_warning_in_front_is_passed_over(jobs: Jobs, store: Store) -> None:
    """Current hubs begin an export without keys with a sentence (iothub 6.3)."""
    job = await jobs.import_lines("Warning: keys are left out", hub_line("a"))

    assert sorted(await read_fleet(store)) == ["a"]
    assert job.counts.failed == 0


async def test_text_that_is_no_device_is_an_error_anywhere_else(jobs: Jobs) -> None:
    """Passing over it in silence would hide that devices are missing."""
    job = await jobs.import_lines(hub_line("a"), "hello", "[1]", '{"id":"b"', '"x"', "{}")

    assert await jobs.codes(job) == [
        (2, 400012),
        (3, 400012),
        (4, 400012),
        (5, 400012),
        (6, 400005),
    ]


async def test_a_line_of_ten_megabytes_is_refused_and_the_next_one_read(
    jobs: Jobs, store: Store
) -> None:
    """Its length is told, none of its content."""
    long = json.dumps({"id": "huge", "status": "enabled", "tags": {"x": "y" * 10_000_000}})
    lines = [hub_line("a"), long, hub_line("b")]

    job = await jobs.import_lines(*lines)

    (error,) = await jobs.runner.errors(job.job_id, skip=0, limit=10)
    assert (error.line, error.code) == (2, 400012)
    assert f"{len(long) + 1:,} bytes" in error.message
    assert sorted(await read_fleet(store)) == ["a", "b"]


async def test_a_line_just_within_the_bound_is_read(jobs: Jobs, store: Store) -> None:
    """The bound is on the bytes before the newline."""
    empty = hub_line("a", tags={"x": ""})
    line = hub_line("a", tags={"x": "y" * (MAX_LINE_BYTES - len(empty))})
    assert len(line) == MAX_LINE_BYTES

    job = await jobs.import_lines(line, hub_line("b"))

    assert job.counts.failed == 0
    assert sorted(await read_fleet(store)) == ["a", "b"]


async def test_lines_that_are_no_utf_8_become_errors(jobs: Jobs, store: Store) -> None:
    """The job completes and says so; the lines beside them are applied."""
    job = await jobs.import_bytes(
        b"\n".join(
            [hub_line("a").encode(), b'{"id":"\xff","status":"enabled"}', b"\x80", b"{}\xfe"]
        )
    )

    assert job.status is JobStatus.COMPLETED
    assert await jobs.codes(job) == [(2, 400012), (3, 400012), (4, 400012)]
    assert list(await read_fleet(store)) == ["a"]


async def test_a_file_that_stops_being_text_fails_where_it_does(jobs: Jobs, store: Store) -> None:
    """What stands before is applied; the rest is told once, not line by line."""
    good = "".join(f"{hub_line(f'd{number:05}')}\n" for number in range(2500)).encode()
    rubbish = Random(7).randbytes(3_000_000)

    job = await jobs.import_bytes(good + rubbish)

    assert job.status is JobStatus.FAILED
    assert "From about line 4,001 on, devices.txt is no text" in str(job.failure_reason)
    assert job.counts.created == len(await read_fleet(store)) == 2500
    assert job.counts.lines == 4000
    assert 1000 < job.counts.failed <= 1500
    assert len(await jobs.codes(job)) == 1000, "a page of them can be read"


async def test_a_line_counts_once(jobs: Jobs) -> None:
    """Created, updated, deleted, failed and passed over add up to the lines."""
    await jobs.import_lines(hub_line("old"), hub_line("gone"))

    job = await jobs.import_lines(
        "A remark", hub_line("new"), "", hub_line("old"), "{", hub_line("gone", importMode="delete")
    )

    counts = job.counts
    assert (counts.created, counts.updated, counts.deleted, counts.failed) == (1, 1, 1, 1)
    assert (counts.lines, counts.passed_over) == (6, 2)


async def test_an_empty_file_completes_and_leaves_an_empty_log(jobs: Jobs) -> None:
    """The log is always written (iothub 6.5); one from before is replaced."""
    log = jobs.folder / "importErrors.log"
    log.write_text("old\n")

    job = await jobs.import_bytes(b"")

    assert job.status is JobStatus.COMPLETED
    assert job.counts.lines == 0
    assert log.read_bytes() == b""


async def test_the_log_has_a_line_for_each_failure(jobs: Jobs) -> None:
    """With device, number and reason as a hub writes them, and the line beside."""
    await jobs.import_lines(hub_line("a"))

    await jobs.import_lines(hub_line("a", importMode="create"), "{")

    lines = (jobs.folder / "importErrors.log").read_text().splitlines()
    first, second = map(json.loads, lines)
    assert first["deviceId"] == "a"
    assert first["errorCode"] == 409001
    assert first["line"] == 1
    assert "already registered" in first["errorStatus"]
    assert "deviceId" not in second
    assert second["errorStatus"].startswith("Invalid device format in line: ")


async def test_no_error_shows_a_key(jobs: Jobs) -> None:
    """A line that fails may hold keys; neither log nor message quotes it."""
    broken = hub_line("a")[:-1]
    one_key = hub_line("b", authentication={"symmetricKey": {"primaryKey": KEYS[3]}})

    job = await jobs.import_lines(broken, one_key)

    assert job.counts.failed == 2
    log = (jobs.folder / "importErrors.log").read_text()
    assert not any(key in log for key in KEYS)


async def test_errors_are_read_by_page(jobs: Jobs) -> None:
    """`skip` and `limit` count errors."""
    job = await jobs.import_lines(*["{"] * 25)

    page = await jobs.runner.errors(job.job_id, skip=20, limit=3)

    assert [error.line for error in page] == [21, 22, 23]


async def test_what_the_hub_does_not_show_survives_an_import(jobs: Jobs, store: Store) -> None:
    """Hono's attributes, other credentials, ids and comments of unchanged secrets stay."""
    await jobs.import_lines(hub_line("d", keys=(0, 1)))
    password = Credential(type="hashed-password", auth_id="u", secrets=(Secret(id="p"),))
    device, stored = (await read_fleet(store))["d"]
    psk = stored.credentials[0]
    primary = psk.secrets[0].model_copy(update={"comment": "kept"})
    psk = psk.model_copy(update={"secrets": (primary, psk.secrets[1])})
    attributes = DeviceAttributes.parse({"via": ["gw"], "ext": {"site": "x"}, "custom": 1})
    changed = device.model_copy(update={"attributes": attributes})

    def edit(transaction: Transaction) -> None:
        transaction.put_devices([(changed, (password, psk))])

    await store.write(edit)

    await jobs.import_lines(hub_line("d", keys=(2, 0), status="disabled", statusReason="why"))

    after, credentials = (await read_fleet(store))["d"]
    assert after.attributes.to_json() == {
        "via": ["gw"],
        "ext": {"site": "x"},
        "custom": 1,
        "enabled": False,
        "status-reason": "why",
    }
    assert credentials.credentials[0] == password
    secrets = credentials.credentials[1].secrets
    assert [secret.key for secret in secrets] == [KEYS[2], KEYS[0]]
    assert secrets[1] == primary
    assert secrets[0].id not in (None, primary.id, psk.secrets[1].id)


async def test_an_auth_id_of_another_device_fails_its_line_only(jobs: Jobs, store: Store) -> None:
    """The rest of the batch is applied."""
    await jobs.import_lines(hub_line("owner"))
    owner = (await read_fleet(store))["owner"][0]
    taken = Credential(type="psk", auth_id="late", secrets=(Secret(id="1", key=KEYS[0]),))
    await store.write(lambda transaction: transaction.put_devices([(owner, (taken,))]))

    job = await jobs.import_lines(hub_line("a"), hub_line("late"), hub_line("b"))

    assert await jobs.codes(job) == [(2, 409000)]
    assert sorted(await read_fleet(store)) == ["a", "b", "owner"]


async def test_an_auth_id_freed_earlier_in_the_file_can_be_taken(jobs: Jobs, store: Store) -> None:
    """Owners are looked up as the lines before leave them."""
    await jobs.import_lines(hub_line("owner"))
    owner = (await read_fleet(store))["owner"][0]
    taken = Credential(type="psk", auth_id="late", secrets=(Secret(id="1", key=KEYS[0]),))
    await store.write(lambda transaction: transaction.put_devices([(owner, (taken,))]))

    job = await jobs.import_lines(
        hub_line("late"), hub_line("owner", importMode="delete"), hub_line("late", keys=(5, 6))
    )

    assert await jobs.codes(job) == [(1, 409000)]
    fleet = await read_fleet(store)
    assert sorted(fleet) == ["late"]
    assert keys_in(fleet, "late") == [KEYS[5], KEYS[6]]


async def test_the_journal_tells_who_and_what_before(jobs: Jobs) -> None:
    """A creation without images, a change with the state before, keys as fingerprints."""
    created = await jobs.import_lines(hub_line("d"))
    changed = await jobs.import_lines(hub_line("d", keys=(2, 3), status="disabled"))

    entries = await jobs.journal("d")

    assert [(entry.resource, entry.action) for entry in entries] == [
        ("credentials", "updated"),
        ("device", "updated"),
        ("device", "created"),
    ]
    assert [entry.actor for entry in entries] == [
        f"import:{changed.job_id}",
        f"import:{changed.job_id}",
        f"import:{created.job_id}",
    ]
    assert entries[2].before is None
    assert entries[1].before == {"enabled": True}
    assert KEYS[0] not in str(entries[0].before)
    assert "sha256:" in str(entries[0].before)
