"""A registry that is not there: a mistyped path leaves no file behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.conftest import Call
from tests.end_to_end.program import Program


@pytest.fixture
def incoming(program: Program) -> Path:
    """A folder with a devices.txt of one line."""
    folder = program.home / "incoming"
    folder.mkdir()
    (folder / "devices.txt").write_text('{"id":"a","status":"enabled"}')
    return folder


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["export", "out", "--tenant", "orchard"], 1, "There is no registry at "),
        (["export", "out"], 1, "There is no registry at "),
        (["import", "incoming", "--tenant", "ghost"], 1, "so there is no tenant 'ghost'. Check"),
        (["import", "incoming"], 2, "To make one, add --tenant ID --create-tenant."),
        (["import", "empty", "--tenant", "t", "--create-tenant"], 1, "There is no file"),
        (["import", "nowhere", "--tenant", "t", "--create-tenant"], 1, "There is nothing at"),
        (["import", "empty", "--format", "ndjson", "--tenant", "t"], 1, "There is no file"),
        (["import", "empty", "--format", "hono-1.1"], 1, "none of"),
    ],
)
def test_a_mistyped_data_file_is_not_made(
    call: Call, incoming: Path, words: list[str], code: int, message: str
) -> None:
    """By an export never, by an import only if it can begin."""
    (incoming.parent / "empty").mkdir()
    done = call(*words, "--data", "typo/registry.sqlite")
    assert done.returncode == code
    assert message in done.stderr
    assert not Path("typo").exists()
    assert not Path("out").exists()


def test_an_import_that_can_begin_makes_the_registry(call: Call, incoming: Path) -> None:
    """With the tenant that it asks for."""
    words = ("import", str(incoming), "--tenant", "new", "--create-tenant")
    done = call(*words, "--data", "new/registry.sqlite")
    assert "Made the tenant new." in done.stderr
    assert call("count", "devices", "--tenant", "new", "--data", "new/registry.sqlite").stdout
