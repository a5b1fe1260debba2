"""Point reads and pages a second, against plain SQLite with the same statements."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from registry_backend.domain.query import Cursor, DeviceQuery, Order, PageRequest
from registry_backend.open import open_registry
from registry_backend.storage.base import Snapshot, Store
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.fleet import TENANT, open_plain

READERS = (1, 32)
PAGE = 100
_SEED = 7
_PLACES = 400
_COLUMNS = """changed_at, device_id, version, revision, generation_id, created_at, updated_at,
    status_updated_at, document"""
_POINT = f"SELECT {_COLUMNS} FROM devices WHERE tenant_id = ? AND device_id = ?"  # noqa: S608
_PAGE = f"""SELECT {_COLUMNS} FROM devices WHERE tenant_id = ? AND device_id > ?
    ORDER BY device_id LIMIT ?"""  # noqa: S608 - constant

Read = Callable[[str], Awaitable[int]]
"""Reads at a device id; how many rows came."""


def measure_reads(data: Path, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """Read at random places for some seconds in each way, by turns.

    Args:
        data: A registry.
        seconds: Of each measurement.
        rounds: How often.
    """
    with closing(open_plain(data)) as connection:
        size = int(connection.execute("SELECT sum(devices) FROM counts").fetchone()[0])
        ids = _places(connection, size)
        plain: dict[str, list[float]] = {"point read": [], f"page of {PAGE}": []}
        ours: dict[tuple[str, int], list[float]] = {}
        for _ in range(rounds):
            for what, rates in plain.items():
                rates.append(_plain_rate(connection, ids, what, seconds))
                for readers in READERS:
                    rate = asyncio.run(_store_rate(data, ids, what, readers, seconds))
                    ours.setdefault((what, readers), []).append(rate)
    for (what, readers), rates in ours.items():
        yield Figure(
            what=f"{what}, {readers} at once",
            size=size,
            unit="/s",
            ours=Spread(tuple(rates)),
            reference="plain SQLite, rows only",
            theirs=Spread(tuple(plain[what])),
        )


def _places(connection: sqlite3.Connection, size: int) -> list[str]:
    """Ids spread over the whole list, shuffled; all but the last page of it."""
    last = connection.execute("SELECT max(row) FROM devices").fetchone()[0]
    step = max(1, last // _PLACES)
    sql = "SELECT device_id FROM devices WHERE row % ? = 0 AND row <= ?"
    found = [row[0] for row in connection.execute(sql, (step, last))]
    ids = sorted(found)[: max(1, len(found) - PAGE * len(found) // size - 1)]
    Random(_SEED).shuffle(ids)
    return ids


def _plain_rate(
    connection: sqlite3.Connection, ids: Sequence[str], what: str, seconds: float
) -> float:
    sql, more = (_POINT, ()) if what == "point read" else (_PAGE, (PAGE,))
    count = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        connection.execute(sql, (TENANT, ids[count % len(ids)], *more)).fetchall()
        count += 1
    return count / (time.perf_counter() - began)


async def _store_rate(
    data: Path, ids: Sequence[str], what: str, readers: int, seconds: float
) -> float:
    registry = await open_registry(data, read_only=True)
    try:
        make = _point if what == "point read" else _page
        cursors = await _cursors(registry.store, ids)
        read = make(registry.store, cursors)
        began = time.perf_counter()
        end = began + seconds
        shares = [ids[number::readers] for number in range(readers)]
        counts = await asyncio.gather(*(_reader(read, share, end) for share in shares))
        return sum(counts) / (time.perf_counter() - began)
    finally:
        await registry.close()


async def _reader(read: Read, ids: Sequence[str], end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        if not await read(ids[count % len(ids)]):
            raise RuntimeError("a read found nothing")
        count += 1
    return count


async def _cursors(store: Store, ids: Sequence[str]) -> dict[str, Cursor]:
    """The cursor of each device, as paging would have come by it."""

    def work(snapshot: Snapshot) -> dict[str, Cursor]:
        found: dict[str, Cursor] = {}
        for device_id in ids:
            query, one = DeviceQuery(id_prefix=device_id), PageRequest(limit=1)
            found[device_id] = snapshot.page_devices(TENANT, query, Order(), one).cursors[0]
        return found

    return await store.read(work)


def _point(store: Store, _: dict[str, Cursor]) -> Read:
    async def read(device_id: str) -> int:
        found = await store.read(lambda snapshot: snapshot.get_device(TENANT, device_id))
        return int(found is not None)

    return read


def _page(store: Store, cursors: dict[str, Cursor]) -> Read:
    async def read(device_id: str) -> int:
        request = PageRequest(start=cursors[device_id], limit=PAGE)
        page = await store.read(
            lambda snapshot: snapshot.page_devices(TENANT, DeviceQuery(), Order(), request)
        )
        return len(page.rows)

    return read
