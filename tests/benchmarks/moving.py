"""Import and export of `devices.txt` lines by jobs, against parsing and writing alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.open import open_registry
from tests.azurite import is_installed, running_azurite
from tests.benchmarks.child import LINES, Done, run_child
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.fleet import TENANT, write_import

BUDGET = ">= 0.6"
PRODUCT, PLAIN, TRIED = "imported.sqlite", "inserted.sqlite", "tried.sqlite"
_MEGABYTE = 1 << 20


def measure_moving(folder: Path, *, devices: int, rounds: int) -> Iterator[Figure]:
    """Jobs with a `file:` container by turns with the references, each into a new registry.

    Args:
        folder: Where files may be made; the last round's are left there.
        devices: How many lines.
        rounds: How often.
    """
    write_import(folder / LINES, devices=devices)
    done: dict[str, list[Done]] = {}
    for _ in range(rounds):
        _round(done, folder, folder.as_uri())
        empty_registry(folder / TRIED)
        tried = run_child("dry-run", folder / TRIED, folder)
        done.setdefault("dry run", []).append(tried)
    yield from _figures(done, devices, "file: container", BUDGET)
    yield _rate("dry run", devices, done["dry run"], "the import", done["import"])


def measure_blobs(folder: Path, *, devices: int, rounds: int) -> Iterator[Figure]:
    """The same through a blob storage, which the references read and write too; if there is one.

    Args:
        folder: Where files may be made.
        devices: How many lines.
        rounds: How often.
    """
    if not is_installed():
        return
    write_import(folder / LINES, devices=devices)
    done: dict[str, list[Done]] = {}
    with running_azurite() as azurite:
        azurite.make_container("bench")
        azurite.put_file("bench", LINES, folder / LINES)
        for _ in range(rounds):
            _round(done, folder, azurite.sas("bench", "rwd"))
    yield from _figures(done, devices, "blob container")


def _round(done: dict[str, list[Done]], folder: Path, address: str) -> None:
    """Each task once, with the container at the address."""
    for name in (PRODUCT, PLAIN):
        empty_registry(folder / name)
    for task, name in (
        ("parse-and-insert", PLAIN),
        ("import", PRODUCT),
        ("read-and-write", PRODUCT),
        ("export", PRODUCT),
    ):
        done.setdefault(task, []).append(run_child(task, folder / name, folder, address))


def _figures(
    done: dict[str, list[Done]], devices: int, place: str, budget: str = ""
) -> Iterator[Figure]:
    for task, bare, name in (
        ("import", "parse-and-insert", "parse and insert"),
        ("export", "read-and-write", "read and write"),
    ):
        what = f"{task}, {place}"
        yield _rate(what, devices, done[task], name, done[bare], budget)
        yield _peak(what, devices, done[task], name, done[bare])


def empty_registry(path: Path) -> None:
    """Make a registry with the tenant and no device, in place of what is there."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    asyncio.run(_create(path))


async def _create(path: Path) -> None:
    registry = await open_registry(path)
    try:
        actor = Actor(via="console", name="bench")
        await registry.tenants.create(TENANT, TenantAttributes(), actor=actor)
    finally:
        await registry.close()


def _rate(
    what: str,
    size: int,
    ours: Sequence[Done],
    name: str,
    theirs: Sequence[Done],
    budget: str = "",
) -> Figure:
    return Figure(
        what=f"{what}, lines",
        size=size,
        unit="/s",
        ours=Spread(tuple(done.lines / done.seconds for done in ours)),
        reference=name,
        theirs=Spread(tuple(done.lines / done.seconds for done in theirs)),
        budget=budget,
        note=f"{ours[-1].lines:,} lines in {ours[-1].seconds:.1f} s",
    )


def _peak(what: str, size: int, ours: Sequence[Done], name: str, theirs: Sequence[Done]) -> Figure:
    return Figure(
        what=f"{what}, peak memory",
        size=size,
        unit="MB",
        ours=Spread(tuple(done.peak / _MEGABYTE for done in ours)),
        reference=name,
        theirs=Spread(tuple(done.peak / _MEGABYTE for done in theirs)),
    )
