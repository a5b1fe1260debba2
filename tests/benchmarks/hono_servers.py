"""Servers in processes of their own: the product, its reference, and a wire with latency."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.console import quiet_environment

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves."""

    port: int
    process_id: int
    path: str = ""
    """Of its socket, where it listens on one; it has no port then."""

    @property
    def place(self) -> int | str:
        """Where to connect."""
        return self.path or self.port

    def cpu_seconds(self) -> float:
        """How long it has been computing."""
        status = Path(f"/proc/{self.process_id}/stat").read_text(encoding="ascii")
        user, system = status.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def product(data: Path, home: Path, *options: str) -> Iterator[Server]:
    """The registry in `data`, served until the block ends."""
    command = ("console", "serve", "--data", str(data), "--listen", "127.0.0.1:0", *options)
    with serving(command, home) as server:
        yield server


@contextmanager
def plain(data: Path, home: Path, *, module: str = "hono_plain") -> Iterator[Server]:
    """The bare framework over the same file, as that module of this folder has it."""
    with serving((f"tests.benchmarks.{module}", str(data)), home) as server:
        yield server


@contextmanager
def distant(port: int, home: Path, *, seconds: float) -> Iterator[Server]:
    """The server at another port, a round trip of so long away."""
    command = ("tests.benchmarks.hono_servers", str(port), str(seconds))
    with serving(command, home) as near:
        yield near


@contextmanager
def serving(module: Sequence[str], home: Path) -> Iterator[Server]:
    """A module that says where it listens, run until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        stdout=subprocess.PIPE,
        text=True,
        env=quiet_environment(home),
        cwd=_ROOT,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"{module} did not begin to serve: {line!r}")
        yield _server(line.removeprefix("listening on ").strip(), process.pid)
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _server(address: str, process_id: int) -> Server:
    if address.startswith("unix:"):
        return Server(0, process_id, address.removeprefix("unix:"))
    return Server(int(address.rpartition(":")[2]), process_id)


async def _relay(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float
) -> None:
    """Pass bytes on, each so much later than it came."""
    loop = asyncio.get_running_loop()
    while data := await source.read(1 << 16):
        loop.call_later(seconds, target.write, data)
    loop.call_later(seconds, target.close)


async def _delay(port: int, seconds: float) -> None:
    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _relay(reader, behind_writer, seconds / 2), _relay(behind_reader, writer, seconds / 2)
        )

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_delay(int(sys.argv[1]), float(sys.argv[2])))
