"""What is written about the program agrees with the program."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from console.keys import ACTIONS, EVERYWHERE, GROUPS, TABLE, Action

ROOT = Path(__file__).parents[1]
PACKAGES = ("console", "registry_backend", "themes", "screenshots")
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
DEPENDENCIES = [
    *PROJECT["dependencies"],
    *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
]
PINNED = {
    canonicalize_name(name): Version(version)
    for name, version in (line.split("==") for line in CONSTRAINTS)
}


def wanted(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What an installed distribution asks for here, with these extras."""
    asked = [Requirement(line) for line in distribution(name).requires or []]
    return [
        each
        for each in asked
        if each.marker is None
        or any(each.marker.evaluate({"extra": extra}) for extra in extras or {""})
    ]


def all_wanted() -> list[Requirement]:
    """Every requirement of a developer's environment: the direct ones and theirs in turn."""
    found: list[Requirement] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(each) for each in DEPENDENCIES]
    while waiting:
        requirement = waiting.pop()
        found.append(requirement)
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            waiting += wanted(*key)
    return found


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_each_dependency_says_why_it_is_there(dependency: str) -> None:
    """The line that names a dependency ends with its reason, in some words."""
    line = next(line for line in PYPROJECT.splitlines() if f'"{dependency}"' in line)
    reason = line.partition("#")[2].strip()
    assert len(reason.split()) >= 2, line


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_each_constraint_is_a_name_and_a_version(line: str) -> None:
    """No address, no path, no range: `name==version` and nothing else."""
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.!+]*", line)


def test_everything_installed_is_pinned_to_a_version_that_fits() -> None:
    """The constraints name every dependency, direct or not, at a version each asker accepts."""
    requirements = all_wanted()
    assert len(requirements) > len(DEPENDENCIES)
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        assert name in PINNED, f"{requirement} is not in constraints.txt"
        assert requirement.specifier.contains(PINNED[name], prereleases=True), str(requirement)


@pytest.mark.parametrize(
    "package",
    sorted(path for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")),
    ids=lambda path: path.parent.relative_to(ROOT).as_posix(),
)
def test_each_package_says_what_it_holds(package: Path) -> None:
    """The first thing to read in a room is what belongs there, as a sentence."""
    docstring = ast.get_docstring(ast.parse(package.read_text("utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", "…"))


@pytest.mark.parametrize("chore", ["run", "test", "check", "screens", "bench"])
def test_each_chore_is_one_word(chore: str) -> None:
    """`make` knows the chore and its list of chores explains it."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{chore}:.*## \w+", makefile, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.*\b{chore}\b", makefile, re.MULTILINE)


def test_the_changelog_begins_with_this_version() -> None:
    """The newest entry is the version being built, and has a date."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first = re.search(r"^## \[(.+?)\] - (\d{4}-\d{2}-\d{2})$", changelog, re.MULTILINE)
    assert first
    assert first[1] == PROJECT["version"]


def test_the_changelog_names_every_theme() -> None:
    """The themes that the changelog promises are those that come along."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    named = [path.stem for path in (ROOT / "themes").glob("*.toml")]
    plain = [name for name in named if not name.startswith("high-contrast")]
    assert plain
    assert all(f"`{name}`" in changelog for name in plain)


def test_the_gate_runs_every_chore_that_guards() -> None:
    """The one script that guards a change can be run, and checks before it tests."""
    gate = ROOT / ".ci" / "run"
    lines = gate.read_text("utf-8").splitlines()
    assert os.access(gate, os.X_OK)
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    chores = [line for line in lines if line.startswith("make ")]
    assert chores == ["make check", "make tools", "make test"]


def key_table() -> str:
    """The README's table of keys, as `console.keys` has it.

    What works in one place is told by its sentence, what several panes do by its label and them.
    """
    rows = dict.fromkeys(f"| {_spelled(action)} | {_told(action)} |" for action in ACTIONS)
    return "\n".join(["| key | what |", "|---|---|", *rows])


def _spelled(action: Action) -> str:
    return " ".join(f"`{key}`" for key in re.split(r" (?!up|down)", action.keys))


def _told(action: Action) -> str:
    if action.group in {EVERYWHERE, TABLE}:
        return action.help
    same = [each for each in ACTIONS if (each.key, each.label) == (action.key, action.label)]
    panes = [group for group in GROUPS if group in {each.group for each in same}]
    if len(panes) == 1:
        return f"{action.group}: {action.help}"
    return f"{action.label}: {', '.join(panes).lower()}"


def test_the_readme_has_the_keys_that_the_console_has() -> None:
    """The table of keys is exactly what `console.keys` says; paste it from the failure."""
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"^\| key \| what \|\n(?:\|.*(?:\n|$))+", readme, re.MULTILINE)
    assert found, f"README.md needs this table:\n\n{key_table()}\n"
    assert found[0].strip() == key_table()
