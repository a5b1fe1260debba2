"""The configuration of a service that runs: read whole, or refused with every reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.identityd.configuration import read_configuration
from registry_backend.identityd.merge import merge
from registry_backend.identityd.rules import findings
from registry_backend.identityd.settings import Settings
from registry_backend.identityd.settings_reading import Refusal, read_settings
from registry_backend.identityd.values import Table


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
    snapshot = read_configuration(paths.main_file, paths.config_dir, _nobody_edits)
    broken = [FieldProblem("", file.problem) for file in snapshot.config.files if file.problem]
    if broken:
        raise _refused(broken)
    merged = merge(source.document for source in snapshot.sources).table
    read = read_settings(merged)
    if read.settings is None:
        raise _refused([FieldProblem(_path(each), each.problem) for each in read.refusals])
    standings = [standing for source in snapshot.sources for standing in source.standings()]
    stopping = [found.problem for found in findings(standings, merged) if found.stops]
    if stopping:
        raise _refused(stopping)
    return Loaded(read.settings, merged)


def _refused(problems: list[FieldProblem]) -> Invalid:
    return Invalid("The configuration of the Identity Service is refused", problems=problems)


def _path(refusal: Refusal) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in refusal.path)
    return "".join(steps).removeprefix(".")


def _nobody_edits(_path: Path) -> str:
    return ""
