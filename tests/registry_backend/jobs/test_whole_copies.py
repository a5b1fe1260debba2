"""Copies of whole devices: their past, their ids, and what makes no sense in a line of one."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.jobs import JobFormat, JobSpec, JobType
from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.jobs.opening import job_runner
from registry_backend.open import open_registry
from registry_backend.registry.owners import MissingOwner
from registry_backend.storage.base import Store, Transaction
from registry_backend.storage.sqlite import open_sqlite
from registry_backend.wire.hono_profiles import HONO_11
from tests.contract.store_models import a_device
from tests.registry_backend.jobs.support import Jobs, add_tenant, hub_line, read_fleet

EXPORT = JobType.EXPORT
ACTOR = Actor(via="test")


def _insert(transaction: Transaction, *, device: Device) -> None:
    transaction.insert_device(device)


async def test_a_copy_of_whole_devices_has_their_past(tmp_path: Path) -> None:
    """When they changed, how often, and when their status did; an update goes its usual way."""
    here, there = await open_sqlite(tmp_path / "a.sqlite"), await open_sqlite(tmp_path / "b.sqlite")
    await add_tenant(here, "T")
    source, target = Jobs(here, tmp_path), Jobs(there, tmp_path)
    await source.import_lines(hub_line("changed"), hub_line("new"))
    await source.import_lines(hub_line("changed", keys=(2, 3), status="disabled"))

    await source.run(source.spec(EXPORT, format="ndjson"))
    await target.run(target.spec(format="ndjson"))

    before, after = await read_fleet(here), await read_fleet(there)
    assert before["changed"][0].status_updated_at is not None
    for device_id, (device, _) in before.items():
        copy = after[device_id][0]
        assert copy.model_copy(update={"version": device.version}) == device
    again = await target.run(target.spec(format="ndjson"))
    assert again.counts.updated == 2
    revision = (await read_fleet(there))["changed"][0].revision
    assert revision > before["changed"][0].revision
    for store in (here, there):
        await store.close()


@pytest.mark.parametrize("format_", ["ndjson", "hono-1.1"])
async def test_ids_longer_than_a_hubs_come_back(tmp_path: Path, format_: JobFormat) -> None:
    """Whatever the registry holds, its copy does; the longest is of 256 bytes."""
    here, there = await open_sqlite(tmp_path / "a.sqlite"), await open_sqlite(tmp_path / "b.sqlite")
    await add_tenant(here, "T")
    ids = ["a" * 129, "b" * 256, "c#%", "d:="]
    for device_id in ids:
        await here.write(partial(_insert, device=a_device("T", device_id)))
    source, target = Jobs(here, tmp_path), Jobs(there, tmp_path)

    await source.run(source.spec(EXPORT, format=format_))
    read = await target.run(target.spec(format=format_))

    assert read.counts.failed == 0, await target.codes(read)
    assert list(await read_fleet(there)) == ids
    for store in (here, there):
        await store.close()


@pytest.mark.parametrize("format_", ["ndjson", "hono-1.1"])
async def test_names_that_only_1_1_takes_come_back(tmp_path: Path, format_: JobFormat) -> None:
    """Of types, and of those who log in with a password: 1.1 has no pattern for them (hono 2.1)."""
    secret = {"hash-function": "sha-256", "pwd-hash": b64encode(bytes(32)).decode()}
    named = {"type": "hashed-password", "auth-id": "J\u00fcrgen M. (old)", "secrets": [secret]}
    typed = {"type": "My Type!", "auth-id": "a", "secrets": [{"x": 1}]}
    held: list[list[str]] = []
    for name, kind in (("here", EXPORT), ("there", JobType.IMPORT)):
        registry = await open_registry(tmp_path / f"{name}.sqlite")
        if kind is EXPORT:
            await registry.credentials.replace(
                *("T", "d", [Credential.parse(named), Credential.parse(typed)]),
                expected=None,
                actor=ACTOR,
                missing=MissingOwner.CREATE,
                rules=HONO_11.credential_rules,
            )
        else:
            await registry.tenants.create("T", TenantAttributes(), actor=ACTOR)
        runner = job_runner(registry, spool=None)
        spec = JobSpec(type=kind, tenant_id="T", folder=str(tmp_path), format=format_)
        job = await runner.create(spec, actor=ACTOR)
        while not job.status.finished:
            await asyncio.sleep(0.01)
            job = await runner.get(job.job_id)
        assert job.counts.failed == 0, await runner.errors(job.job_id, skip=0, limit=10)
        found = await registry.credentials.get("T", "d")
        held.append([f"{each.type} {each.auth_id}" for each in found.credentials])
        await runner.close()
        await registry.close()
    assert held[0] == held[1] == ["hashed-password J\u00fcrgen M. (old)", "My Type! a"]


@pytest.mark.parametrize(
    ("member", "value"),
    [("revision", -1), ("revision", True), ("revision", "1"), ("revision", 2**70)]
    + [(name, "yesterday") for name in ("created", "updated", "status-updated")],
)
async def test_a_past_that_makes_no_sense_is_refused(
    jobs: Jobs, store: Store, member: str, value: Any
) -> None:
    """Naming the member."""
    (jobs.folder / "devices.txt").write_text(json.dumps({"device-id": "d", member: value}))

    job = await jobs.run(jobs.spec(format="ndjson"))

    (error,) = await jobs.runner.errors(job.job_id, skip=0, limit=10)
    assert error.message.startswith(f"{member}: ")
    assert await read_fleet(store) == {}
