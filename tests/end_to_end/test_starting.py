"""Starting the program: help, version, refusals, and the console on a real terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest

from console.endings import OrderlyEnd
from tests.end_to_end.program import Program, Terminal

COMMANDS = ("list", "get", "count", "import", "export", "principals", "connection-string")
WITHOUT_REGISTRY = ("serve", "context", "hash-password")


@pytest.mark.parametrize("command", ["", *COMMANDS, *WITHOUT_REGISTRY])
def test_each_help_has_examples(program: Program, command: str) -> None:
    """On stdout, with 0."""
    done = program.run(*([command] if command else []), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "examples:\n  idconsole" in done.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["serve", "--tenant", "yard"], "--tenant is not for serve"),
        (["--context", "lab", "serve"], "--context is not for serve"),
        (["count", "--config", "c.toml", "tenants"], "--identityd-config is not for count"),
        (["hash-password", "--data", "r.sqlite"], "--data is not for hash-password"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused_by_name(
    program: Program, words: list[str], reason: str
) -> None:
    """Nobody is left to believe that it was heeded; help does not show it either."""
    done = program.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    command = next(word for word in words if word in (*COMMANDS, *WITHOUT_REGISTRY))
    assert f"  {reason.split(maxsplit=1)[0]} " not in program.run(command, "--help").stdout


def test_the_version_is_that_of_the_distribution(program: Program) -> None:
    """One line."""
    done = program.run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("idconsole ")
    assert done.stdout.split()[1][0].isdigit()


def test_help_loads_next_to_nothing() -> None:
    """It must be there at once."""
    code = (
        "import sys, console.cli; console.cli.build_parser().format_help(); "
        "print(sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'textual', 'rich', 'httpx', 'pydantic', 'asyncio', 'sqlite3', 'tomlkit'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_a_terminal_the_console_points_to_the_commands(program: Program) -> None:
    """Politely, and without making a registry."""
    done = program.run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr
    assert "idconsole list" in done.stderr
    assert list(program.home.iterdir()) == []


def test_a_screen_that_nobody_would_see_is_refused(program: Program) -> None:
    """It is drawn where errors go; a blank terminal would tell nobody why."""
    there, here = pty.openpty()
    try:
        with (program.home / "err.log").open("w") as log:
            done = subprocess.run(
                program.command(),
                stdin=here,
                stdout=here,
                stderr=log,
                env=program.environment(),
                cwd=program.home,
                check=False,
            )
    finally:
        os.close(there)
        os.close(here)
    assert done.returncode == 2
    said = (program.home / "err.log").read_text()
    assert "needs a terminal to draw on" in said
    assert "leave 2> away" in said


def test_a_dumb_terminal_is_refused_too(program: Program) -> None:
    """It could not be drawn on."""
    with Terminal(program, TERM="dumb") as terminal:
        assert terminal.finish() == 2
        assert b"TERM=dumb" in terminal.shown


def test_the_demo_opens_and_leaves_nothing_behind(program: Program) -> None:
    """Rows of the sample are shown; after quitting its folder is gone."""
    with Terminal(program, "--demo", columns=120) as terminal:
        terminal.read_until(b"harbour-lights")
        terminal.type(b"\x11")  # ctrl+q
        assert terminal.finish() == 0
        left = [path for path in program.home.iterdir() if path.name.startswith("idconsole-demo")]
        assert left == []
        assert not program.data.exists()


def test_a_killed_demo_leaves_nothing_behind(program: Program) -> None:
    """A polite kill is heard as well."""
    with Terminal(program, "--demo", columns=120) as terminal:
        terminal.read_until(b"harbour-lights")
        os.kill(terminal.process.pid, signal.SIGTERM)
        terminal.finish()
        assert not [
            path for path in program.home.iterdir() if path.name.startswith("idconsole-demo")
        ]


def test_the_console_makes_a_registry_where_there_is_none(program: Program) -> None:
    """In the user's data folder; a setting that cannot be used is told and passed over."""
    program.settings.parent.mkdir(parents=True)
    program.settings.write_text("theme = 7\n")
    with Terminal(program, columns=120) as terminal:
        terminal.read_until(b"No tenants yet")
        terminal.type(b"\x11")
        assert terminal.finish() == 0
        assert b"theme must be a text" in terminal.shown
        assert program.data.exists()


class Broken(OrderlyEnd):
    """Fails while it holds a secret."""

    def on_mount(self) -> None:
        """Read a key, then stumble."""
        key = "".join(("top", "-", "secret"))
        raise RuntimeError(f"stumbled over {len(key)} characters")


async def test_a_crash_shows_where_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Variables may hold keys and passwords."""
    with pytest.raises(RuntimeError, match="stumbled"):
        async with Broken().run_test():
            pass
    shown = capsys.readouterr().err
    assert "stumbled over 10 characters" in shown
    assert "test_starting.py" in shown
    assert "top-secret" not in shown
