"""`idconsole serve --unix`: the Identity Service as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.identity.client import LATEST, Api, Callers, configure, open_folder
from tests.end_to_end.identity.conftest import CONFIGS
from tests.end_to_end.program import Program

PROVISIONING = f"/identities/provisioning?{LATEST}"
SKIPPED = "Reconciliation skipped since the device is not provisioned.\n"
ACTIVATED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""What systemd does before it starts a service with a socket."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a path short enough for a socket, and the setup without a hub."""
    with open_folder() as found:
        configure(found, CONFIGS["none"])
        yield found


@pytest.fixture
def program(folder: Path) -> Program:
    """The program in a home of its own."""
    return Program(folder)


def configured(folder: Path) -> list[str]:
    """Where the configuration is."""
    return [
        *("--identityd-config", str(folder / "config.toml")),
        *("--identityd-config-dir", str(folder / "config.d")),
    ]


@pytest.fixture
def hang_ups_heard() -> Iterator[None]:
    """A run of tests that was started with nohup would have its children ignore them."""
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, inherited)


@contextmanager
def started(process: subprocess.Popen[str]) -> Iterator[list[str]]:
    """The lines with which a server says where it listens, one for each socket; ended after."""
    assert process.stdout
    try:
        yield [process.stdout.readline().strip()]
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, SKIPPED)


def test_a_socket_is_served_until_a_signal(
    folder: Path, program: Program, callers: Callers
) -> None:
    """One line says where; mode and owner are as asked for; nothing is left behind."""
    path = folder / "s.sock"
    owner = f"{os.geteuid()}:{os.getegid()}"
    words = ["serve", "--unix", str(path), "--unix-mode", "0606", "--unix-owner", owner]
    with started(program.start(*words, *configured(folder))) as lines:
        assert lines == [f"listening on unix:{path}"]
        assert path.stat().st_mode & 0o777 == 0o606
        assert Api(path, callers)("GET", PROVISIONING).json == {"source": "none"}
    assert not path.exists()


@pytest.mark.usefixtures("hang_ups_heard")
def test_a_terminal_that_goes_ends_it_in_order(folder: Path, program: Program) -> None:
    """Its socket's file goes too."""
    path = folder / "s.sock"
    process = program.start("serve", "--unix", str(path), *configured(folder))
    with started(process) as lines:
        assert lines == [f"listening on unix:{path}"]
        process.send_signal(signal.SIGHUP)
        process.wait(30)
    assert not path.exists()


def test_without_a_terminal_none_can_go(folder: Path, program: Program, callers: Callers) -> None:
    """Started with nohup it goes on."""
    path = folder / "s.sock"
    command = program.command("serve", "--unix", str(path), *configured(folder))
    process = subprocess.Popen(
        ["nohup", *command],
        env=program.environment(),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with started(process):
        process.send_signal(signal.SIGHUP)
        assert Api(path, callers)("GET", PROVISIONING).status == 200


def test_a_socket_that_systemd_passes_is_used(
    folder: Path, program: Program, callers: Callers
) -> None:
    """It needs no path, whoever connected before the start is answered, and its file stays."""
    path = folder / "passed.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as early:
        listener.bind(str(path))
        listener.listen()
        early.connect(str(path))
        command = program.command("serve", *configured(folder))[1:]
        process = subprocess.Popen(
            [sys.executable, "-c", ACTIVATED, str(listener.fileno()), *command],
            env=program.environment(),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[listener.fileno()],
        )
        with started(process) as lines:
            assert lines == [f"listening on unix:{path}"]
            assert Api(path, callers)("GET", PROVISIONING).status == 200
            early.sendall(f"GET {PROVISIONING} HTTP/1.0\r\n\r\n".encode())
            assert early.recv(1000).startswith(b"HTTP/1.0 200 OK")
        assert path.is_socket()


def test_requests_are_logged_without_what_they_carry(
    folder: Path, program: Program, callers: Callers
) -> None:
    """Method, path and status, and nothing of headers, queries or bodies."""
    path = folder / "s.sock"
    process = program.start("serve", "--unix", str(path), "--access-log", *configured(folder))
    assert process.stdout
    process.stdout.readline()
    Api(path, callers)(
        "POST",
        f"/identities/device?{LATEST}&secret=s3cr3t",
        body=b'{"type":"s3cr3t"}',
        headers={"Authorization": "s3cr3t", "User-Agent": "s3cr3t"},
    )
    process.terminate()
    _, said = process.communicate(timeout=30)
    assert "unix POST /identities/device 4" in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--unix", "s.sock", "--unix-mode", "x"], 2, "--unix-mode"),
        (["--unix", "s.sock", "--unix-owner", "no-such-user"], 2, "no user 'no-such-user'"),
        (["--unix", "config.toml"], 1, "something else than a socket is there"),
        (["--unix", "s.sock", "--identityd-config", "absent.toml"], 1, "hostname"),
    ],
)
def test_what_cannot_be_served_is_told(
    folder: Path, program: Program, words: list[str], code: int, told: str
) -> None:
    """One message and an exit code, never a traceback, and no socket is left."""
    done = program.run("serve", *configured(folder), *words)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "s.sock").exists()


def test_tcp_and_unix_are_served_side_by_side(folder: Path, program: Program) -> None:
    """`--listen` adds to the socket what it would serve alone."""
    path = folder / "s.sock"
    words = ["serve", "--unix", str(path), "--listen", "127.0.0.1:0", *configured(folder)]
    process = program.start(*words)
    with started(process) as lines:
        assert process.stdout
        lines.append(process.stdout.readline().strip())
        assert lines[0] == f"listening on unix:{path}"
        assert lines[1].startswith("listening on http://127.0.0.1:")


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "config.toml"],
        ["--listen", "127.0.0.1:0", "--config", "absent.toml"],
        ["--config-dir", "config.d"],
        ["--unix-mode", "0600"],
        ["--listen", "127.0.0.1:0", "--unix-owner", "root"],
    ],
)
def test_an_identity_service_without_a_socket_is_not_served_as_something_else(
    program: Program, words: list[str]
) -> None:
    """The registry alone would be open to everybody of the machine."""
    done = program.run("serve", *words)
    assert done.returncode == 2
    assert "No socket was named, and systemd passes none" in done.stderr
    assert done.stdout == ""
