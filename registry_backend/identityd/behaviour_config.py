"""The configuration of a service that runs: read whole, or refused with every reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.findings import Finding, Severity
from registry_backend.identityd.checks import OF_CONTENT, check
from registry_backend.identityd.files import shown
from registry_backend.identityd.settings import Settings
from registry_backend.identityd.users import KnownUsers
from registry_backend.identityd.values import Table
from registry_backend.identityd.whole import Whole, read_whole

SURVIVED = frozenset({"certificate-name-kills"})
"""Findings that stop the daemon and not this service."""


@dataclass(frozen=True, slots=True)
class ConfigPaths:
    """Where the configuration is."""

    main_file: Path
    config_dir: Path


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that the daemon would start with."""

    settings: Settings
    merged: Table
    """All files laid over each other."""


def load(paths: ConfigPaths) -> Loaded:
    """Read and check the configuration as it is on disk now; blocks for as long as files take.

    Raises:
        Invalid: with every reason why the daemon would not start with it.
    """
    whole = read_whole(paths.main_file, paths.config_dir)
    stopping = [
        found
        for found in check(whole, KnownUsers(), OF_CONTENT)
        if found.severity is Severity.ERROR and found.rule not in SURVIVED
    ]
    settings = whole.settings
    if stopping or settings is None:
        reasons = [*_unread(whole), *(_problem(found) for found in stopping)]
        raise Invalid(
            "The configuration of the Identity Service is refused",
            problems=[
                FieldProblem(reason.field, reason.problem.rstrip(".")) for reason in reasons[:-1]
            ]
            + reasons[-1:],
            hint="idconsole principals check says more.",
        )
    return Loaded(settings, whole.merged.table)


def _unread(whole: Whole) -> list[FieldProblem]:
    """What this process may not read, and a main file that is not there: no faults of content."""
    config = whole.config
    problems = [FieldProblem("", file.problem) for file in config.files if file.unread_here]
    if any(path == config.main_file for path, _ in config.skipped):
        problems.append(FieldProblem(shown(config.main_file), "there is no such file."))
    return problems


def _problem(found: Finding) -> FieldProblem:
    path = shown(found.file)
    place = path + (f":{found.line}" if found.line else "")
    return FieldProblem(place, found.message.removeprefix(f"{path} "))
