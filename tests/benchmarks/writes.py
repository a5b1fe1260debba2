"""Durable writes a second by callers at once, against one SQLite transaction each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from registry_backend.domain.devices import Device
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.journal import Actor, JournalEntry
from registry_backend.domain.timestamps import now, to_micros
from registry_backend.open import open_registry
from registry_backend.registry import Registry
from registry_backend.storage.base import Transaction
from registry_backend.storage.sqlite_open import connect_writer
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.fleet import TENANT, open_plain
from tests.benchmarks.references import write_once

CALLERS = (1, 8, 64)
_ACTOR = Actor(via="console", name="bench")
_IDS = "SELECT device_id FROM devices ORDER BY device_id LIMIT 20000"
_SEED = 5

Write = Callable[[Device], Awaitable[Device]]


def measure_writes(data: Path, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """Change devices for some seconds in each way, by turns.

    Args:
        data: A registry; it is changed.
        seconds: Of each measurement.
        rounds: How often.
    """
    with closing(open_plain(data)) as connection:
        size = int(connection.execute("SELECT sum(devices) FROM counts").fetchone()[0])
        ids = [row[0] for row in connection.execute(_IDS)]
    plain: list[float] = []
    ours: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        plain.append(_plain_rate(data, ids, seconds))
        for callers in CALLERS:
            for what in ("device update", "bare store write"):
                rate = asyncio.run(_rate(data, ids, what, callers, seconds))
                ours.setdefault((what, callers), []).append(rate)
    for (what, callers), rates in sorted(ours.items(), reverse=True):
        yield Figure(
            what=f"{what}, {callers} at once",
            size=size,
            unit="/s",
            ours=Spread(tuple(rates)),
            reference="one SQLite transaction each",
            theirs=Spread(tuple(plain)),
        )


def _plain_rate(data: Path, ids: list[str], seconds: float) -> float:
    # The order is the same in each round and for nobody's secrets.
    random, count, at = Random(_SEED), 0, to_micros(now())

    with closing(connect_writer(data)) as connection:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            write_once(connection, TENANT, random.choice(ids), version=generate_id(), at=at)
            count += 1
        return count / (time.perf_counter() - began)


async def _rate(data: Path, ids: list[str], what: str, callers: int, seconds: float) -> float:
    registry = await open_registry(data)
    write = _use_case(registry) if what == "device update" else _bare(registry)
    try:
        shares = [await _some_devices(registry, ids[number::callers]) for number in range(callers)]
        began = time.perf_counter()
        end = began + seconds
        counts = await asyncio.gather(*(_caller(write, held, end) for held in shares))
        return sum(counts) / (time.perf_counter() - began)
    finally:
        await registry.close()


async def _some_devices(registry: Registry, ids: Sequence[str]) -> list[Device]:
    chosen = Random(_SEED).sample(ids, k=min(len(ids), 16))
    return [await registry.devices.get(TENANT, device_id) for device_id in chosen]


async def _caller(write: Write, held: list[Device], end: float) -> int:
    """Change devices of one's own, each write on what the one before left, as an editor does."""
    count = 0
    while time.perf_counter() < end:
        place = count % len(held)
        held[place] = await write(held[place])
        count += 1
    return count


def _use_case(registry: Registry) -> Write:
    async def write(device: Device) -> Device:
        return await registry.devices.update(
            TENANT, device.device_id, device.attributes, expected=device.version, actor=_ACTOR
        )

    return write


def _bare(registry: Registry) -> Write:
    async def write(device: Device) -> Device:
        at = now()
        update = {"version": generate_id(), "revision": device.revision + 1, "updated_at": at}
        changed = device.model_copy(update=update)
        entry = JournalEntry(
            sequence=0,
            at=at,
            actor="bench",
            action="updated",
            resource="device",
            tenant_id=TENANT,
            resource_id=device.device_id,
        )

        def work(transaction: Transaction) -> Device:
            if not transaction.update_device(changed, expected=device.version):
                raise RuntimeError(f"{device.device_id} was changed by nobody")
            transaction.add_journal(_ACTOR, at, [entry])
            return changed

        return await registry.store.write(work)

    return write
