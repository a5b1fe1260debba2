"""`idconsole serve` as a process: how it begins, what it says, how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.cli import main
from tests.end_to_end.hono.client import Api
from tests.end_to_end.program import Program


@contextmanager
def serving(program: Program, *words: str) -> Iterator[tuple[subprocess.Popen[str], Api]]:
    """The program, once its first listener is announced."""
    process = program.start("serve", *words)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), (line, process.communicate())
        yield process, Api(line.removeprefix("listening on ").strip())
    finally:
        process.kill()
        process.communicate()


def test_each_listener_is_announced_once_it_accepts(program: Program) -> None:
    """One line each, with the port that was given, and both over one registry."""
    with serving(program, "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0,hono=1.1") as (
        process,
        api,
    ):
        assert process.stdout is not None
        old = Api(process.stdout.readline().removeprefix("listening on ").strip())
        assert api("POST", "/v1/tenants/t").status == 201
        assert old("GET", "/v1/tenants/t").json == {"enabled": True}
        assert old("GET", "/v1/tenants").status == 405
    assert program.data.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(program: Program, number: signal.Signals) -> None:
    """Exit code 0 within five seconds, idle connections or not, and nothing on stderr."""
    with serving(program, "--listen", "127.0.0.1:0") as (process, api):
        idle = api.connect()
        idle.request("GET", "/v1/tenants")
        idle.getresponse().read()
        begun = time.monotonic()
        process.send_signal(number)
        _, complaint = process.communicate(timeout=5)
        assert time.monotonic() - begun < 5
        assert (process.returncode, complaint) == (0, "")
        idle.close()


def test_what_was_accepted_is_finished_and_kept(program: Program) -> None:
    """Every write that was answered 201 before the end is there at the next start."""
    answered: list[str] = []
    with serving(program, "--listen", "127.0.0.1:0") as (process, api):
        api("POST", "/v1/tenants/t")
        enough = threading.Event()

        def write(client: int) -> None:
            for number in range(1000):
                device_id = f"d{client}-{number}"
                try:
                    status = api("POST", f"/v1/devices/t/{device_id}").status
                except OSError:
                    return
                if status == 201:
                    answered.append(device_id)
                if len(answered) > 20:
                    enough.set()

        clients = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for client in clients:
            client.start()
        assert enough.wait(30)
        process.terminate()
        _, complaint = process.communicate(timeout=5)
        for client in clients:
            client.join()
        assert (process.returncode, complaint) == (0, "")
    with serving(program, "--listen", "127.0.0.1:0") as (_, api):
        missing = [each for each in answered if api("GET", f"/v1/devices/t/{each}").status != 200]
        assert missing == []


def test_a_port_that_is_taken_is_said_to_be(program: Program) -> None:
    """Exit code 1, one message, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        done = program.run("serve", "--listen", place)
    assert done.returncode == 1
    assert f"Cannot listen on {place}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--listen", "nonsense"), 2, "expected HOST:PORT"),
        (("--listen", "127.0.0.1:70000"), 2, "expected HOST:PORT"),
        (("--listen", "127.0.0.1:1,hono=9"), 2, "choose 2.x or 1.1"),
        (("--cors-origin", "https://ui.example/"), 2, "without a path"),
        (("--listen", "127.0.0.1:1,color=red"), 2, "hono=1.1 or tls=no"),
        (("--listen", "0.0.0.0:0"), 1, "has no authentication and no TLS"),
        (("--tls-cert", "x"), 2, "given together"),
        (("--tls-cert", "x", "--tls-key", "y"), 1, "x cannot be read"),
        (("--auth", "basic:/no/such"), 2, "cannot be read"),
        (("--hono-max-payload", "0"), 2, "from 1 on"),
        (("--max-devices", "-5"), 2, "-1 (no limit) or more"),
    ],
)
def test_options_that_make_no_sense_are_explained(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    """Before any file is made."""
    data = tmp_path / "registry.sqlite"
    assert main(["serve", "--data", str(data), *words]) == code
    assert told in capsys.readouterr().err
    assert not data.exists()


def test_serving_loads_no_screen(program: Program) -> None:
    """A server without a terminal pays for none."""
    code = (
        "import sys, console.commands.serving\n"
        "print([name for name in ('textual', 'httpx') if name in sys.modules])"
    )
    done = subprocess.run(
        [program.command()[0], "-c", code],
        env=program.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_registry_can_be_served_without_being_changed(program: Program) -> None:
    """With --read-only every write is 403."""
    with serving(program, "--listen", "127.0.0.1:0") as (_, api):
        api("POST", "/v1/tenants/t")
    with serving(program, "--listen", "127.0.0.1:0", "--read-only") as (_, api):
        assert api("GET", "/v1/tenants/t").status == 200
        reply = api("PUT", "/v1/tenants/t", {})
        assert reply.status == 403
        assert "read-only" in reply.error
