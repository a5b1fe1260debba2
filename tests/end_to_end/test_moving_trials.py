"""Dry runs, tables and containers from a shell."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from tests.azurite import needs_azurite, running_azurite
from tests.end_to_end.program import Program

TABLE = """\
Device-Id;Status;Status Reason;Import Mode
t-1;enabled;"sold; to be shipped";
t-2;disabled;;create
;enabled;;
t-3;on;;
"""


@pytest.fixture
def table(filled: Program) -> Path:
    """A table of two good rows and two bad ones."""
    path = filled.home / "fleet.csv"
    path.write_text(TABLE)
    return path


def test_a_dry_run_says_what_would_be_done_and_does_nothing(filled: Program, table: Path) -> None:
    """Counts on stdout, refused lines on stderr, 1 as the import would end."""
    words = ("import", str(table), "--tenant", "orchard")
    before = filled.run("count", "devices", "--tenant", "orchard").stdout
    done = filled.run(*words, "--dry-run")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "Nothing was written. 4 lines: 2 would be created, 0 would be updated, "
        "0 would be deleted, 2 would be refused.\n"
    )
    told = done.stderr.splitlines()
    assert told[0] == "line 4: id is missing (400005)"
    assert told[1].startswith('line 5: t-3: status is "on", neither')
    assert filled.run("count", "devices", "--tenant", "orchard").stdout == before
    assert not (table.parent / "importErrors.log").exists()

    found = json.loads(filled.run(*words, "--dry-run", "--json", "--read-only").stdout)
    assert found["effects"] == {"create": 2, "refuse": 2}
    assert [error["line"] for error in found["refused"]] == [4, 5]

    real = filled.run(*words, "--json")
    assert (real.returncode, json.loads(real.stdout)["counts"]["created"]) == (1, 2)
    assert "4 lines: 2 created, 0 updated, 0 deleted, 2 refused.\n" in real.stderr
    shown = json.loads(filled.run("get", "device", "t-1", "--tenant", "orchard", "--json").stdout)
    assert "sold; to be shipped" in json.dumps(shown)


def test_a_table_with_a_strange_column_is_refused_with_the_nearest_name(
    filled: Program, table: Path
) -> None:
    """Before any row is read."""
    table.write_text("id,primary_keys\na,b\n")
    done = filled.run("import", str(table), "--tenant", "orchard")
    assert done.returncode == 1
    assert "'primary_keys' is not known. Is it primaryKey?" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name a folder or file, or a container"),
        (("x", "--container-from", "env:A"), "Name a folder or file, or a container"),
        (("--container-from", "env:UNSET"), "The environment has no UNSET"),
        (("--container-from", "file:missing"), "The file missing cannot be read"),
        (("--container-from", "https://h/c?sig=secret"), "Say where the container's address"),
        (("--container-from", "env:SHORT"), "holds no address of a container"),
    ],
)
def test_a_container_that_is_not_named_rightly_is_wrong_usage(
    filled: Program, words: tuple[str, ...], told: str
) -> None:
    """And what was typed is not repeated, since it may be the secret itself."""
    for command in ("import", "export"):
        done = filled.run(command, *words, "--tenant", "orchard", SHORT="/tmp")
        assert done.returncode == 2
        assert told in done.stderr
        assert "secret" not in done.stderr


@needs_azurite
@pytest.mark.xdist_group("azurite")
def test_devices_go_to_a_container_and_come_back(filled: Program) -> None:
    """The signature stays in the environment or a file, and shows in no output and no list."""
    with running_azurite() as azurite:
        name = f"c{uuid4().hex[:10]}"
        azurite.make_container(name)
        (filled.home / "address").write_text(f"{azurite.sas(name, 'rwd')}\n")
        out = filled.run(
            *("export", "--container-from", "file:address", "--tenant", "orchard"),
            *("--blob", "all.txt"),
        )
        assert out.returncode == 0, out.stderr
        shown = f"Export of {azurite.root}/{name}/all.txt completed, "
        assert out.stderr.startswith(shown)
        assert out.stderr.endswith("lines, 0 failed.\n")
        count = azurite.get(name, "all.txt").count(b"\n")
        azurite.put(name, "all.txt", azurite.get(name, "all.txt") + b"{broken\n")
        back = filled.run(
            *("import", "--container-from", "env:BACK", "--tenant", "orchard"),
            *("--blob", "all.txt"),
            BACK=azurite.sas(name, "rwd"),
        )
        assert back.returncode == 1
        assert f"{count + 1} lines: 0 created, {count} updated, 0 deleted, 1 refused" in back.stderr
        assert azurite.get(name, "importErrors.log").count(b"\n") == 1
        listed = filled.run("list", "jobs", "--json").stdout
        assert f"{azurite.root}/{name}" in listed
        assert "sig=" not in out.stderr + back.stderr + listed


def test_a_tenant_is_made_for_an_import_that_asks_for_it(filled: Program, table: Path) -> None:
    """And for no other: who mistyped its name is told, and how to have it made."""
    words = ("import", str(table), "--tenant", "meadow")
    refused = filled.run(*words)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "idconsole: There is no tenant 'meadow'. Check the spelling, or add --create-tenant to "
        "make it.\n"
    )
    assert "meadow" not in filled.run("list", "tenants").stdout

    made = filled.run(*words, "--create-tenant")
    assert made.stderr.startswith("Made the tenant meadow.\n")
    assert filled.run("count", "devices", "--tenant", "meadow").stdout == "2\n"
    again = filled.run(*words, "--create-tenant")
    assert "Made the tenant" not in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--create-tenant",), "makes the tenant that --tenant names: add it."),
        (("--create-tenant", "--tenant", "meadow", "--dry-run"), "--dry-run makes no tenant"),
    ],
)
def test_making_a_tenant_without_sense_is_wrong_usage(
    filled: Program, table: Path, words: tuple[str, ...], told: str
) -> None:
    """Nothing is opened for it."""
    done = filled.run("import", str(table), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
