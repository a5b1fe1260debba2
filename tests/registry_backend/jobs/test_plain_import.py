"""The quick way of an import comes to what the lines one by one come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes, new_device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.imports import CREATES
from registry_backend.domain.jobs import ImportMode, JobSpec, JobStatus, JobType
from registry_backend.domain.journal import Actor
from registry_backend.jobs.drafts import Chunk
from registry_backend.jobs.entries import apply_entries
from registry_backend.jobs.lines import CHUNK_LINES
from registry_backend.jobs.outcome import ApplyRules, Outcome
from registry_backend.jobs.plain import create_plain
from registry_backend.jobs.sources import HubSource
from registry_backend.storage.base import Snapshot, Store, Transaction
from registry_backend.wire.import_errors import CONFLICT, DESERIALIZATION_ERROR
from tests.contract.store_models import START
from tests.registry_backend.jobs.support import (
    KEYS,
    Jobs,
    add_tenant,
    hub_line,
    keys_in,
    read_fleet,
)

_LINES = st.lists(
    st.fixed_dictionaries(
        {"device_id": st.sampled_from(["a", "b", "c", "d", "e", "f"])},
        optional={
            "status": st.sampled_from(["enabled", "disabled", "broken"]),
            "statusReason": st.text(max_size=5) | st.just("x" * 129),
            "importMode": st.sampled_from(["create", "delete", "createOrUpdate"]),
            "deviceScope": st.text(alphabet="abc", max_size=3),
            "authentication": st.sampled_from(
                [{"type": "none"}, {"x509Thumbprint": {"primaryThumbprint": "a" * 40}}]
            ),
        },
    ),
    max_size=6,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=_LINES,
    max_devices=st.sampled_from([-1, 0, 2]),
    max_credentials=st.sampled_from([-1, 0, 1]),
    mode=st.sampled_from(sorted(CREATES)),
)
async def test_the_quick_way_leaves_what_the_long_way_leaves(
    jobs: Jobs,
    tmp_path: Path,
    lines: list[dict[str, Any]],
    max_devices: int,
    max_credentials: int,
    mode: ImportMode,
) -> None:
    """Rows, counts, journal and errors; or it says that it cannot be gone."""
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{hub_line(**line)}\n" for line in lines))
    chunk = HubSource(path, mode).read(offset=0, lines=0)
    tenants = [generate_id(), generate_id()]
    for tenant_id in tenants:
        limits = {"max-devices": max_devices, "max-credentials-per-device": max_credentials}
        await add_tenant(jobs.store, tenant_id, **{"registration-limits": limits})
    rules = ApplyRules(default_mode=mode, actor=Actor(via="import", name="j"), at=START)

    quick = await jobs.store.write(
        lambda registry: create_plain(registry, tenants[0], chunk, rules)
    )

    if quick is not None:
        slow = await jobs.store.write(
            lambda registry: _one_by_one(registry, tenants[1], chunk, rules)
        )
        assert (quick.created, quick.updated, quick.deleted) == (
            slow.created,
            slow.updated,
            slow.deleted,
        )
        assert quick.errors == slow.errors
        assert await _left(jobs.store, tenants[0]) == await _left(jobs.store, tenants[1])


def _one_by_one(
    transaction: Transaction, tenant_id: str, chunk: Chunk, rules: ApplyRules
) -> Outcome:
    spec = JobSpec(
        type=JobType.IMPORT, tenant_id=tenant_id, folder="/", default_mode=rules.default_mode
    )
    outcome = apply_entries(transaction, spec, chunk.entries, rules, check_owners=True)
    transaction.add_journal(rules.actor, rules.at, outcome.journal)
    return outcome


async def _left(store: Store, tenant_id: str) -> object:
    """All that a tenant has, but for its name and what is drawn at random."""
    fleet = await read_fleet(store, tenant_id)
    devices = [
        (
            device.model_copy(update={"tenant_id": "", "version": ""}),
            [_without_ids(credential) for credential in credentials.credentials],
            credentials.revision,
        )
        for device, credentials in fleet.values()
    ]

    def kept(snapshot: Snapshot) -> object:
        journal = snapshot.page_journal(tenant_id, resource_id=None, before=None, limit=100)
        lines = [line.model_copy(update={"sequence": 0, "tenant_id": ""}) for line in journal]
        return snapshot.statistics(tenant_id), snapshot.count_credentials(tenant_id), lines

    return devices, await store.read(kept)


def _without_ids(credential: Credential) -> JsonObject:
    members = credential.to_json()
    assert all(secret.pop("id") for secret in members["secrets"])
    return members


async def test_a_device_that_exists_turns_only_its_stretch_to_the_long_way(jobs: Jobs) -> None:
    """Lines before, beside and after it take effect alike."""
    old, new = CHUNK_LINES + 7, 2 * CHUNK_LINES + 20
    await jobs.import_lines(hub_line(f"d{old}", keys=(2, 3)), hub_line("other"))

    job = await jobs.import_lines("", *(hub_line(f"d{number}") for number in range(new)), "{")

    assert job.status is JobStatus.COMPLETED
    assert (job.counts.lines, job.counts.created, job.counts.updated, job.counts.failed) == (
        new + 2,
        new - 1,
        1,
        1,
    )
    assert await jobs.codes(job) == [(new + 2, DESERIALIZATION_ERROR)]
    fleet = await read_fleet(jobs.store)
    assert len(fleet) == new + 1
    assert {tuple(keys_in(fleet, device_id)) for device_id in fleet} == {(KEYS[0], KEYS[1])}
    assert fleet[f"d{old}"][0].revision == 1
    assert [line.action for line in await jobs.journal("d0")] == ["created"]


async def test_an_auth_id_that_another_device_has_refuses_only_its_line(jobs: Jobs) -> None:
    """The store's refusal of the stretch is not the end of it."""
    taken = Credential.parse({"type": "psk", "auth-id": "d1", "secrets": [{"key": KEYS[5]}]})
    owner = new_device("T", "owner", DeviceAttributes(), at=START)
    await jobs.store.write(lambda registry: registry.put_devices([(owner, [taken])]))

    job = await jobs.import_lines(hub_line("d0"), hub_line("d1"), hub_line("d2"))

    assert (job.counts.created, await jobs.codes(job)) == (2, [(2, CONFLICT)])
    assert set(await read_fleet(jobs.store)) == {"owner", "d0", "d2"}
