"""The built wheel, alone with its runtime dependencies, is a program that works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("console", "registry_backend", "themes")
DEVELOPERS_ONLY = {
    *("pytest", "pytest-asyncio", "pytest-xdist", "hypothesis", "schemathesis", "mypy", "ruff"),
}

pytestmark = pytest.mark.xdist_group("packaging")

OPEN_A_REGISTRY = """
import asyncio, pathlib, sys
from registry_backend.open import open_registry

async def visit():
    registry = await open_registry(pathlib.Path(sys.argv[1]))
    await registry.close()

asyncio.run(visit())
"""
LIST_THEMES = """
import json, themes
print(json.dumps([palette.name for palette in themes.builtin_palettes()]))
"""
LIST_DISTRIBUTIONS = """
import json
from importlib.metadata import distributions
print(json.dumps([found.metadata["Name"].lower() for found in distributions()]))
"""
LOCATE = "import console, registry_backend, themes; print(console.__file__)"


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What the command printed; its complaint is the failure message."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder)
    run(*build, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


class Installed:
    """A clean environment with the wheel in it, far from the source tree."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.binaries = home / "env" / "bin"
        self._env = {
            **{name: value for name, value in os.environ.items() if name in {"LANG", "TERM"}},
            "HOME": str(home),
            "PATH": str(self.binaries),
        }

    def python(self, program: str, *arguments: str | Path) -> str:
        """What a program prints there."""
        python = self.binaries / "python"
        return run(python, "-W", "error", "-c", program, *arguments, cwd=self.home, env=self._env)

    def idconsole(self, *arguments: str) -> str:
        """What the command prints there."""
        return run(self.binaries / "idconsole", *arguments, cwd=self.home, env=self._env)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel as a user gets it: runtime dependencies only, at the pinned versions."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "env", system_site_packages=False, symlinks=True, with_pip=False)
    environment = Installed(home)
    install = (sys.executable, "-m", "pip", "--python", environment.binaries / "python", "install")
    constraint = ("--constraint", ROOT / "constraints.txt")
    run(*install, "--quiet", "--no-compile", *constraint, wheel, cwd=home)
    return environment


def test_the_wheel_holds_every_file_of_its_packages(wheel: Path) -> None:
    """Modules, themes and styles alike: what lies in the packages is in the wheel."""
    source = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == source
    assert "themes/harbour.toml" in packed


def test_the_wheel_carries_its_license(wheel: Path) -> None:
    """The license travels with the program."""
    assert any(name.endswith("/licenses/LICENSE") for name in ZipFile(wheel).namelist())


def test_nothing_of_the_workshop_is_installed(installed: Installed) -> None:
    """A user gets no test runner, no linter, no type checker."""
    names = set(json.loads(installed.python(LIST_DISTRIBUTIONS)))
    assert {"idconsole", "textual", "pydantic"} <= names
    assert names & DEVELOPERS_ONLY == set()


def test_the_installed_program_is_the_one_tried(installed: Installed) -> None:
    """The packages come from the clean environment, not from the source tree."""
    assert Path(installed.python(LOCATE).strip()).is_relative_to(installed.home)


def test_the_installed_command_explains_itself(installed: Installed) -> None:
    """`idconsole --help` answers with how to use it."""
    told = installed.idconsole("--help")
    assert "usage: idconsole" in told
    assert "--demo" in told


def test_the_installed_program_opens_a_registry(installed: Installed) -> None:
    """A new registry file is made and closed again, with nothing but runtime dependencies."""
    path = installed.home / "registry.sqlite"
    installed.python(OPEN_A_REGISTRY, path)
    assert path.read_bytes().startswith(b"SQLite format 3\0")


def test_the_installed_program_finds_its_themes(installed: Installed) -> None:
    """The palettes are read from inside the installed package."""
    names = json.loads(installed.python(LIST_THEMES))
    assert names == sorted(path.stem for path in (ROOT / "themes").glob("*.toml"))
    assert names


def test_the_installed_console_can_be_loaded(installed: Installed) -> None:
    """The app and every module it needs import without a developer's packages."""
    assert installed.python("import console.app; print('loaded')").strip() == "loaded"
