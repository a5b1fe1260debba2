"""Fixtures: an empty home, and one with the sample fleet in it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.cli import main
from registry_backend.open import open_registry
from registry_backend.sample import build_sample, load_sample
from tests.end_to_end.program import Program

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty home."""
    return Program(tmp_path)


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data file with 700 sample devices, to be copied."""
    path = tmp_path_factory.mktemp("sample") / "registry.sqlite"

    async def fill() -> None:
        registry = await open_registry(path)
        await load_sample(registry.store, build_sample(NOW, devices=700))
        await registry.close()

    asyncio.run(fill())
    return path


@pytest.fixture
def filled(program: Program, sample_file: Path) -> Program:
    """The program with the sample fleet as its own registry."""
    program.data.parent.mkdir(parents=True)
    shutil.copy(sample_file, program.data)
    return program


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command line came to."""

    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Outcome]


@pytest.fixture
def call(
    filled: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Run a command line in this process, where many small cases are to be tried."""
    for name, value in filled.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(filled.home)

    def run(*words: str) -> Outcome:
        code = main(words)
        shown = capsys.readouterr()
        return Outcome(code, shown.out, shown.err)

    return run
