"""The Identity Service: identities a second over its socket, against the bare framework on one."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.figures import Figure
from tests.benchmarks.hono_load import request_text
from tests.benchmarks.hono_servers import serving
from tests.benchmarks.points import CLIENTS, Contest

TARGET = "/identities/identity?api-version=2022-08-01"
_CONFIG = """hostname = "bench"
homedir = "{home}"
max_requests = {connections}
principal = [{{ uid = {uid}, name = "bench", idtype = ["device"] }}]
[provisioning]
source = "manual"
iothub_hostname = "hub.azure-devices.net"
device_id = "bench"
authentication = {{ method = "sas", device_id_pk = "device-id" }}
"""


def measure_identity(folder: Path, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """GET of the caller's own identity by 32 clients, ours and the reference by turns.

    Args:
        folder: Where registry and configuration go.
        seconds: Of each measurement.
        rounds: How often.
    """
    with ExitStack() as stack:
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        config = folder / "identityd.toml"
        config.write_text(
            _CONFIG.format(home=folder / "identityd", connections=2 * CLIENTS, uid=os.geteuid()),
            encoding="utf-8",
        )
        words = ["--data", str(folder / "identity.sqlite"), "--unix", str(sockets / "ours")]
        files = ["--config", str(config), "--config-dir", str(folder / "absent")]
        ours = stack.enter_context(serving(("console", "serve", *words, *files), folder))
        answer = folder / "identity.json"
        answer.write_bytes(answer_of(ours.path))
        reference = ("tests.benchmarks.identity_plain", str(sockets / "theirs"), str(answer))
        contest = Contest(ours=ours, theirs=stack.enter_context(serving(reference, folder)))
        requests = {"GET": [[request_text("GET", TARGET)]] * CLIENTS}
        contest.run(requests, seconds=seconds, rounds=rounds)
    yield from contest.figures("identity over a socket", 1, "bare framework, the same bytes")


def answer_of(path: str) -> bytes:
    """The body that a socket answers to the measured request."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(f"GET {TARGET} HTTP/1.0\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    if b" 200 " not in head.splitlines()[0]:
        raise RuntimeError(f"no identity: {received!r}")
    return body
