"""Paging down through a remote registry that is 50 ms away, and through the same one nearby."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.console import ROOT, Console, quiet_environment
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.hono_servers import distant, product
from tests.benchmarks.keys import DOWN, HOME, PAGE_DOWN
from tests.benchmarks.terminal import Paint

LATENCY_SECONDS = 0.05
BUDGET = "<= 1.5"
NEAR, FAR = "near", "far"
_MILLI = 1000


def measure_distance(data: Path, home: Path, *, presses: int) -> Iterator[Figure]:
    """Press page down in two consoles by turns, each over HTTP to one server.

    Args:
        data: A registry.
        home: A folder for settings.
        presses: How often; rows that were shown once are not shown again.
    """
    with ExitStack() as stack:
        near = stack.enter_context(product(data, home))
        far = stack.enter_context(distant(near.port, home, seconds=LATENCY_SECONDS))
        consoles = {}
        for name, server in ((NEAR, near), (FAR, far)):
            _save_context(name, server.port, home)
            consoles[name] = Console(data, home, name)
            stack.callback(consoles[name].close)
        paints: dict[str, list[Paint]] = {name: [] for name in consoles}
        for console in consoles.values():
            console.started()
            console.terminal.settle(quiet=0.5)
            console.move(HOME + DOWN)
        for _ in range(presses):
            for name, console in consoles.items():
                paints[name].append(console.move(PAGE_DOWN))
        size = consoles[NEAR].count()
    yield Figure(
        what="page down, remote, 50 ms away",
        size=size,
        unit="ms",
        ours=Spread(tuple(paint.rows * _MILLI for paint in paints[FAR])),
        reference="the same without latency",
        theirs=Spread(tuple(paint.rows * _MILLI for paint in paints[NEAR])),
        budget=BUDGET,
        tail=True,
        note="from the key to the frame with the row it moved to",
    )


def _save_context(name: str, port: int, home: Path) -> None:
    command = [sys.executable, "-m", "console", "context", "add", name]
    subprocess.run(
        [*command, "--url", f"http://127.0.0.1:{port}"],
        check=True,
        env=quiet_environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
