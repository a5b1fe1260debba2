"""`connection-string`: what is printed, for whom, and what a rotation changes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from registry_backend.domain.policies import BUILT_IN
from registry_backend.wire.connection_strings import parse_hub
from tests.end_to_end.conftest import Call, Outcome
from tests.end_to_end.program import Program, Terminal

Ended = Outcome | subprocess.CompletedProcess[str]


def printed(call: Callable[..., Ended], *words: str) -> str:
    """The one line on stdout of a call that went well and said nothing else."""
    done = call("connection-string", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


def refused(call: Call, *words: str) -> tuple[int, str]:
    """The exit code and the message of a call that printed nothing."""
    done = call("connection-string", *words)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_the_owners_string_is_one_line_and_stays_the_same(program: Program) -> None:
    """Made on first use, with the registry itself."""
    assert not program.data.exists()
    first = printed(program.run)
    read = parse_hub(first)
    assert (read.host_name, read.policy) == ("localhost:28080", "iothubowner")
    assert printed(program.run) == first
    assert program.data.exists()


def test_another_policy_host_and_key_can_be_asked_for(call: Call) -> None:
    """In JSON too; names in any case."""
    primary = printed(call, "--policy", "REGISTRYREAD", "--host", "hub.example")
    told = json.loads(printed(call, "--policy", "registryRead", "--secondary", "--json"))
    assert parse_hub(primary).host_name == "hub.example"
    assert parse_hub(primary).policy == told["policy"] == "registryRead"
    assert told["host"] == "localhost:28080"
    assert parse_hub(told["connectionString"]).key != parse_hub(primary).key


def test_the_list_shows_rights_and_no_key(call: Call) -> None:
    """As a table, and as an array."""
    keys = [parse_hub(printed(call, "--policy", name)).key for name in BUILT_IN]
    table = call("connection-string", "--list").stdout
    listed = json.loads(call("connection-string", "--list", "--json").stdout)
    assert {each["name"]: set(each["rights"]) for each in listed} == BUILT_IN
    assert len(table.splitlines()) == 1 + len(BUILT_IN)
    assert not [key for key in keys if key and (key in table or key in str(listed))]


@pytest.mark.parametrize("rotation", ["primary", "secondary", "both", "swap"])
def test_a_rotation_prints_the_string_with_the_key_it_made(call: Call, rotation: str) -> None:
    """And says what it did to whoever has an old one."""
    before = [printed(call), printed(call, "--secondary")]
    done = call("connection-string", "--rotate", rotation)
    after = [printed(call), printed(call, "--secondary")]
    assert done.returncode == 0
    assert done.stdout.strip() == after[rotation == "secondary"]
    assert done.stderr.startswith("iothubowner has ")
    changed = [old != new for old, new in zip(before, after, strict=True)]
    assert changed == [rotation != "secondary", rotation != "primary"]
    assert (set(before) == set(after)) == (rotation == "swap")


def test_on_a_terminal_it_is_said_to_be_a_secret(program: Program) -> None:
    """Whoever looks over the shoulder has it."""
    with Terminal(program, "connection-string", columns=200) as terminal:
        assert terminal.finish() == 0
        assert b"Keep it secret" in terminal.shown
        assert b"SharedAccessKeyName=iothubowner" in terminal.shown


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--policy", "owner"], 1, "There is no policy 'owner'. The policies are iothubowner,"),
        (["--host", "https://x"], 2, "--host takes a host and its port"),
        (["--host", "h;SharedAccessKeyName=x"], 2, "--host takes a host"),
        (["--list", "--rotate", "both"], 2, "--list shows every policy"),
        (["--rotate", "none"], 2, "invalid choice"),
        (["--context", "lab"], 2, "--context is not for connection-string"),
        (["--read-only"], 1, "idconsole: "),
    ],
)
def test_what_cannot_be_done_is_told(call: Call, words: list[str], code: int, told: str) -> None:
    """With the exit code of its kind."""
    done = refused(call, *words)
    assert done[0] == code
    assert told in done[1]


def test_a_read_only_registry_prints_and_rotates_nothing(call: Call) -> None:
    """What is there is shown."""
    line = printed(call)
    assert printed(call, "--read-only") == line
    code, told = refused(call, "--read-only", "--rotate", "both")
    assert code == 1
    assert "read-only" in told
    assert printed(call) == line


def test_a_hub_that_nobody_can_call_says_so_at_start(program: Program) -> None:
    """Read-only, and no policies there yet: they are made by the next who may write."""
    server = program.start("serve", "--listen", "127.0.0.1:0", "--auth", "none")
    assert server.stdout is not None
    server.stdout.readline()
    server.terminate()
    server.communicate(timeout=30)
    for makes_them, says in ((True, True), (False, False)):
        server = program.start("serve", "--listen", "127.0.0.1:0", "--read-only")
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on")
        server.terminate()
        told = server.communicate(timeout=30)[1]
        assert ("no shared access policies yet" in told) is says
        if makes_them:
            printed(program.run)


def test_it_works_beside_a_running_server(program: Program) -> None:
    """On the same file."""
    server = program.start("serve", "--listen", "127.0.0.1:0")
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on")
        before = printed(program.run)
        assert program.run("connection-string", "--rotate", "primary").returncode == 0
        assert printed(program.run) != before
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0
