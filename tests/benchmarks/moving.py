"""Import and export of `devices.txt` lines by jobs, against parsing and writing alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from registry_backend.domain.journal import Actor
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.open import open_registry
from tests.azurite import is_installed, running_azurite
from tests.benchmarks.child import LINES, Done, run_child
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.fleet import TENANT, write_import

BUDGET = ">= 0.6"
PRODUCT, PLAIN = "imported.sqlite", "inserted.sqlite"
_BARE = ("parse and insert", "read and write")
_MEGABYTE = 1 << 20


def measure_moving(folder: Path, *, devices: int, rounds: int) -> Iterator[Figure]:
    """Import and export by turns with the references, each into a new registry.

    Args:
        folder: Where files may be made; the last round's are left there.
        devices: How many lines.
        rounds: How often.
    """
    write_import(folder / LINES, devices=devices)
    done: dict[str, list[Done]] = {}
    for _ in range(rounds):
        for name in (PRODUCT, PLAIN):
            empty_registry(folder / name)
        for task, name in (
            ("parse-and-insert", PLAIN),
            ("import", PRODUCT),
            ("read-and-write", PRODUCT),
            ("export", PRODUCT),
        ):
            done.setdefault(task, []).append(run_child(task, folder / name, folder))
    yield _rate("import", devices, done["import"], "parse and insert", done["parse-and-insert"])
    yield _peak("import", devices, done["import"], "parse and insert", done["parse-and-insert"])
    yield _rate("export", devices, done["export"], "read and write", done["read-and-write"])
    yield _peak("export", devices, done["export"], "read and write", done["read-and-write"])


def measure_containers(folder: Path, *, devices: int, rounds: int) -> Iterator[Figure]:
    """The same jobs through a `file:` container and through a blob storage, if one is installed.

    Args:
        folder: Where files may be made.
        devices: How many lines.
        rounds: How often.
    """
    write_import(folder / LINES, devices=devices)
    with ExitStack() as stack:
        places = {"file: container": folder.as_uri()}
        if is_installed():
            azurite = stack.enter_context(running_azurite())
            azurite.make_container("bench")
            azurite.put_file("bench", LINES, folder / LINES)
            places["blob container"] = azurite.sas("bench", "rwd")
        done: dict[str, list[Done]] = {}
        for _ in range(rounds):
            for place, address in ({"folder": ""} | places).items():
                empty_registry(folder / PRODUCT)
                if not address:
                    tried = run_child("dry-run", folder / PRODUCT, folder)
                    done.setdefault("dry run", []).append(tried)
                for task in ("import", "export"):
                    ended = run_child(task, folder / PRODUCT, folder, address)
                    done.setdefault(f"{task}, {place}", []).append(ended)
    yield _rate("dry run", devices, done["dry run"], "the import", done["import, folder"])
    for task in ("import", "export"):
        for place in places:
            what, bare = f"{task}, {place}", done[f"{task}, folder"]
            yield _rate(what, devices, done[what], "in a folder", bare)
            yield _peak(what, devices, done[what], "in a folder", bare)


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


def _rate(what: str, size: int, ours: Sequence[Done], name: str, theirs: Sequence[Done]) -> Figure:
    return Figure(
        what=f"{what}, lines",
        size=size,
        unit="/s",
        ours=Spread(tuple(done.lines / done.seconds for done in ours)),
        reference=name,
        theirs=Spread(tuple(done.lines / done.seconds for done in theirs)),
        budget=BUDGET if name in _BARE else "",
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
