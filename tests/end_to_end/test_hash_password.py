"""`hash-password`: the hash of what was given, and nothing else of it."""

from __future__ import annotations

import subprocess

import pytest

from registry_backend.domain.secrets import verify_password
from tests.end_to_end.program import Program, Terminal


def hashed(program: Program, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The call with a text on stdin."""
    return subprocess.run(
        program.command("hash-password", *words),
        env=program.environment(),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_first_line_of_stdin_is_hashed(program: Program) -> None:
    """With the cost that was asked for, in the form that files of users take."""
    done = hashed(program, "open sesame\nnot this\n", "--cost", "5")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("$2a$05$")
    assert verify_password(
        "open sesame", function="bcrypt", pwd_hash=done.stdout.strip(), salt=None
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "must not be empty"), ("p" * 73, "73 bytes long"), ("a\0b", "NUL")],
    ids=["empty", "too-long", "nul"],
)
def test_what_cannot_be_hashed_is_refused_without_being_shown(
    program: Program, text: str, reason: str
) -> None:
    """Wrong usage: nothing on stdout that a script could take for a hash."""
    done = hashed(program, text)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert len(text) < 4 or text not in done.stderr


def test_on_a_terminal_it_is_typed_twice_unseen(program: Program) -> None:
    """A slip is noticed, and what is typed is not echoed."""
    with Terminal(program, "hash-password", "--cost", "5") as terminal:
        terminal.read_until(b"Password:")
        terminal.type(b"open sesame\n")
        terminal.read_until(b"Again:")
        terminal.type(b"open sesam\n")
        shown = terminal.read_until(b"The two differ; nothing was hashed.")
        assert terminal.finish() == 2
    assert b"sesam" not in shown
