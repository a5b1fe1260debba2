"""Many clients in a process of their own, each on one connection that is kept.

`python -m tests.benchmarks.hono_load PORT|PATH SECONDS` reads a JSON array from standard input: for
each client the requests it sends by turns, as text. Prints seconds and each answer's milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw.

    Args:
        seconds: From the first request to the last answer.
        answers: How many there were.
        times: Milliseconds that each answer took.
    """

    seconds: float
    answers: int
    times: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def run_load(place: int | str, requests: Sequence[Sequence[str]], *, seconds: float) -> Load:
    """Send the requests of each client to a port or socket, one after the other, for so long."""
    command = [sys.executable, "-m", "tests.benchmarks.hono_load", str(place), str(seconds)]
    ended = subprocess.run(
        command,
        input=json.dumps(requests),
        capture_output=True,
        check=False,
        cwd=_ROOT,
        text=True,
    )
    if ended.returncode:
        raise RuntimeError(f"the clients failed: {ended.stderr}")
    return Load(**json.loads(ended.stdout))


def request_text(
    method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> str:
    """A request as it goes over the wire; the body is ASCII."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    for name, value in (headers or {}).items():
        head += f"{name}: {value}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}"


class _Client(asyncio.Protocol):
    """Asks again as soon as it was answered, until the end."""

    def __init__(self, requests: Sequence[bytes], seconds: float) -> None:
        self._requests = requests
        self._seconds = seconds
        self._buffer = bytearray()
        self.times: list[float] = []
        self.done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def start(self) -> None:
        """Send the first request."""
        self._end = time.perf_counter() + self._seconds
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._requests[len(self.times) % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(_END_OF_HEAD)
        if head < 0 or len(self._buffer) < head + 4 + _body_length(bytes(self._buffer[:head])):
            return
        present = time.perf_counter()
        if not self._buffer.startswith(b"HTTP/1.1 20"):
            self.done.set_exception(RuntimeError(self._buffer.decode("utf-8", "replace")))
            return
        self.times.append((present - self._asked) * 1000)
        self._buffer.clear()
        if present < self._end:
            self._ask()
        else:
            self.done.set_result(present)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or RuntimeError("the server hung up"))


def _body_length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(_LENGTH)
    if at < 0:
        return 0
    return int(lowered[at + len(_LENGTH) :].split(b"\r\n", 1)[0])


async def _connected(place: str, client: _Client) -> _Client:
    loop = asyncio.get_running_loop()
    if place.isdigit():
        await loop.create_connection(lambda: client, "127.0.0.1", int(place))
    else:
        await loop.create_unix_connection(lambda: client, place)
    return client


async def _run(place: str, seconds: float, requests: Sequence[Sequence[str]]) -> Load:
    clients: list[_Client] = []
    for texts in requests:
        asked = [text.encode("ascii") for text in texts]
        clients.append(await _connected(place, _Client(asked, seconds)))
    began = time.perf_counter()
    for client in clients:
        client.start()
    ended = max(await asyncio.gather(*(client.done for client in clients)))
    times = tuple(taken for client in clients for taken in client.times)
    return Load(ended - began, len(times), times)


if __name__ == "__main__":
    found = asyncio.run(_run(sys.argv[1], float(sys.argv[2]), json.load(sys.stdin)))
    print(json.dumps(asdict(found)))
