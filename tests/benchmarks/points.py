"""GET and PUT of single things by many clients: a server of ours and a reference by turns."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.hono_load import Load, run_load
from tests.benchmarks.hono_servers import Server

CLIENTS = 32
METHODS = ("GET", "PUT")
BUDGET = ">= 0.7"
_REFERENCE = "bare framework, one row"
_MICRO = 1_000_000


@dataclass(slots=True)
class _Side:
    """What was measured of one server, by method."""

    loads: dict[str, list[Load]] = field(default_factory=dict)
    spent: dict[str, list[float]] = field(default_factory=dict)
    """Microseconds of its processor for each answer."""

    def rates(self, method: str) -> Spread:
        """Answers a second."""
        return Spread(tuple(load.rate for load in self.loads[method]))

    def times(self, method: str) -> Spread:
        """Milliseconds of each answer."""
        return Spread(tuple(taken for load in self.loads[method] for taken in load.times))

    def cost(self, method: str) -> Spread:
        """Microseconds of the processor."""
        return Spread(tuple(self.spent[method]))


class Contest:
    """Two servers under the same load.

    Args:
        ours: The product.
        theirs: The reference.
    """

    def __init__(self, *, ours: Server, theirs: Server) -> None:
        self._servers = ((ours, _Side()), (theirs, _Side()))

    def run(
        self, requests: Mapping[str, Sequence[Sequence[str]]], *, seconds: float, rounds: int
    ) -> None:
        """Send each client's requests to both, method by method, several times."""
        for _ in range(rounds):
            for method, texts in requests.items():
                for server, side in self._servers:
                    before = server.cpu_seconds()
                    load = run_load(server.place, texts, seconds=seconds)
                    spent = (server.cpu_seconds() - before) / load.answers * _MICRO
                    side.loads.setdefault(method, []).append(load)
                    side.spent.setdefault(method, []).append(spent)

    def figures(self, what: str, size: int, reference: str = _REFERENCE) -> Iterator[Figure]:
        """Rates with their budget, times of single answers, time of the processor."""
        (_, ours), (_, theirs) = self._servers
        for method in ours.loads:
            yield Figure(
                what=f"{method} {what}, {CLIENTS} clients",
                size=size,
                unit="/s",
                ours=ours.rates(method),
                reference=reference,
                theirs=theirs.rates(method),
                budget=BUDGET,
                note="ours also checks and journals" if method == "PUT" else "",
            )
            yield Figure(
                what=f"{method} {what}, {CLIENTS} clients, each",
                size=size,
                unit="ms",
                ours=ours.times(method),
                reference=reference,
                theirs=theirs.times(method),
                tail=True,
            )
            yield Figure(
                what=f"{method} {what}, processor time of the server",
                size=size,
                unit="us",
                ours=ours.cost(method),
                reference=reference,
                theirs=theirs.cost(method),
                note="holds on a busy machine too",
            )


def copied(data: Path, folder: Path, name: str) -> Sequence[Path]:
    """A copy of a registry for each of the two servers."""
    copies = [folder / f"{name}-{whose}.sqlite" for whose in ("ours", "theirs")]
    for copy in copies:
        shutil.copyfile(data, copy)
    return copies


def dealt(texts: Iterable[str]) -> list[list[str]]:
    """Requests for each client, none the same as another's."""
    every = list(texts)
    return [every[number::CLIENTS] for number in range(CLIENTS)]
