"""Write a sample into a store, a few large transactions at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from registry_backend.domain.journal import Actor, Change, JournalEntry
from registry_backend.sample.devices import SampleRow
from registry_backend.sample.history import HistoryLine
from registry_backend.sample.sample import Sample
from registry_backend.storage.base import Store, Transaction

_BATCH = 10_000
"""Devices in one transaction: large enough to be fast, small enough not to fill memory."""


async def load_sample(store: Store, sample: Sample) -> None:
    """Write tenants, devices, credentials, jobs and history.

    Raises:
        AlreadyExists: when a tenant of the sample is there already; nothing is written then.
    """
    await store.write(lambda transaction: _write_tenants(transaction, sample))
    history: list[HistoryLine] = []
    for tenant in sample.tenants:
        rows = sample.rows(tenant.tenant_id)
        while batch := _take(rows):
            await _write_rows(store, batch)
            history.extend(line for row in batch for line in row.history)
    history.sort(key=lambda line: (line[1].at, line[1].resource_id))
    await store.write(lambda transaction: _write_past(transaction, sample, history))


def _take(rows: Iterator[SampleRow]) -> tuple[SampleRow, ...]:
    return tuple(islice(rows, _BATCH))


async def _write_rows(store: Store, batch: Sequence[SampleRow]) -> None:
    pairs = [(row.device, row.credentials) for row in batch]
    await store.write(lambda transaction: transaction.put_devices(pairs))


def _write_tenants(transaction: Transaction, sample: Sample) -> None:
    for tenant in sample.tenants:
        transaction.insert_tenant(tenant)
        actor = Actor(via="console", name="mara")
        entry = JournalEntry(
            sequence=0,  # given by the store
            at=tenant.created_at,
            actor=str(actor),
            action="created",
            resource="tenant",
            tenant_id=tenant.tenant_id,
            resource_id=tenant.tenant_id,
            after=tenant.attributes.to_json(),
        )
        transaction.add_journal(actor, tenant.created_at, [entry])


def _write_past(transaction: Transaction, sample: Sample, history: Sequence[HistoryLine]) -> None:
    for actor, entry in history:
        transaction.add_journal(actor, entry.at, [entry])
    for job in sample.jobs:
        transaction.put_job(job)
    for tenant in sample.tenants:
        transaction.note(
            Change(resource="device", action="created", tenant_id=tenant.tenant_id, resource_id="")
        )
