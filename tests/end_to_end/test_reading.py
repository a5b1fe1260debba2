"""list, get and count from a shell: data to stdout, messages to stderr, codes 0, 1 and 2."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.end_to_end.conftest import Call
from tests.end_to_end.program import Program, Terminal


def test_tenants_are_listed_as_a_table(filled: Program) -> None:
    """Headings, one line each, nothing else."""
    done = filled.run("list", "tenants")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["TENANT", "STATE", "ALIAS", "CHANGED"]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["harbour-lights", "enabled"],
        ["north-wind", "enabled"],
        ["old-depot", "disabled"],
        ["orchard", "enabled"],
        ["vaccine-chain", "enabled"],
    ]


def test_what_a_list_leaves_out_is_said(filled: Program) -> None:
    """On stderr, so that a pipe gets data only; --all leaves nothing out."""
    some = filled.run("list", "devices", "--tenant", "north-wind", "--limit", "5")
    assert len(some.stdout.splitlines()) == 6
    assert some.stderr == "… 135 more; use --all\n"
    every = filled.run("list", "devices", "--tenant", "north-wind", "--all")
    assert len(every.stdout.splitlines()) == 141
    assert every.stderr == ""


@pytest.mark.parametrize("kind", ["tenants", "devices", "credentials", "jobs"])
def test_json_is_one_array_whatever_its_length(filled: Program, kind: str) -> None:
    """Many, few and none."""
    words = ["list", kind, "--json"]
    words += ["--tenant", "harbour-lights"] if kind != "tenants" else []
    every = filled.run(*words, "--all")
    rows = json.loads(every.stdout)
    assert rows
    one = filled.run(*words, "--limit", "1")
    assert json.loads(one.stdout) == rows[:1]


def test_an_empty_list_is_an_empty_array(filled: Program) -> None:
    """And a table of nothing says so beside the data."""
    words = ["list", "devices", "--tenant", "orchard", "--filter", "no-such-id"]
    assert json.loads(filled.run(*words, "--json").stdout) == []
    table = filled.run(*words)
    assert (table.returncode, table.stdout, table.stderr) == (0, "", "Nothing found.\n")


def test_filters_choose(filled: Program) -> None:
    """The same language as in the console; list and count agree."""
    words = ["devices", "--tenant", "north-wind", "--filter", "ext.site:skua disabled"]
    rows = json.loads(filled.run("list", *words, "--all", "--json").stdout)
    assert rows
    assert all(row["data"]["ext"]["site"] == "skua" for row in rows)
    assert all(row["data"]["enabled"] is False for row in rows)
    assert filled.run("count", *words).stdout == f"{len(rows)}\n"


def test_credentials_that_end_soon_are_listed(filled: Program) -> None:
    """Soonest first."""
    words = ["list", "credentials", "--tenant", "north-wind", "--all", "--json"]
    rows = json.loads(filled.run(*words, "--filter", "expires<2026-12-22").stdout)
    ends = [row["expires"] for row in rows]
    assert ends
    assert ends == sorted(ends)
    assert ends[-1] < "2026-12-22"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "devices"], "Which tenant? Add --tenant ID"),
        (
            ["list", "devices", "--tenant", "orchard", "--limit", "0"],
            "must be a whole number from 1 on",
        ),
        (["list", "devices", "--limit", "3", "--all"], "not allowed with"),
        (["list", "tenants", "--filter", "has:psk"], "--filter can choose tenants by"),
        (["list", "jobs", "--filter", "x"], "--filter is not for jobs"),
        (["list", "cars"], "invalid choice"),
        (["get", "device"], "required: ID"),
        (["get", "tenant", "orchard", "--tenant", "orchard"], "leave out --tenant"),
        (["list", "tenants", "--demo"], "unrecognized arguments"),
        (["--demo", "list", "tenants"], "not for list"),
        (["--demo", "--data", "x"], "leave out --data"),
        (["--dat", "x"], "invalid choice"),
    ],
)
def test_wrong_usage_ends_with_two(call: Call, words: list[str], message: str) -> None:
    """And says what would be right; nothing on stdout."""
    done = call(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["get", "device", "ghost", "--tenant", "orchard"], "no device 'ghost'"),
        (["get", "tenant", "ghost"], "no tenant 'ghost'"),
        (["get", "job", "ghost"], "no job 'ghost'"),
        (["list", "devices", "--tenant", "ghost"], "no tenant 'ghost'"),
        (["list", "devices", "--tenant", "orchard", "--filter", "a..b:c"], "Column 1"),
        (["count", "devices", "--tenant", "orchard", "--filter", "enabled:maybe"], "yes or no"),
    ],
)
def test_a_failure_ends_with_one_and_one_message(
    call: Call, words: list[str], message: str
) -> None:
    """Never a traceback."""
    done = call(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("idconsole: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_only_tenant_need_not_be_named(program: Program, sample_file: object) -> None:
    """With no tenant at all the message says what to do."""
    assert sample_file
    program.data.parent.mkdir(parents=True)
    folder = program.home / "files"
    folder.mkdir()
    (folder / "tenants.json").write_text('[{"tenant-id": "only"}]')
    made = program.run("import", str(folder))
    assert made.returncode == 0, made.stderr
    assert program.run("count", "devices").stdout == "0\n"


def test_secrets_are_dots_unless_they_are_asked_for(filled: Program) -> None:
    """In JSON for people and for programs, known members and unknown ones."""
    rows = json.loads(
        filled.run("list", "credentials", "--tenant", "orchard", "--all", "--json").stdout
    )
    by_type = {row["type"]: row["device-id"] for row in rows}
    for kind, member in (
        ("radio-join", "join-eui"),
        ("radio-join", "key"),
        ("hashed-password", "pwd-hash"),
    ):
        words = ["get", "credentials", by_type[kind], "--tenant", "orchard"]
        hidden, clear = filled.run(*words), filled.run(*words, "--reveal", "--json")
        assert secret_of(json.loads(hidden.stdout), kind)[member] == "••••••••"
        value = secret_of(json.loads(clear.stdout), kind)[member]
        assert "•" not in value
        assert value not in hidden.stdout


def secret_of(found: dict[str, Any], kind: str) -> dict[str, str]:
    """The first secret of the credential of that type."""
    secrets: list[dict[str, str]] = next(
        credential["secrets"] for credential in found["credentials"] if credential["type"] == kind
    )
    return secrets[0]


def test_get_shows_a_tenant_a_device_and_a_job(filled: Program) -> None:
    """Indented for people, one line with --json, the same content."""
    job = json.loads(filled.run("list", "jobs", "--json").stdout)[0]["job-id"]
    for words in (
        ["get", "tenant", "north-wind"],
        ["get", "device", "gw-1", "--tenant", "old-depot"],
        ["get", "job", job],
    ):
        shown, line = filled.run(*words), filled.run(*words, "--json")
        assert shown.returncode == 0
        assert len(line.stdout.splitlines()) == 1 < len(shown.stdout.splitlines())
        assert json.loads(shown.stdout) == json.loads(line.stdout)


def test_a_reader_that_leaves_early_is_no_error(filled: Program) -> None:
    """`| head -1` ends quietly."""
    lister = filled.start("list", "devices", "--tenant", "harbour-lights", "--all", "--json")
    assert lister.stdout is not None
    assert lister.stderr is not None
    assert lister.stdout.readline() == "[\n"
    lister.stdout.close()
    assert lister.stderr.read() == ""
    assert lister.wait(30) == 0
    lister.stderr.close()


def test_output_that_cannot_be_written_is_told(filled: Program) -> None:
    """A full disk behind a redirection."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device, not a path of ours
        done = subprocess.run(
            filled.command("list", "devices", "--tenant", "orchard"),
            env=filled.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "cannot be written: No space left" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_names_that_would_act_on_the_terminal_do_not(program: Program) -> None:
    """In tables they are shown by stand-ins; in JSON they are escaped."""
    program.data.parent.mkdir(parents=True)
    folder = program.home / "files"
    folder.mkdir()
    (folder / "tenants.json").write_text('[{"tenant-id": "yard"}]')
    device = {
        "device-id": "pump",
        "data": {"via": ["\x1b]0;owned\x07\u202egw"], "ext": {"a": "\x1b[2J"}},
    }
    identities = [{"tenant": "yard", "devices": [device]}]
    (folder / "device-identities.json").write_text(json.dumps(identities))
    assert program.run("import", str(folder)).returncode == 0
    table = program.run("list", "devices")
    assert "pump" in table.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(table.stdout)
    shown = program.run("get", "device", "pump")
    assert "\x1b" not in shown.stdout
    assert json.loads(shown.stdout)["data"]["ext"] == {"a": "\x1b[2J"}
    asked = program.run("get", "device", "\x1b[2Jghost")
    assert asked.returncode == 1
    assert "\x1b" not in asked.stderr


def test_a_table_fits_the_terminal_and_a_pipe_gets_it_whole(filled: Program) -> None:
    """Cut cells end in an ellipsis on a terminal only; NO_COLOR means no escape codes."""
    words = ("list", "credentials", "--tenant", "north-wind", "--limit", "3")
    with Terminal(filled, *words, columns=50, NO_COLOR="1") as terminal:
        assert terminal.finish() == 0
        lines = terminal.shown.decode().splitlines()
        assert max(map(len, lines)) <= 50
        assert any("…" in line for line in lines[:-1])
        assert "\x1b" not in terminal.shown.decode()
        piped = filled.run(*words).stdout
        assert "…" not in piped
        assert "CN=NW." in piped


def test_headings_stand_out_on_a_terminal(filled: Program) -> None:
    """Without NO_COLOR."""
    with Terminal(filled, "list", "tenants") as terminal:
        assert terminal.finish() == 0
        assert terminal.shown.startswith(b"\x1b[1mTENANT")


def test_a_terminal_that_knows_few_characters_is_no_obstacle(filled: Program) -> None:
    """Nothing fails for want of an encoding."""
    done = filled.run(
        *("list", "devices", "--tenant", "orchard", "--limit", "1"), PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0
    assert "more; use --all" in done.stderr
