"""From the start of the program to the first painted rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.console import Console, empty_terminal
from tests.benchmarks.empty_app import SHOWN
from tests.benchmarks.figures import Figure, Spread

BUDGET = "<= 1.5"


def measure_start(registries: dict[int, Path], home: Path, *, runs: int) -> Iterator[Figure]:
    """Start the empty application and the console by turns, after one unmeasured round.

    Args:
        registries: Files by how many devices they hold.
        home: A folder for settings.
        runs: Measured rounds.
    """
    empty: list[float] = []
    taken: dict[int, list[float]] = {size: [] for size in registries}
    for _ in range(runs + 1):
        with empty_terminal(home) as terminal:
            empty.append(terminal.wait_for(SHOWN))
        for size, path in registries.items():
            taken[size].append(_start(path, home))
    for size, seconds in taken.items():
        yield Figure(
            what="start to first painted rows",
            size=size,
            unit="s",
            ours=Spread(tuple(seconds[1:])),
            reference="emptiest Textual app",
            theirs=Spread(tuple(empty[1:])),
            budget=BUDGET,
        )


def _start(path: Path, home: Path) -> float:
    console = Console(path, home)
    try:
        return console.started()
    finally:
        console.close()
