"""The served API of Hono: requests a second against the bare framework, and searches by size."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.fleet import TENANT, open_plain
from tests.benchmarks.hono_load import request_text
from tests.benchmarks.hono_servers import plain, product
from tests.benchmarks.points import CLIENTS, METHODS, Contest, copied, dealt

PAGE = 100
_EACH = 16
_SEED = 3
_MILLI = 1000
_PLAIN_DEVICES = """SELECT device_id, document FROM devices WHERE tenant_id = ?
    AND json_type(document, '$."status-reason"') IS NULL
    AND json_type(document, '$.iothub') IS NULL ORDER BY row LIMIT 20000"""
"""Those that Hono's API shows whole."""


def measure_points(data: Path, folder: Path, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """GET and PUT of single devices by 32 clients, ours and the reference by turns.

    Args:
        data: A registry; it is copied for each server.
        folder: Where the copies go.
        seconds: Of each measurement.
        rounds: How often.
    """
    devices, size = some_devices(data)
    requests = {method: _requests(method, devices) for method in METHODS}
    with ExitStack() as stack:
        copies = copied(data, folder, "hono")
        contest = Contest(
            ours=stack.enter_context(product(copies[0], folder)),
            theirs=stack.enter_context(plain(copies[1], folder)),
        )
        contest.run(requests, seconds=seconds, rounds=rounds)
    yield from contest.figures("device", size)


def some_devices(data: Path) -> tuple[list[tuple[str, str]], int]:
    """Ids with their documents, in no order, and how many devices there are."""
    with closing(open_plain(data)) as connection:
        found = connection.execute(_PLAIN_DEVICES, (TENANT,)).fetchall()
        size = int(connection.execute("SELECT sum(devices) FROM counts").fetchone()[0])
    Random(_SEED).shuffle(found)
    return found[: CLIENTS * _EACH], size


def _requests(method: str, devices: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Of each client, over devices of its own."""
    return dealt(
        request_text(method, f"/v1/devices/{TENANT}/{device_id}", body if method == "PUT" else "")
        for device_id, body in devices
    )


def measure_lists(registries: Mapping[int, Path], folder: Path, *, times: int) -> Iterator[Figure]:
    """Pages and filtered searches, one request at a time, at both sizes by turns.

    Args:
        registries: The small and the large registry.
        folder: For copies, in which an attribute is indexed.
        times: Requests of each kind; scans a tenth as many.
    """
    sizes = sorted(registries)
    taken: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        peers = {size: _peer(registries[size], folder, stack) for size in sizes}
        for what, query in SEARCHES.items():
            for number in range(max(3, times // 10) if what in SCANS else times):
                for size, peer in peers.items():
                    milliseconds = _search(peer, query(size, number))
                    taken.setdefault((what, size), []).append(milliseconds)
    for what in SEARCHES:
        yield Figure(
            what=f"search: {what}",
            size=sizes[-1],
            unit="ms",
            ours=Spread(tuple(taken[what, sizes[-1]])),
            reference=f"the same at {sizes[0]:,}",
            theirs=Spread(tuple(taken[what, sizes[0]])),
            tail=True,
            note="reads every device" if what in SCANS else "",
        )


def _peer(data: Path, folder: Path, stack: ExitStack) -> http.client.HTTPConnection:
    copy = folder / f"hono-lists-{data.name}"
    shutil.copyfile(data, copy)
    server = stack.enter_context(product(copy, folder, "--index", "/ext/serial"))
    return stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", server.port)))


def _search(peer: http.client.HTTPConnection, parameters: Sequence[tuple[str, str]]) -> float:
    path = f"/v1/devices/{TENANT}?" + urlencode(parameters)
    began = time.perf_counter()
    peer.request("GET", path)
    answer = peer.getresponse()
    body = answer.read()
    taken = (time.perf_counter() - began) * _MILLI
    if answer.status != 200 or not json.loads(body)["result"]:
        raise RuntimeError(f"{path}: {answer.status} {body!r}")
    return taken


Parameters = list[tuple[str, str]]


def _first_pages(_: int, number: int) -> Parameters:
    return [("pageSize", str(PAGE)), ("pageOffset", str(number % 5))]


def _any_page(size: int, number: int) -> Parameters:
    return [("pageSize", str(PAGE)), ("pageOffset", str(number * 7919 % (size // PAGE)))]


def _filter(field: str, *, value: object) -> Parameters:
    condition = json.dumps({"field": field, "value": value})
    return [("pageSize", str(PAGE)), ("filterJson", condition)]


def _sorted_by(field: str) -> Parameters:
    return [("pageSize", str(PAGE)), ("sortJson", json.dumps({"field": field}))]


SEARCHES: Mapping[str, Callable[[int, int], Parameters]] = {
    "page, near the start": _first_pages,
    "page, anywhere": _any_page,
    "ids with a prefix": lambda _size, _number: _filter("/id", value="hl-quay-east-t*"),
    "one id": lambda _size, _number: _filter("/id", value="hl-pier-2-gateway-0001"),
    "disabled": lambda _size, _number: _filter("/enabled", value=False),
    "indexed attribute": lambda _size, _number: _filter("/ext/serial", value="4*"),
    "sorted by an indexed attribute": lambda _size, _number: _sorted_by("/ext/serial"),
    "attribute not indexed": lambda _size, _number: _filter("/ext/model", value="HL-T3"),
}
"""What is asked, from the number of devices and of the request."""
SCANS = frozenset({"attribute not indexed"})
