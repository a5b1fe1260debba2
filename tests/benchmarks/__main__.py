"""`make bench`: every measurement in one table. `--small` for a quick look."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.benchmarks import fleet
from tests.benchmarks.distance import measure_distance
from tests.benchmarks.figures import Figure, table
from tests.benchmarks.hono import measure_lists, measure_points
from tests.benchmarks.hub import measure_hub, measure_tokens
from tests.benchmarks.identity import measure_identity
from tests.benchmarks.keys import measure_keys
from tests.benchmarks.moving import measure_blobs, measure_moving
from tests.benchmarks.reads import measure_reads
from tests.benchmarks.start import measure_start
from tests.benchmarks.writes import measure_writes


@dataclass(frozen=True)
class Bench:
    """One run.

    Args:
        folder: Where everything is made.
        devices: In the large registry.
        thorough: Whether there is time for many samples.
    """

    folder: Path
    devices: int
    thorough: bool

    @cached_property
    def registries(self) -> dict[int, Path]:
        """The small and the large registry, made when first asked for."""
        base, large = self.folder / "base.sqlite", self.folder / "large.sqlite"
        began = time.perf_counter()
        fleet.build_base(base)
        fleet.multiply(base, large, devices=self.devices)
        _say(f"built {self.devices:,} devices in {time.perf_counter() - began:.0f} s")
        return {fleet.BASE_DEVICES: base, self.devices: large}

    @property
    def large(self) -> Path:
        """The registry with all devices."""
        return self.registries[self.devices]

    def start(self) -> Iterator[Figure]:
        """From start to rows."""
        yield from measure_start(self.registries, self.folder, runs=11 if self.thorough else 5)

    def keys(self) -> Iterator[Figure]:
        """From key to frame, and memory."""
        small = self.registries[fleet.BASE_DEVICES]
        presses = 40 if self.thorough else 12
        yield from measure_keys(small, self.large, self.folder, presses=presses)

    def moving(self) -> Iterator[Figure]:
        """Import and export."""
        rounds = 1 if self.thorough else 3
        yield from measure_moving(self.folder, devices=self.devices, rounds=rounds)
        yield from measure_blobs(self.folder, devices=self.devices, rounds=rounds)

    def reads(self) -> Iterator[Figure]:
        """Point reads and pages."""
        yield from measure_reads(
            self.large, seconds=1.0 if self.thorough else 0.4, rounds=3 if self.thorough else 2
        )

    def writes(self) -> Iterator[Figure]:
        """Durable writes; last, since they change the large registry."""
        yield from measure_writes(
            self.large, seconds=1.0 if self.thorough else 0.5, rounds=3 if self.thorough else 2
        )

    def hono(self) -> Iterator[Figure]:
        """The served API."""
        seconds, rounds = (2.0, 5) if self.thorough else (1.0, 3)
        yield from measure_points(self.large, self.folder, seconds=seconds, rounds=rounds)
        times = 100 if self.thorough else 30
        yield from measure_lists(self.registries, self.folder, times=times)
        yield from measure_distance(self.large, self.folder, presses=times)

    def hub(self) -> Iterator[Figure]:
        """The served IoT Hub API, and its tokens."""
        seconds, rounds = (2.0, 5) if self.thorough else (1.0, 3)
        yield from measure_tokens(self.folder, seconds=seconds / 4, rounds=rounds)
        yield from measure_hub(self.large, self.folder, seconds=seconds, rounds=rounds)

    def identity(self) -> Iterator[Figure]:
        """The Identity Service over its socket."""
        seconds, rounds = (2.0, 5) if self.thorough else (1.0, 3)
        yield from measure_identity(self.folder, seconds=seconds, rounds=rounds)


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "start": Bench.start,
    "keys": Bench.keys,
    "moving": Bench.moving,
    "reads": Bench.reads,
    "hono": Bench.hono,
    "hub": Bench.hub,
    "identity": Bench.identity,
    "writes": Bench.writes,
}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--small", action="store_true", help="50,000 devices instead of a million")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every sample there")
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="idconsole-bench-") as folder:
        devices = 50_000 if options.small else 1_000_000
        bench = Bench(Path(folder), devices, thorough=not options.small)
        for name in options.only or PARTS:
            before, began = os.getloadavg()[0], time.perf_counter()
            part = list(PARTS[name](bench))
            figures.extend(part)
            _say(table(part))  # a long run shows what it has
            taken = time.perf_counter() - began
            _say(f"{name}: {taken:.0f} s, load {before:.1f} before, {os.getloadavg()[0]:.1f} after")
    print(_machine())
    print(table(figures))
    if options.json:
        options.json.write_text(
            json.dumps([figure.to_json() for figure in figures], indent=1), encoding="utf-8"
        )
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}\n"
        "ratio: ours by theirs; `a [b..c]`: median and range; `a / b`: median and 99th percentile"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
