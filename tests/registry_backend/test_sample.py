"""The sample fleet is the same everywhere, obeys the registry's rules, and shows what it must."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from registry_backend.domain.credentials import HASHED_PASSWORD, PSK, RPK, X509, X509_THUMBPRINT
from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.identifiers import HONO_DEVICE_ID, HONO_TENANT_ID, HONO_USERNAME
from registry_backend.domain.jobs import JobStatus
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import DeviceQuery
from registry_backend.domain.secrets import check_bcrypt_hash, verify_password
from registry_backend.jobs.runner import JobRunner
from registry_backend.open import open_registry
from registry_backend.sample import Sample, SampleRow, build_sample, load_sample, write_exchange
from registry_backend.sample.material import PASSWORD, PASSWORD_HASHES

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample() -> Sample:
    """The sample at its usual size."""
    return build_sample(NOW)


@pytest.fixture(scope="module")
def rows(sample: Sample) -> list[SampleRow]:
    """Every device of it."""
    return [row for tenant in sample.tenants for row in sample.rows(tenant.tenant_id)]


def test_the_same_arguments_give_the_same_sample(sample: Sample, rows: list[SampleRow]) -> None:
    """Pictures and tests rest on it: ids, versions, keys and times are all derived."""
    again = build_sample(NOW)
    assert again == sample
    assert [row for tenant in again.tenants for row in again.rows(tenant.tenant_id)] == rows


def test_another_seed_gives_another_fleet(sample: Sample) -> None:
    """The seed decides, not the code."""
    assert build_sample(NOW, seed=2).tenants != sample.tenants


def test_the_size_is_what_was_asked_for(rows: list[SampleRow]) -> None:
    """Three thousand by default, rounding included."""
    assert len(rows) == 3000
    assert sum(build_sample(NOW, devices=1_000_003).devices.values()) == 1_000_003


def test_one_tenant_can_have_them_all() -> None:
    """Measurements want a million devices in one list; they stream, so the first come at once."""
    sample = build_sample(NOW, devices=1_000_000, only="north-wind")
    assert sample.devices["north-wind"] == 1_000_000
    assert list(sample.rows("orchard")) == []
    assert len(list(islice(sample.rows("north-wind"), 5))) == 5


def test_ids_follow_the_rules_and_are_unique(rows: list[SampleRow]) -> None:
    """A sample that the registry itself would refuse teaches the wrong thing."""
    ids = {(row.device.tenant_id, row.device.device_id) for row in rows}
    assert len(ids) == len(rows)
    for tenant_id, device_id in ids:
        assert HONO_TENANT_ID.fullmatch(tenant_id)
        assert HONO_DEVICE_ID.fullmatch(device_id)


def test_credentials_are_unique_and_usable(rows: list[SampleRow]) -> None:
    """(type, auth-id) names one device of a tenant; passwords can be logged in with."""
    names = Counter(
        (row.device.tenant_id, credential.type, credential.auth_id)
        for row in rows
        for credential in row.credentials
    )
    assert max(names.values()) == 1
    assert all(HONO_USERNAME.fullmatch(auth) for _, kind, auth in names if kind == HASHED_PASSWORD)
    for pwd_hash in PASSWORD_HASHES:
        assert check_bcrypt_hash(pwd_hash, max_cost=4) is None
    legacy = next(row for row in rows if row.device.tenant_id == "old-depot").credentials[0]
    secret = legacy.secrets[0]
    for function, pwd_hash, salt in (
        ("bcrypt", PASSWORD_HASHES[0], None),
        (secret.hash_function or "", secret.pwd_hash or "", secret.salt),
    ):
        assert verify_password(PASSWORD, function=function, pwd_hash=pwd_hash, salt=salt)
        assert not verify_password("other", function=function, pwd_hash=pwd_hash, salt=salt)


def test_every_credential_type_and_state_is_there(rows: list[SampleRow]) -> None:
    """Panes must have something of everything to show."""
    credentials = [credential for row in rows for credential in row.credentials]
    kinds = {credential.type for credential in credentials}
    assert kinds == {HASHED_PASSWORD, PSK, X509, RPK, X509_THUMBPRINT, "radio-join"}
    ends = [credential.expires_at for credential in credentials if credential.expires_at]
    assert any(end < NOW for end in ends)
    assert any(NOW < end < NOW + timedelta(days=7) for end in ends)
    assert any(NOW + timedelta(days=7) < end < NOW + timedelta(days=30) for end in ends)
    assert any(not credential.enabled for credential in credentials)


def test_disabled_devices_say_why_and_gateways_exist(rows: list[SampleRow]) -> None:
    """About one in twenty-five is disabled; every gateway named is a device of the same tenant."""
    disabled = [row.device for row in rows if not row.device.enabled]
    assert 0.02 < len(disabled) / len(rows) < 0.06
    assert all(device.attributes.status_reason for device in disabled)
    ids = {(row.device.tenant_id, row.device.device_id) for row in rows}
    named = {(row.device.tenant_id, via) for row in rows for via in row.device.attributes.via}
    assert named
    assert named <= ids
    assert any(row.device.attributes.member_of for row in rows)
    assert any(row.device.attributes.via_groups for row in rows)


def test_times_run_forward_and_end_before_now(rows: list[SampleRow]) -> None:
    """Nothing was changed before it was created, or tomorrow."""
    for row in rows:
        assert row.device.created_at <= (row.device.updated_at or NOW) <= NOW


def test_history_ends_with_the_device_as_it_is(rows: list[SampleRow]) -> None:
    """Each line begins where the one before it ended."""
    with_history = [row for row in rows if row.history]
    assert len(with_history) > 1000
    for row in with_history:
        states = [None, *(entry.after for _, entry in row.history)]
        assert [entry.before for _, entry in row.history] == states[:-1]
        assert states[-1] == row.device.attributes.to_json()


def test_tenants_differ_and_one_anchor_ends_soon(sample: Sample) -> None:
    """Limits, adapters, anchors: one of each to look at, one tenant disabled."""
    by_id = {tenant.tenant_id: tenant for tenant in sample.tenants}
    assert [name for name, tenant in by_id.items() if not tenant.enabled] == ["old-depot"]
    ends = [
        anchor.not_after
        for tenant in sample.tenants
        for anchor in tenant.attributes.trusted_ca
        if anchor.not_after
    ]
    assert any(NOW < end < NOW + timedelta(days=30) for end in ends)
    assert any(end < NOW for end in ends)
    assert {job.status for job in sample.jobs} == {
        JobStatus.COMPLETED,
        JobStatus.CANCELLED,
        JobStatus.FAILED,
    }
    assert any(job.counts.failed for job in sample.jobs)


def test_the_exchange_folder_has_an_import_with_faults(tmp_path: Path, sample: Sample) -> None:
    """The job with failed lines can show them, and a person can run that import."""
    write_exchange(tmp_path)
    job = next(job for job in sample.jobs if job.counts.failed)
    folder = tmp_path / Path(job.spec.folder).name
    lines = (folder / "devices.txt").read_text().splitlines()
    log = (folder / "importErrors.log").read_text().splitlines()
    assert len(lines) == job.counts.lines
    assert len(log) == job.counts.failed


async def test_loading_puts_all_of_it_into_a_registry(tmp_path: Path) -> None:
    """What is read back is what was built; a second load is refused."""
    sample = build_sample(NOW, devices=300)
    registry = await open_registry(tmp_path / "registry.sqlite")
    try:
        await load_sample(registry.store, sample)
        for tenant in sample.tenants:
            count = await registry.devices.count(tenant.tenant_id, DeviceQuery())
            assert count.value == sample.devices[tenant.tenant_id]
            assert await registry.tenants.get(tenant.tenant_id) == tenant
            for row in islice(sample.rows(tenant.tenant_id), 10):
                device = row.device
                assert await registry.devices.get(tenant.tenant_id, device.device_id) == device
                found = await registry.credentials.get(tenant.tenant_id, device.device_id)
                assert found.credentials == row.credentials
                lines = await registry.journal.page(
                    tenant.tenant_id, resource_id=device.device_id, before=None, limit=9
                )
                assert len(lines) == len(row.history)
        jobs = await registry.store.read(lambda snapshot: snapshot.list_jobs(None))
        assert tuple(jobs) == sample.jobs
        with pytest.raises(AlreadyExists):
            await load_sample(registry.store, sample)
    finally:
        await registry.close()


async def test_importing_the_exchange_folder_fails_as_its_log_says(tmp_path: Path) -> None:
    """The sample's past job tells what the real import does."""
    registry = await open_registry(tmp_path / "registry.sqlite")
    sample = build_sample(NOW, devices=300, folder=str(tmp_path / "exchange"))
    write_exchange(tmp_path / "exchange")
    runner = JobRunner(registry.store, owner="test")
    try:
        await load_sample(registry.store, sample)
        past = next(job for job in sample.jobs if job.counts.failed)
        expected = await runner.errors(past.job_id, skip=0, limit=9)
        job = await runner.create(past.spec, actor=Actor(via="test"))
        done = await runner.wait(job.job_id)
        assert done.counts == past.counts
        assert await runner.errors(job.job_id, skip=0, limit=9) == expected
    finally:
        await runner.close()
        await registry.close()
