"""Files that this user may not read or write: each refusal says which, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.program import Program

NOBODY = 65534
Done = subprocess.CompletedProcess[str]


def as_nobody(program: Program, *words: str) -> Done:
    """Run it as a user whom permissions bind: root's own processes pass every check."""
    command = program.command(*words)
    if os.getuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    return subprocess.run(
        command,
        env=program.environment(PYTHONDONTWRITEBYTECODE="1"),
        cwd=program.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def bound(sample_file: Path) -> Iterator[Program]:
    """The sample fleet in a home that any user may enter, outside the tests' private folders."""
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root passes every check, and there is no setpriv to become another user")
    with tempfile.TemporaryDirectory(prefix="idconsole-bound-") as name:
        program = Program(Path(name).resolve())
        program.data.parent.mkdir(parents=True)
        shutil.copy(sample_file, program.data)
        program.data.chmod(0o666)
        for folder in (program.home, *program.data.parents[:2]):
            folder.chmod(0o777)
        if as_nobody(program, "--version").returncode:
            pytest.skip("another user may not run the interpreter, or read this clone")
        yield program
        program.data.parent.chmod(0o755)


def refused(done: Done, path: Path) -> str:
    """What was said on stderr, once it is sure that it names the path and is no crash."""
    assert (done.returncode, done.stdout) == (1, "")
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_registry_that_may_not_be_read_is_named(bound: Program) -> None:
    """And so is what to look at."""
    bound.data.chmod(0o000 if os.getuid() else 0o600)
    said = refused(as_nobody(bound, "list", "tenants"), bound.data)
    assert "Permission denied" in said
    assert "Check the permissions" in said


def test_a_registry_that_may_only_be_read_is_read_and_not_written(bound: Program) -> None:
    """The refusal comes before the job begins; the file is as it was."""
    bound.data.chmod(0o444)
    bound.data.parent.chmod(0o555)
    held = bound.data.read_bytes()
    assert as_nobody(bound, "count", "tenants").returncode == 0
    folder = bound.home / "incoming"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "devices.txt").write_text('{"id":"new-1","status":"enabled"}\n')
    done = as_nobody(bound, "import", str(folder), "--tenant", "orchard")
    said = refused(done, bound.data)
    bound.data.parent.chmod(0o755)
    assert "may be read but not written" in said
    assert bound.data.read_bytes() == held


@pytest.mark.parametrize(
    "words", [("import", "shut/lists"), ("import", "shut"), ("export", "shut/lists")]
)
def test_a_folder_that_may_not_be_entered_is_named(bound: Program, words: tuple[str, str]) -> None:
    """No crash for a folder that cannot even be looked at."""
    shut = bound.home / "shut"
    (shut / "lists").mkdir(parents=True)
    shut.chmod(0o700 if os.getuid() == 0 else 0o000)
    done = as_nobody(bound, *words, "--tenant", "orchard")
    said = refused(done, bound.home / words[1])
    shut.chmod(0o700)
    assert "Permission denied" in said
